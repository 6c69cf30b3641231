//! What watches the system, against the system: alarms that the guide explains, and metrics that there are.
#![expect(clippy::unwrap_used, reason = "what cannot go on has failed")]

use std::collections::BTreeSet;

use serde_norway::Value as Yaml;
use tests::Shop;
use tests::watched::{alarms, dashboard};

fn read(path: &str) -> String {
    std::fs::read_to_string(Shop::root().join(path)).unwrap()
}

#[test]
fn the_guide_explains_every_alarm() {
    let guide = read("docs/operating.md");
    let rows: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |")).collect();
    let alarms = alarms();
    assert!(alarms.len() > 5);
    for name in alarms.into_keys() {
        assert!(rows.iter().any(|(first, _)| first.split(", ").any(|it| it == name)), "{name}");
    }
}

/// A namespace, metrics in it, and the sets of dimensions by which there are values of each.
type Counted = (&'static str, &'static [&'static str], &'static [&'static [&'static str]]);

/// The metrics of AWS that are watched, with the dimensions by which AWS documents them. A wrong name or dimension is no
/// error there: there is just never a value. That our own are counted is shown in `logs.rs`, by lines that functions wrote.
const OF_AWS: [Counted; 5] = [
    ("AWS/Lambda", &["Duration", "Errors", "Throttles"], &[&["FunctionName"]]),
    ("AWS/Lambda", &["ConcurrentExecutions"], &[&[]]),
    (
        "AWS/ApiGateway",
        &[
            "5xx",
            "ConnectCount",
            "Count",
            "ExecutionError",
            "IntegrationError",
            "IntegrationLatency",
            "Latency",
            "MessageCount",
        ],
        &[&["ApiId"]],
    ),
    (
        "AWS/DynamoDB",
        &["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"],
        &[&["TableName"], &["GlobalSecondaryIndexName", "TableName"]],
    ),
    ("AWS/DynamoDB", &["SuccessfulRequestLatency", "SystemErrors"], &[&["Operation", "TableName"]]),
];

/// Of the metrics of API Gateway, those that only a WebSocket API has; all others are of an HTTP API.
const OF_A_WEBSOCKET: [&str; 5] =
    ["ConnectCount", "ExecutionError", "IntegrationError", "IntegrationLatency", "MessageCount"];

#[test]
fn every_metric_of_aws_that_is_watched_is_one_that_aws_counts() {
    let mut unused: BTreeSet<&str> = OF_AWS.iter().flat_map(|(_, names, _)| *names).copied().collect();
    for metric in alarms().into_values().flatten().chain(dashboard()).filter(|it| it.namespace.starts_with("AWS/")) {
        let counted = OF_AWS.iter().any(|(namespace, names, dimensions)| {
            let named = *namespace == metric.namespace && names.contains(&metric.name.as_str());
            named && dimensions.iter().any(|names| metric.dimensions.keys().eq(*names))
        });
        assert!(counted, "nobody counts {metric:?}");
        if let Some(api) = metric.dimensions.get("ApiId") {
            let expected = if OF_A_WEBSOCKET.contains(&metric.name.as_str()) { "WebSocketApi" } else { "HttpApi" };
            assert_eq!(api, expected, "{metric:?}");
        }
        unused.remove(metric.name.as_str());
    }
    assert!(unused.is_empty(), "nobody watches {unused:?}");
}

#[test]
fn alarms_watch_every_function_and_every_operation() {
    let of = |alarm: &str, dimension: &str| -> BTreeSet<String> {
        alarms()[alarm].iter().map(|metric| metric.dimensions[dimension].clone()).collect()
    };
    let text = read("template.yaml");
    let template: Yaml = serde_norway::from_str(&text).unwrap();
    let resources = template["Resources"].as_mapping().unwrap().iter();
    let functions = resources.filter(|(_, it)| it["Type"] == "AWS::Serverless::Function");
    let functions: BTreeSet<_> = functions.map(|(name, _)| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(of("FunctionErrors", "FunctionName"), functions);
    assert_eq!(of("FunctionThrottles", "FunctionName"), functions);
    let actions = text.split(" dynamodb:").skip(1).map(|rest| rest.split_whitespace().next().unwrap().to_owned());
    // A transaction is allowed by the actions of its items, and counted under its own name.
    let operations: BTreeSet<_> = actions.chain(["TransactWriteItems".to_owned()]).collect();
    assert_eq!(of("TableErrors", "Operation"), operations);
}
