//! What DynamoDB may answer to a read that does not ask to be consistent: an index always lags, a table may.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value, json};

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(request.body().bytes().unwrap()).unwrap()
}

/// Whether this read may be behind what is written.
pub(crate) fn is_eventual(operation: &str, request: &HttpRequest) -> bool {
    match operation {
        "GetItem" | "Query" | "Scan" => body(request)["ConsistentRead"] != true,
        "BatchGetItem" => {
            let body = body(request);
            body["RequestItems"].as_object().unwrap().values().any(|table| table["ConsistentRead"] != true)
        }
        _ => false,
    }
}

/// The answer before anything was written.
pub(crate) fn nothing_yet(operation: &str, request: &HttpRequest) -> Vec<u8> {
    let answer = match operation {
        "GetItem" => json!({}),
        "BatchGetItem" => {
            let tables = body(request)["RequestItems"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let empty: Map<String, Value> = tables.into_iter().map(|table| (table, json!([]))).collect();
            json!({ "Responses": empty, "UnprocessedKeys": {} })
        }
        _ => json!({ "Items": [], "Count": 0, "ScannedCount": 0 }),
    };
    answer.to_string().into_bytes()
}
