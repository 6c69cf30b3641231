//! Responses that the gateway gives without calling a function.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

/// A JSON response.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    text_response(status, "application/json", body.to_string())
}

/// `{"message": …}`, the body of every error that API Gateway itself answers.
pub(crate) fn message(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    json_response(status, &json!({ "message": message }))
}

/// A problem in the format of the functions: RFC 9457, with a stable `code`.
pub(crate) fn problem(status: StatusCode, code: &str, detail: &str) -> Response<Full<Bytes>> {
    let title = status.canonical_reason().unwrap_or_default();
    let body =
        json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail, "code": code });
    text_response(status, "application/problem+json", body.to_string())
}

pub(crate) fn text_response(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
