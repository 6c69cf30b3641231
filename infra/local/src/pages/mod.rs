//! Serves the web client, built from `web/`, at `/`, as a file server beside the API would.
//!
//! Only requests without a route of the API come here. When the gateway starts, it builds the pages
//! if their sources have changed (`build`). The API does not wait for the build.

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

/// The state of the pages.
#[derive(Clone, Debug)]
enum State {
    /// The pages are being checked, installed or built.
    Building,
    /// The pages are built.
    Ready(Files),
    /// There are no pages to serve. The text says why and what to do.
    Absent(&'static str),
}

/// The web client as the gateway serves it.
pub(crate) struct Pages {
    state: watch::Receiver<State>,
    policy: HeaderValue,
}

impl Pages {
    /// Serves the pages of the npm project in `folder`, and starts a task that builds them if
    /// needed. Returns `None` if there is no such project.
    pub(crate) fn open(folder: PathBuf, port: u16, stopping: Stopping) -> Option<(Self, JoinHandle<()>)> {
        if !folder.join("package.json").is_file() {
            return None;
        }
        let (sender, state) = watch::channel(State::Building);
        let building = tokio::spawn(async move {
            tokio::select! {
                state = build::built(&folder) => { sender.send_replace(state); }
                () = stopping.wait() => {}
            }
        });
        Some((Self { state, policy: policy(port)? }, building))
    }

    /// Answers a request without a route of the API: with a file, or with `index.html` if a browser
    /// navigates to a path of the client. Returns `None` if the API should answer.
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

/// The Content-Security-Policy: a page may load its own scripts, styles and images, and connect to
/// this gateway, and nothing else.
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

/// A page of the gateway itself, shown while there is no client to serve.
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

    /// The status and the content type of the answer.
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

    /// The hosting on AWS has the same rules. Only the addresses of the API may differ.
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
