//! The answers of a service to requests that it does not execute.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

pub(crate) fn refusal(status: u16, kind: &str) -> HttpResponse {
    answer(status, &json!({ "__type": kind, "message": "injected fault" }))
}

pub(crate) fn conflict(request: &HttpRequest) -> HttpResponse {
    let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
    let count = body["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![json!({ "Code": "None" }); count];
    reasons[0] = json!({ "Code": "TransactionConflict", "Message": "injected fault" });
    answer(
        400,
        &json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "cancelled",
            "CancellationReasons": reasons,
        }),
    )
}

pub(crate) fn answer(status: u16, body: &Value) -> HttpResponse {
    reply(status, if body.is_null() { Vec::new() } else { body.to_string().into_bytes() })
}

pub(crate) fn reply(status: u16, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
