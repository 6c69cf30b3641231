//! Streams and schedules call functions as on AWS: in order, in batches, again after a failure; what
//! cannot be handled is given up and told.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::types::AttributeValue;
use local::{Data, Functions, Gateway, Settings, Timers};
use serde_json::{Value, json};
use tests::gateway::{TEST_TIMEOUT, TestTemplate, answering, recording};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const QUEUE: &str = "order-chat-Failures";

/// Writes item `sk` of partition `pk` with the number `n`.
async fn put(gateway: &Gateway, pk: &str, sk: &str, n: usize) {
    let put = Table::new(gateway.sdk()).put_item().table_name(gateway.table().unwrap());
    let put = put.item("pk", AttributeValue::S(pk.to_owned())).item("sk", AttributeValue::S(sk.to_owned()));
    put.item("n", AttributeValue::N(n.to_string())).send().await.unwrap();
}

/// What a record says was written: partition, sort key and number.
fn written(record: &Value) -> (String, String, usize) {
    let image = &record["dynamodb"]["NewImage"];
    let text = |name: &str, kind: &str| image[name][kind].as_str().unwrap().to_owned();
    (text("pk", "S"), text("sk", "S"), text("n", "N").parse().unwrap())
}

fn records(event: &Value) -> Vec<(String, String, usize)> {
    event["Records"].as_array().unwrap().iter().map(written).collect()
}

/// Calls of a function that fails as long as `fails` says so of a record.
fn failing(fails: impl Fn(&Value) -> bool + Clone + Send + Sync + 'static) -> (UnboundedReceiver<Value>, Functions) {
    let (sender, calls) = unbounded_channel();
    let function = answering(move |event: Value| {
        let (sender, fails) = (sender.clone(), fails.clone());
        async move {
            let failed = event["Records"].as_array().unwrap().iter().any(&fails);
            sender.send(event)?;
            if failed { Err("it fails".into()) } else { Ok(Value::Null) }
        }
    });
    (calls, Functions::new().with("echo", function))
}

async fn next(calls: &mut UnboundedReceiver<Value>) -> Value {
    tokio::time::timeout(TEST_TIMEOUT, calls.recv()).await.expect("a call comes").unwrap()
}

/// The records of calls until `count` have come.
async fn next_records(calls: &mut UnboundedReceiver<Value>, count: usize) -> Vec<(String, String, usize)> {
    let mut seen = Vec::new();
    while seen.len() < count {
        seen.extend(records(&next(calls).await));
    }
    seen
}

/// The messages in the queue once there are `count`.
async fn given_up(gateway: &Gateway, count: usize) -> Vec<Value> {
    let waiting = async {
        while gateway.queue(QUEUE).len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, waiting).await.expect("records are given up");
    gateway.queue(QUEUE)
}

