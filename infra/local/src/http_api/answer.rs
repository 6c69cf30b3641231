//! Turns a function's answer into an HTTP response. Payload format 2.0 has a short and a long form.

use bytes::Bytes;
use data_encoding::BASE64;
use http::header::{CONTENT_TYPE, HeaderName, SET_COOKIE};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::Value;

use crate::respond::text_response;

/// Converts `answer` to a response. Without a `statusCode` the whole answer is the body. Returns
/// `None` if the answer is invalid; the client then gets the response for a function error.
pub(super) fn response(answer: Value) -> Option<Response<Full<Bytes>>> {
    match answer {
        Value::Object(fields) if fields.contains_key("statusCode") => described(&Value::Object(fields)),
        Value::String(text) => Some(text_response(StatusCode::OK, "application/json", text)),
        other => Some(text_response(StatusCode::OK, "application/json", other.to_string())),
    }
}

fn described(answer: &Value) -> Option<Response<Full<Bytes>>> {
    let status = answer["statusCode"].as_u64().or_else(|| answer["statusCode"].as_str()?.parse().ok())?;
    let body = match &answer["body"] {
        Value::Null => Bytes::new(),
        Value::String(body) if answer["isBase64Encoded"] == true => BASE64.decode(body.as_bytes()).ok()?.into(),
        Value::String(body) => Bytes::from(body.clone()),
        _ => return None,
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if let Some(given) = answer["headers"].as_object() {
        for (name, value) in given {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return None,
            };
            let name = HeaderName::try_from(name).ok()?;
            if !hop_by_hop(&name) {
                headers.insert(name, value.parse().ok()?);
            }
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        headers.append(SET_COOKIE, cookie.as_str()?.parse().ok()?);
    }
    Some(response)
}

/// Returns true for headers of the connection, which the gateway sets itself.
fn hop_by_hop(name: &HeaderName) -> bool {
    matches!(name.as_str(), "connection" | "content-length" | "keep-alive" | "transfer-encoding" | "upgrade")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(answer: Value) -> Option<u16> {
        response(answer).map(|response| response.status().as_u16())
    }

    #[test]
    fn invalid_responses_are_function_errors() {
        assert_eq!(status(json!({ "statusCode": 204 })), Some(204));
        assert_eq!(status(json!({ "statusCode": "201", "body": "x" })), Some(201));
        assert_eq!(status(json!({ "statusCode": "many" })), None);
        assert_eq!(status(json!({ "statusCode": 200, "body": { "not": "a text" } })), None);
        assert_eq!(status(json!({ "statusCode": 200, "headers": { "x": ["list"] } })), None);
        assert_eq!(status(json!({ "statusCode": 200, "body": "%", "isBase64Encoded": true })), None);
    }

    #[test]
    fn an_answer_without_a_status_code_is_the_body() {
        assert_eq!(status(json!({ "any": "thing" })), Some(200));
        assert_eq!(status(Value::Null), Some(200));
    }
}
