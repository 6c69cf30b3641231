//! The HTTP API: turns requests into events, calls functions, and turns their answers into
//! responses, in payload format 2.0.

mod answer;
mod authorization;
mod authorization_cache;
mod authorizer;
mod cors;
mod event;
mod routes;

use std::net::SocketAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;

use crate::lambda::{Failure, Lambdas};
use crate::respond::message;
use crate::settings::Timers;
use crate::template::HttpApiSpec;
use authorization::Authorization;
use authorizer::Authorizers;
use cors::Policy;

/// The largest body of a request, in bytes.
pub(crate) const PAYLOAD: usize = 10 * 1024 * 1024;

/// The HTTP API of the template.
pub(crate) struct HttpApi {
    spec: HttpApiSpec,
    cors: Option<Policy>,
    lambdas: Lambdas,
    authorizers: Authorizers,
    timers: Timers,
}

/// One request with its body, and the client's address.
pub(crate) struct Call {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    pub(crate) peer: SocketAddr,
}

impl HttpApi {
    pub(crate) fn new(spec: HttpApiSpec, lambdas: Lambdas, timers: Timers) -> Self {
        let cors = spec.cors.as_ref().map(Policy::new);
        let authorizers = Authorizers::new(spec.authorizers.clone());
        Self { spec, cors, lambdas, authorizers, timers }
    }

    /// Answers a CORS preflight, unless a route handles `OPTIONS` itself; `None` if the request is
    /// not a preflight.
    pub(crate) fn preflight<B>(&self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        let explicit = routes::find(&self.spec.routes, request.method(), request.uri().path());
        let handled = explicit.is_some_and(|found| found.route.method.as_deref() == Some(Method::OPTIONS.as_str()));
        if handled { None } else { self.cors.as_ref()?.preflight(request) }
    }

    /// Adds the CORS headers to a response.
    pub(crate) fn share(&self, origin: Option<&str>, response: &mut Response<Full<Bytes>>) {
        if let Some(cors) = &self.cors {
            cors.share(origin, response);
        }
    }

    /// Returns true if one of the API's routes matches this request.
    pub(crate) fn takes(&self, parts: &Parts) -> bool {
        routes::find(&self.spec.routes, &parts.method, parts.uri.path()).is_some()
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, call: &Call) -> Response<Full<Bytes>> {
        let Some(found) = routes::find(&self.spec.routes, &call.parts.method, call.parts.uri.path()) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        let mut event = event::request(&self.spec.id, &found, call);
        if let Some(name) = &found.route.authorizer {
            let asked = event::question(&self.spec.id, &event);
            let (lambdas, timeout) = (&self.lambdas, self.timers.http);
            match self.authorizers.ask(name, &call.parts.headers, asked, lambdas, timeout).await {
                Authorization::Allow(context) => event["requestContext"]["authorizer"] = context,
                Authorization::Deny => return message(StatusCode::FORBIDDEN, "Forbidden"),
                Authorization::NoIdentity => return message(StatusCode::UNAUTHORIZED, "Unauthorized"),
                Authorization::Failed => return failed(),
            }
        }
        event::carry_body(&mut event, call);
        let timeout = found.route.timeout.map_or(self.timers.http, |own| own.min(self.timers.http));
        match self.lambdas.call(&found.route.function, event, timeout).await {
            Ok(value) => answer::response(value).unwrap_or_else(failed),
            Err(Failure::Function(_)) => failed(),
            Err(Failure::Integration) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
            Err(Failure::TooLarge) => message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
        }
    }
}

fn failed() -> Response<Full<Bytes>> {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}
