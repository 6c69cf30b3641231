//! The web client at `/`: what `web/` builds to, served beside the API as a file server in front of it would.
//!
//! Only what no route of the API takes comes here. The pages are built when the gateway starts, if their sources have
//! changed (`build`); the API does not wait for that, and does not need them.

mod build;
mod files;
mod status_page;

use std::path::PathBuf;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::stopping::Stopping;
use files::{File, Files};

/// What there is to serve.
#[derive(Clone, Debug)]
enum State {
    /// Being looked at, installed or built.
    Building,
    /// Built.
    Ready(Files),
    /// There is nothing to serve; says why and what helps.
    Absent(&'static str),
}

/// The served pages.
pub(crate) struct Pages {
    state: watch::Receiver<State>,
    policy: HeaderValue,
}

impl Pages {
    /// Serves the pages of the npm project in `folder`, building them first if need be; the task ends when that is
    /// done. `None` if there is no such project.
    pub(crate) fn open(folder: PathBuf, port: u16, stopping: Stopping) -> Option<(Self, JoinHandle<()>)> {
        if !folder.join("package.json").is_file() {
            return None;
        }
        let (say, state) = watch::channel(State::Building);
        let building = tokio::spawn(async move {
            tokio::select! {
                state = build::built(&folder) => { say.send_replace(state); }
                () = stopping.wait() => {}
            }
        });
        Some((Self { state, policy: policy(port)? }, building))
    }

    /// The answer to a request for which the API has no route: a file, or for a person's browser the page that finds
    /// out itself what its address means. `None` where the API's own answer is the better one.
    pub(crate) fn answer(&self, parts: &Parts) -> Option<Response<Full<Bytes>>> {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return None;
        }
        let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let navigates = parts.uri.path() == "/" || accept.contains("text/html");
        let mut response = match &*self.state.borrow() {
            State::Ready(files) => match files.get(parts.uri.path()) {
                Some(file) => found(file),
                None if navigates => found(files.index()?),
                None => return None,
            },
            State::Building if navigates => status_page::building(),
            State::Absent(why) if navigates => status_page::absent(why),
            State::Building | State::Absent(_) => return None,
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        Some(response)
    }
}

/// What a page may do: run its own scripts, show its own pictures, talk to this gateway. Nothing from anywhere else.
fn policy(port: u16) -> Option<HeaderValue> {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self' ws://127.0.0.1:{port} ws://localhost:{port}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
}

fn found(file: &File) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(file.content.clone()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    let caching = if file.hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

/// A page of the gateway's own, shown instead of the client.
fn page(html: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(html));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn pages(state: State) -> Pages {
        Pages { state: watch::channel(state).1, policy: policy(3000).unwrap() }
    }

    fn built() -> State {
        let folder = tempfile::tempdir().unwrap();
        for name in ["index.html", "icon.svg"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        State::Ready(Files::read(folder.path()).unwrap())
    }

    /// The status, with the type of what is in it.
    fn ask(pages: &Pages, method: &str, path: &str, accept: &str) -> Option<(u16, String)> {
        let request = Request::builder().method(method).uri(path).header("accept", accept).body(()).unwrap();
        let response = pages.answer(&request.into_parts().0)?;
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        Some((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap().to_owned()))
    }

    #[test]
    fn browsers_get_the_page_for_every_path_and_programs_only_existing_files() {
        let (pages, html) = (pages(built()), Some((200, "text/html; charset=utf-8".to_owned())));
        assert_eq!(ask(&pages, "GET", "/", "*/*"), html);
        assert_eq!(ask(&pages, "GET", "/orders/cnv_x", "text/html,*/*"), html);
        assert_eq!(ask(&pages, "GET", "/icon.svg", "image/*"), Some((200, "image/svg+xml".to_owned())));
        assert_eq!(ask(&pages, "GET", "/nothing.svg", "image/*"), None);
        assert_eq!(ask(&pages, "GET", "/api/nothing", "*/*"), None);
        assert_eq!(ask(&pages, "POST", "/", "text/html"), None);
    }

    /// What works here under these rules works there; the addresses of the API are all that may differ.
    #[test]
    fn the_deployed_pages_have_the_same_rules() {
        let template = include_str!("../../../web.yaml");
        let (_, rest) = template.split_once("ContentSecurityPolicy: !Sub >-").unwrap();
        let lines = rest.lines().skip(1).map(str::trim).take_while(|line| !line.starts_with("ContentTypeOptions"));
        let deployed = lines.collect::<Vec<_>>().join(" ");
        let here = deployed.replace("${ApiUrl} ${WebSocketOrigin}", "ws://127.0.0.1:3000 ws://localhost:3000");
        assert_ne!(here, deployed);
        assert_eq!(policy(3000).unwrap(), here);
    }

    #[test]
    fn a_status_page_is_shown_until_the_build_is_done() {
        for state in [State::Building, State::Absent("why")] {
            let pages = pages(state);
            assert_eq!(ask(&pages, "GET", "/orders", "text/html").unwrap().0, 503);
            assert_eq!(ask(&pages, "GET", "/icon.svg", "image/*"), None);
        }
    }
}
