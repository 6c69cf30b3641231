//! The gateway's own answers.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

/// A JSON answer.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    text_response(status, "application/json", body.to_string())
}

/// `{"message": …}`, which is all that API Gateway says about a request that no function answers.
pub(crate) fn message(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    json_response(status, &json!({ "message": message }))
}

/// A problem as the functions of this system write them: RFC 9457, with a stable code.
pub(crate) fn problem(status: StatusCode, code: &str, detail: &str) -> Response<Full<Bytes>> {
    let title = status.canonical_reason().unwrap_or_default();
    let body =
        json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail, "code": code });
    text_response(status, "application/problem+json", body.to_string())
}

/// An answer of this status, type and body.
pub(crate) fn text_response(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
