//! DynamoDB over HTTP on the gateway's port, for other programs:
//! `aws dynamodb scan --endpoint-url http://127.0.0.1:3000`, and the importer.
//!
//! Everybody who reaches the port can get any token from `/dev/token`, and so may use the table
//! too. A page on the internet cannot: the `x-amz-target` header needs a CORS preflight, which is
//! refused.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::Full;

use super::Engine;
use crate::respond::{message, text_response};

/// The prefix of DynamoDB's operations in the header `x-amz-target`.
pub(crate) const TARGET: &str = "DynamoDB_20120810.";

/// The DynamoDB operation of a request; `None` if it is not a request to DynamoDB.
pub(crate) fn operation(parts: &Parts) -> Option<&str> {
    let target = parts.headers.get("x-amz-target")?.to_str().ok()?.strip_prefix(TARGET);
    target.filter(|_| parts.method == Method::POST && parts.uri.path() == "/")
}

/// Answers a request to DynamoDB on a blocking thread.
pub(crate) async fn answer(engine: Engine, operation: &str, body: Bytes) -> Response<Full<Bytes>> {
    let operation = operation.to_owned();
    let answered = tokio::task::spawn_blocking(move || engine.respond(&operation, &String::from_utf8_lossy(&body)));
    match answered.await {
        Ok((status, body)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            text_response(status, "application/x-amz-json-1.0", body)
        }
        Err(problem) => {
            tracing::error!(%problem, "the database failed");
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}
