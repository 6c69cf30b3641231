//! The port: accepts connections, and decides which API a request is for.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::data::DataFolder;
use crate::dynamo::{Engine, http_endpoint};
use crate::http_api::{Call, HttpApi};
use crate::identity::Identity;
use crate::pages::Pages;
use crate::request_body;
use crate::respond::{message, problem, text_response};
use crate::stopping::Stopping;
use crate::websocket::{Management, WebSocketApi};

/// The largest request line with its headers, in bytes.
const REQUEST_HEAD: usize = 10_240;

/// The pause after a failed `accept`. It fails when the process has too many open files.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Everything that is served on the port.
pub(crate) struct Server {
    pub(crate) http: Option<HttpApi>,
    pub(crate) websocket: Option<Arc<WebSocketApi>>,
    pub(crate) management: Option<Arc<Management>>,
    pub(crate) engine: Engine,
    pub(crate) identity: Identity,
    pub(crate) pages: Option<Pages>,
    pub(crate) listen: IpAddr,
    /// How long a client may take to send a request's line and headers, and again to send its body.
    pub(crate) request_timeout: Duration,
    /// Keeps the data folder locked while requests are served.
    pub(crate) _folder: Option<DataFolder>,
}

/// Accepts connections until `stopping`. Each connection holds a clone of `alive` until it has
/// ended.
pub(crate) async fn serve(listener: TcpListener, server: Arc<Server>, stopping: Stopping, alive: mpsc::Sender<()>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.wait() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (server, stopping, alive) = (server.clone(), stopping.clone(), alive.clone());
                tokio::spawn(async move {
                    let _alive = alive;
                    connection(stream, peer, server, stopping).await;
                });
            }
            Err(problem) => {
                tracing::warn!(%problem, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, server: Arc<Server>, stopping: Stopping) {
    if let Err(problem) = stream.set_nodelay(true) {
        tracing::debug!(%problem, "TCP_NODELAY could not be set");
    }
    let timeout = server.request_timeout;
    let service = service_fn(move |request| {
        let server = server.clone();
        async move { Ok::<_, std::convert::Infallible>(server.answer(request, peer).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeout);
    let mut serving = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopping.wait() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(problem) = ended {
        tracing::debug!(%problem, %peer, "a connection failed");
    }
}

impl Server {
    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Full<Bytes>> {
        if !self.is_addressed(&request) {
            let detail = "The Host header must be localhost or a loopback address.";
            return problem(StatusCode::FORBIDDEN, "forbidden", detail);
        }
        if head_of(&request) > REQUEST_HEAD {
            return message(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
        }
        let path = request.uri().path();
        if let Some(websocket) = &self.websocket {
            if path.trim_matches('/') == websocket.stage() {
                return websocket.clone().open(request, peer).await;
            }
            if let Some(management) = self.management.as_ref().filter(|management| management.owns(path)) {
                return self.manage(management, request).await;
            }
        }
        if let Some(preflight) = self.http.as_ref().and_then(|http| http.preflight(&request)) {
            return preflight;
        }
        let origin = text(&request, &ORIGIN);
        let mut response = self.answer_http(request, peer).await;
        if let Some(http) = &self.http {
            http.share(origin.as_deref(), &mut response);
        }
        response
    }

    async fn answer_http(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = match request_body::read(&parts, body, self.request_timeout).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        if let Some(operation) = http_endpoint::operation(&parts) {
            return http_endpoint::answer(self.engine.clone(), operation, body).await;
        }
        if parts.uri.path() == "/dev/token" {
            return self.identity.answer(&parts, &body);
        }
        if let Some(page) = self.page(&parts) {
            return page;
        }
        match &self.http {
            Some(http) => http.answer(&Call { parts, body, peer }).await,
            None => message(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    async fn manage(&self, management: &Management, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = match request_body::read(&parts, body, self.request_timeout).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let signature = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let (status, body) = management.answer(parts.method.as_str(), parts.uri.path(), signature, body);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        text_response(status, "application/json", body)
    }

    /// Answers with a page or a file of the web client if no route of the API matches.
    fn page(&self, parts: &Parts) -> Option<Response<Full<Bytes>>> {
        let taken = self.http.as_ref().is_some_and(|http| http.takes(parts));
        if taken { None } else { self.pages.as_ref()?.answer(parts) }
    }

    /// Returns true if the `Host` header names this machine. This stops DNS rebinding: a page on
    /// the internet lets its own host name resolve to a loopback address and then requests tokens
    /// here. Its requests carry its own host name.
    fn is_addressed(&self, request: &Request<Incoming>) -> bool {
        if !self.listen.is_loopback() {
            return true;
        }
        let Some(host) = text(request, &HOST) else { return true };
        let name = host.parse::<http::uri::Authority>().map(|authority| authority.host().to_owned());
        let name = name.unwrap_or_default();
        let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
        name.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
    }
}

/// The size of the request line and the headers, in bytes.
fn head_of(request: &Request<Incoming>) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let line = request.method().as_str().len() + 1 + target + " HTTP/1.1\r\n".len();
    let header = |(name, value): (&HeaderName, &http::HeaderValue)| name.as_str().len() + value.len() + ": \r\n".len();
    line + request.headers().iter().map(header).sum::<usize>()
}

fn text(request: &Request<Incoming>, name: &HeaderName) -> Option<String> {
    request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