#[tokio::test]
async fn records_that_match_come_in_the_order_of_the_writes() {
    let filters = json!({ "Filters": [
        { "Pattern": r#"{"eventName": ["MODIFY"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "L"}]}}}}"# },
        { "Pattern": r#"{"dynamodb": {"Keys": {"sk": {"S": ["Z"]}}}}"# },
    ] });
    let (mut calls, functions) = failing(|_| false);
    let mapping = json!({ "FilterCriteria": filters, "BatchSize": 7 });
    let gateway = TestTemplate::new().stream("echo", mapping).start(functions).await;
    for n in 0..20 {
        put(&gateway, "a", "L1", n).await;
        put(&gateway, "b", "K", n).await;
        put(&gateway, "a", "Z", n).await;
    }
    let (mut seen, mut expected) = (Vec::new(), Vec::new());
    for n in 0..20 {
        // The first write of an item is no change.
        expected.extend((n > 0).then(|| ("a".to_owned(), "L1".to_owned(), n)));
        expected.push(("a".to_owned(), "Z".to_owned(), n));
    }
    while seen.len() < expected.len() {
        let event = next(&mut calls).await;
        let batch = records(&event);
        assert!((1..=7).contains(&batch.len()), "{batch:?}");
        seen.extend(batch);
        let record = &event["Records"][0];
        assert_eq!(record["eventSource"], "aws:dynamodb");
        assert_eq!(record["awsRegion"], "us-east-1");
        let table = "arn:aws:dynamodb:us-east-1:123456789012:table/order-chat-Table/stream/";
        assert!(record["eventSourceARN"].as_str().unwrap().starts_with(table), "{record}");
        assert_eq!(record["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
        assert!(record["dynamodb"]["ApproximateCreationDateTime"].as_f64().unwrap() > 1e9);
    }
    assert_eq!(seen, expected);
    gateway.stop().await;
}

/// What is written within the window is one batch.
#[tokio::test]
async fn a_batch_is_gathered_for_as_long_as_the_window() {
    let (mut calls, functions) = failing(|_| false);
    let mapping = json!({ "MaximumBatchingWindowInSeconds": 1 });
    let gateway = TestTemplate::new().stream("echo", mapping).start(functions).await;
    let began = std::time::Instant::now();
    for n in 0..3 {
        put(&gateway, "a", "L", n).await;
    }
    assert_eq!(records(&next(&mut calls).await).len(), 3);
    assert!(began.elapsed() >= Duration::from_secs(1));
    gateway.stop().await;
}

/// The function never handles record 13. The batch is split until that record is alone, it alone is
/// given up after its attempts, and all others are handled in order.
#[tokio::test]
async fn a_record_that_cannot_be_handled_stops_no_other() {
    let is_poison = |record: &Value| written(record).2 == 13;
    let (mut calls, functions) = failing(is_poison);
    let mapping =
        json!({ "MaximumBatchingWindowInSeconds": 1, "BisectBatchOnFunctionError": true, "MaximumRetryAttempts": 2 });
    let gateway = TestTemplate::new().stream("echo", mapping).start(functions).await;
    for n in 0..20 {
        put(&gateway, "a", "L", n).await;
    }
    let (mut handled, mut alone) = (Vec::new(), 0);
    while handled.last() != Some(&19) {
        let numbers: Vec<usize> = records(&next(&mut calls).await).into_iter().map(|(.., n)| n).collect();
        if numbers == [13] {
            alone += 1;
        } else if !numbers.contains(&13) {
            handled.extend(numbers);
        }
    }
    assert_eq!(handled, (0..20).filter(|n| *n != 13).collect::<Vec<_>>());
    assert_eq!(alone, 3, "once and two retries");
    let [message] = given_up(&gateway, 1).await.try_into().unwrap();
    assert_eq!(message["requestContext"]["condition"], "RetryAttemptsExhausted");
    let batch = &message["DDBStreamBatchInfo"];
    assert_eq!((&batch["batchSize"], &batch["startSequenceNumber"]), (&json!(1), &batch["endSequenceNumber"]));
    gateway.stop().await;
}

/// Without splitting, the whole batch comes again and is given up together.
#[tokio::test]
async fn a_failed_batch_comes_again_and_is_given_up() {
    let (mut calls, functions) = failing(|record| written(record).0 == "bad");
    let mapping = json!({ "MaximumBatchingWindowInSeconds": 1, "MaximumRetryAttempts": 1 });
    let gateway = TestTemplate::new().stream("echo", mapping).start(functions).await;
    put(&gateway, "bad", "L", 0).await;
    put(&gateway, "good", "L", 1).await;
    let (first, again) = (next(&mut calls).await, next(&mut calls).await);
    assert_eq!(first, again);
    let [message] = given_up(&gateway, 1).await.try_into().unwrap();
    assert_eq!(message["DDBStreamBatchInfo"]["batchSize"], 2);
    assert_eq!(message["requestContext"]["approximateInvokeCount"], 2);
    put(&gateway, "good", "L", 2).await;
    assert_eq!(next_records(&mut calls, 1).await, [("good".to_owned(), "L".to_owned(), 2)]);
    gateway.stop().await;
}

#[tokio::test]
async fn records_that_are_too_old_are_given_up_without_a_call() {
    let (mut calls, functions) = failing(|_| false);
    let mapping = json!({ "MaximumBatchingWindowInSeconds": 3, "MaximumRecordAgeInSeconds": 1 });
    let gateway = TestTemplate::new().stream("echo", mapping).start(functions).await;
    put(&gateway, "a", "L", 0).await;
    let [message] = given_up(&gateway, 1).await.try_into().unwrap();
    assert_eq!(message["requestContext"]["condition"], "RecordAgeExceeded");
    assert!(calls.try_recv().is_err(), "nothing is called");
    gateway.stop().await;
}

/// After a restart the stream goes on where it was. A batch that was under way comes again.
#[tokio::test]
async fn the_position_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let stuck = Arc::new(Mutex::new(false));
    let template = TestTemplate::new().stream("echo", json!({ "MaximumRetryAttempts": 100 }));
    let start = async || {
        let stuck = stuck.clone();
        let (calls, functions) = failing(move |_| *stuck.lock().unwrap());
        let settings = Settings { data: Data::Folder(folder.path().to_owned()), ..template.settings() };
        (calls, local::start(settings, functions).await.unwrap())
    };
    let (mut calls, gateway) = start().await;
    put(&gateway, "a", "L", 0).await;
    assert_eq!(next_records(&mut calls, 1).await[0].2, 0);
    // The position is stored after the answer, so the second batch must have begun.
    *stuck.lock().unwrap() = true;
    put(&gateway, "a", "L", 1).await;
    assert_eq!(next_records(&mut calls, 1).await[0].2, 1);
    gateway.stop().await;

    *stuck.lock().unwrap() = false;
    let (mut calls, gateway) = start().await;
    put(&gateway, "a", "L", 2).await;
    let seen: Vec<usize> = next_records(&mut calls, 2).await.into_iter().map(|(.., n)| n).collect();
    assert_eq!(seen, [1, 2]);
    gateway.stop().await;
}

#[tokio::test]
async fn a_schedule_calls_its_function_every_minute() {
    let (mut events, function) = recording(Value::Null);
    let timers = Timers { minute: Duration::from_millis(50), ..Timers::default() };
    let gateway =
        TestTemplate::new().scheduled("tick").start_with(timers, Functions::new().with("tick", function)).await;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let event = events.next().await;
        assert_eq!((&event["source"], &event["detail-type"]), (&json!("aws.scheduler"), &json!("Scheduled Event")));
        ids.insert(event["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 3);
    gateway.stop().await;
}
