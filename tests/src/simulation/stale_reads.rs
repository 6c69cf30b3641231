//! The stale answers that DynamoDB may give to eventually consistent reads. Reads of an index are
//! always eventually consistent, reads of a table unless they ask otherwise.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value, json};

fn body(request: &HttpRequest) -> Value {
    serde_json::from_slice(request.body().bytes().unwrap()).unwrap()
}

/// Returns true if the read is eventually consistent.
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

/// The answer to a read of an empty table.
pub(crate) fn empty_answer(operation: &str, request: &HttpRequest) -> Vec<u8> {
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
