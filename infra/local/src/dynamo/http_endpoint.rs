//! DynamoDB on the gateway's own port, for programs beside it: `aws dynamodb scan --endpoint-url http://127.0.0.1:3000`,
//! and the importer. Who may reach the port may have any token from `/dev/token`, and so the table as well; a page
//! of the internet may not: its browser asks first, because of the header, and is not allowed.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::Full;

use super::Engine;
use crate::respond::{message, text_response};

/// What DynamoDB's operations are called in a request.
pub(crate) const TARGET: &str = "DynamoDB_20120810.";

/// The operation that a request asks DynamoDB for; `None` if it is for somebody else.
pub(crate) fn operation(parts: &Parts) -> Option<&str> {
    let target = parts.headers.get("x-amz-target")?.to_str().ok()?.strip_prefix(TARGET);
    target.filter(|_| parts.method == Method::POST && parts.uri.path() == "/")
}

/// Answers it. The engine blocks its thread.
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
