//! Measures what an operation costs: all requests of a function's SDK, with the units they consumed
//! and the time they ran.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use local::Settings;
use serde_json::{Value, json};

use crate::interceptor::intercepting;

/// The delay of each answer. Without it the embedded engine answers so fast that concurrent
/// requests would look sequential.
const ROUND_TRIP: Duration = Duration::from_millis(10);

type Answered = Result<HttpResponse, ConnectorError>;

/// One request to DynamoDB, to Secrets Manager or to `@connections`.
#[derive(Clone, Debug)]
pub struct Call {
    /// The binary of the function that made it.
    pub function: String,
    /// The name of the AWS operation; `None` for `@connections`.
    pub operation: Option<String>,
    /// The IAM permissions it needs.
    pub needs: BTreeSet<Need>,
    /// Read units.
    pub read: f64,
    /// Write units.
    pub write: f64,
    started: Instant,
    ended: Instant,
}

/// An action on a resource: `table`, `index/NAME`, `secret`, or the method of an `@connections`
/// request.
pub type Need = (String, String);

/// The total cost of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// The longest chain of requests to DynamoDB in which each waited for the one before.
    pub depth: usize,
    /// Requests to DynamoDB.
    pub requests: usize,
    /// Write units.
    pub write: f64,
    /// Read units.
    pub read: f64,
}

/// The only operation of Secrets Manager that is used.
const GET_SECRET_VALUE: &str = "GetSecretValue";

/// Records the requests of all functions.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Vec<Call>>>);

impl Meter {
    /// Settings of a shop whose requests this meter records.
    pub fn settings(&self) -> Settings {
        let meter = self.clone();
        intercepting(move |function, request, inner| {
            let (meter, function, inner) = (meter.clone(), function.to_owned(), inner.clone());
            HttpConnectorFuture::new(async move {
                let (call, answer) = measure(function, request, inner).await;
                meter.0.lock().unwrap().push(call);
                answer
            })
        })
    }

    /// Waits until `count` requests with this operation were recorded since the last [`Meter::take`].
    pub async fn wait_for(&self, operation: &str, count: usize) {
        let passed = || self.0.lock().unwrap().iter().filter(|it| it.operation.as_deref() == Some(operation)).count();
        while passed() < count {
            tokio::task::yield_now().await;
        }
    }

    /// Returns and removes the requests recorded so far.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Cost {
    /// The total cost of these requests.
    pub fn of(calls: &[Call]) -> Self {
        let is_dynamodb = |call: &&Call| call.operation.as_deref().is_some_and(|name| name != GET_SECRET_VALUE);
        let mut calls: Vec<&Call> = calls.iter().filter(is_dynamodb).collect();
        calls.sort_by_key(|call| call.started);
        let mut depths: Vec<usize> = Vec::new();
        for call in &calls {
            let before = calls.iter().zip(&depths).filter(|(other, _)| other.ended <= call.started);
            depths.push(1 + before.map(|(_, depth)| *depth).max().unwrap_or(0));
        }
        Self {
            depth: depths.into_iter().max().unwrap_or(0),
            requests: calls.len(),
            write: calls.iter().fold(0.0, |sum, call| sum + call.write),
            read: calls.iter().fold(0.0, |sum, call| sum + call.read),
        }
    }
}

/// Forwards a request. Returns its measurement and its answer.
async fn measure(function: String, mut request: HttpRequest, inner: SharedHttpConnector) -> (Call, Answered) {
    let target = request.headers().get("x-amz-target").map(str::to_owned);
    let operation = target.and_then(|target| target.split_once('.').map(|(_, name)| name.to_owned()));
    let mut asked = Value::Null;
    if operation.as_deref().is_some_and(|name| name != GET_SECRET_VALUE) {
        asked = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        asked["ReturnConsumedCapacity"] = "TOTAL".into();
        let body = asked.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
    }
    let needs = needs(operation.as_deref(), request.method(), &asked);
    let started = Instant::now();
    let answer = inner.call(request).await;
    tokio::time::sleep(ROUND_TRIP).await;
    let ended = Instant::now();
    let body = answer.as_ref().ok().and_then(|answer| answer.body().bytes());
    let answered: Value = body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let (read, write) = operation.as_deref().map_or((0.0, 0.0), |name| units(name, &asked, &answered));
    (Call { function, operation, needs, read, write, started, ended }, answer)
}

