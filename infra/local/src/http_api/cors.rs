//! CORS. The gateway sets all CORS headers. Those of a function's answer are removed.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderName, ORIGIN,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;

use crate::template::Cors;

/// A CORS configuration as response headers.
pub(super) struct Policy {
    origins: Vec<String>,
    credentials: bool,
    preflight: Vec<(HeaderName, HeaderValue)>,
    exposed: Option<HeaderValue>,
}

impl Policy {
    pub(super) fn new(cors: &Cors) -> Self {
        let mut preflight = Vec::new();
        for (name, values) in
            [(ACCESS_CONTROL_ALLOW_METHODS, &cors.methods), (ACCESS_CONTROL_ALLOW_HEADERS, &cors.headers)]
        {
            preflight.extend(joined(values).map(|value| (name, value)));
        }
        if let Some(seconds) = cors.max_age {
            preflight.push((ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds)));
        }
        let (origins, credentials) = (cors.origins.clone(), cors.credentials);
        Self { origins, credentials, preflight, exposed: joined(&cors.exposed) }
    }

    /// Answers a CORS preflight; `None` if the request is not one.
    pub(super) fn preflight<B>(&self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        let headers = request.headers();
        let asks = headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if request.method() != Method::OPTIONS || !asks || !headers.contains_key(ORIGIN) {
            return None;
        }
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        if self.admit(origin, response.headers_mut()) {
            response.headers_mut().extend(self.preflight.iter().cloned());
        }
        Some(response)
    }

    /// Replaces all CORS headers of `response` with those of this policy.
    pub(super) fn share(&self, origin: Option<&str>, response: &mut Response<Full<Bytes>>) {
        let headers = response.headers_mut();
        let own: Vec<_> = headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
        for name in own {
            headers.remove(name);
        }
        if self.admit(origin, headers)
            && let Some(exposed) = &self.exposed
        {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
    }

    fn admit(&self, origin: Option<&str>, headers: &mut HeaderMap) -> bool {
        let Some(origin) = origin else { return false };
        let anyone = self.origins.iter().any(|allowed| allowed == "*");
        if !anyone && !self.origins.iter().any(|allowed| allowed == origin) {
            return false;
        }
        let Ok(value) = HeaderValue::from_str(if anyone { "*" } else { origin }) else { return false };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, value);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        true
    }
}

fn joined(values: &[String]) -> Option<HeaderValue> {
    if values.is_empty() { None } else { HeaderValue::from_str(&values.join(",")).ok() }
}