/// The read and write units of a request. A failed condition reports none; it costs the write units
/// of the item, at least one. The items of a cancelled transaction cost twice as much.
fn units(operation: &str, asked: &Value, answered: &Value) -> (f64, f64) {
    let fault = answered["__type"].as_str().unwrap_or_default();
    let consumed = if fault.ends_with("ConditionalCheckFailedException") {
        kilobytes(&answered["Item"])
    } else if fault.ends_with("TransactionCanceledException") {
        let items = asked["TransactItems"].as_array().map_or(0, Vec::len);
        2.0 * f64::from(u32::try_from(items).unwrap())
    } else {
        match &answered["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().filter_map(|it| it["CapacityUnits"].as_f64()).sum(),
            one => one["CapacityUnits"].as_f64().unwrap_or_default(),
        }
    };
    match operation {
        "GetItem" | "Query" | "BatchGetItem" | "TransactGetItems" | "Scan" => (consumed, 0.0),
        _ => (0.0, consumed),
    }
}

/// The write units of an item: its size in kilobytes, rounded up.
fn kilobytes(item: &Value) -> f64 {
    f64::from(u32::try_from(item_size(item).div_ceil(1024).max(1)).unwrap())
}

/// The size of an item in bytes by DynamoDB's rules: names and strings count their UTF-8 bytes,
/// numbers half a byte for each digit and one more. Maps and lists count three bytes and one more
/// for each entry.
pub fn item_size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes.map(|(name, value)| name.len() + value_size(value)).sum()
}

/// A value in DynamoDB's JSON.
pub fn as_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::M(map) => {
            let map: serde_json::Map<String, Value> =
                map.iter().map(|(name, value)| (name.clone(), as_json(value))).collect();
            json!({"M": map})
        }
        AttributeValue::L(list) => json!({"L": list.iter().map(as_json).collect::<Vec<_>>()}),
        AttributeValue::Bool(value) => json!({"BOOL": value}),
        other => json!({"B": format!("{other:?}")}),
    }
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|it| it.iter().next()) else { return 0 };
    let text = value.as_str().unwrap_or_default();
    match kind.as_str() {
        "S" => text.len(),
        // Two digits for each byte, and one byte for sign and exponent.
        "N" => text.chars().filter(char::is_ascii_digit).count().div_ceil(2) + 1,
        "B" => text.len() / 4 * 3,
        "M" => {
            3 + value.as_object().into_iter().flatten().map(|(key, it)| key.len() + 1 + value_size(it)).sum::<usize>()
        }
        "L" => 3 + value.as_array().into_iter().flatten().map(|it| 1 + value_size(it)).sum::<usize>(),
        _ => 1,
    }
}

fn needs(operation: Option<&str>, method: &str, asked: &Value) -> BTreeSet<Need> {
    let need = |action: &str, resource: &str| (action.to_owned(), resource.to_owned());
    let Some(operation) = operation else {
        return BTreeSet::from([need("execute-api:ManageConnections", method)]);
    };
    if operation == GET_SECRET_VALUE {
        return BTreeSet::from([need("secretsmanager:GetSecretValue", "secret")]);
    }
    let items = asked["TransactItems"].as_array().into_iter().flatten();
    let kinds = items.filter_map(|item| item.as_object().and_then(|it| it.keys().next()));
    let of_items: BTreeSet<Need> = kinds
        .map(|kind| match kind.as_str() {
            "ConditionCheck" => need("dynamodb:ConditionCheckItem", "table"),
            kind => need(&format!("dynamodb:{kind}Item"), "table"),
        })
        .collect();
    if !of_items.is_empty() {
        return of_items;
    }
    let resource = asked["IndexName"].as_str().map_or_else(|| "table".to_owned(), |index| format!("index/{index}"));
    BTreeSet::from([need(&format!("dynamodb:{operation}"), &resource)])
}
