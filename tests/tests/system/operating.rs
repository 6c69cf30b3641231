//! Monitoring: the guide explains every alarm, and every metric in alarms and the dashboard exists.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::BTreeSet;

use serde_norway::Value as Yaml;
use tests::Shop;
use tests::monitored_metrics::{alarms, dashboard};

fn read(path: &str) -> String {
    std::fs::read_to_string(Shop::root().join(path)).unwrap()
}

#[test]
fn the_guide_explains_every_alarm_and_no_other() {
    let guide = read("docs/operating.md");
    let table = guide.split_once("| alarm | means | do |\n").unwrap().1.split("\n\n").next().unwrap();
    let names = table.lines().skip(1).filter_map(|row| row.strip_prefix("| ")?.split_once(" |"));
    let explained: BTreeSet<String> = names.flat_map(|(names, _)| names.split(", ")).map(str::to_owned).collect();
    assert_eq!(explained, alarms().into_keys().collect());
}

/// Settings whose absence is noticed only when they are needed.
#[test]
fn data_protection_and_cost_limits_are_in_the_template() {
    let is_expression = |value: &Yaml| matches!(value, Yaml::Tagged(_));
    let template: Yaml = serde_norway::from_str(&read("template.yaml")).unwrap();
    let (resources, globals) = (&template["Resources"], &template["Globals"]["Function"]);
    let table = &resources["Table"];
    assert_eq!(table["DeletionPolicy"], "Retain");
    assert_eq!(table["UpdateReplacePolicy"], "Retain");
    let table = &table["Properties"];
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["SSESpecification"]["SSEEnabled"], true);
    assert_eq!(table["TimeToLiveSpecification"]["Enabled"], true);
    for (name, resource) in resources.as_mapping().unwrap() {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap() {
            "AWS::Logs::LogGroup" => {
                assert!(is_expression(&properties["RetentionInDays"]), "{name:?} is kept for ever");
            }
            "AWS::ApiGatewayV2::Stage" | "AWS::Serverless::HttpApi" => {
                let limits = &properties["DefaultRouteSettings"];
                assert!(limits["ThrottlingRateLimit"].is_u64() && limits["ThrottlingBurstLimit"].is_u64(), "{name:?}");
                assert!(properties.get("AccessLogSettings").is_some(), "{name:?} has no access log");
            }
            _ => {}
        }
    }
    let mapping = &resources["NotifyStream"]["Properties"];
    assert!(mapping["MaximumRetryAttempts"].is_u64() && mapping["MaximumRecordAgeInSeconds"].is_u64());
    assert!(is_expression(&mapping["DestinationConfig"]["OnFailure"]["Destination"]), "given up without a word");
    assert_eq!(globals["LoggingConfig"]["LogFormat"], "JSON");
    assert!(is_expression(&globals["LoggingConfig"]["LogGroup"]) && is_expression(&globals["Tracing"]));

    // Only CloudFront may read the bucket of the pages, and only over TLS.
    let web: Yaml = serde_norway::from_str(&read("infra/web.yaml")).unwrap();
    let statements = &web["Resources"]["FilesPolicy"]["Properties"]["PolicyDocument"]["Statement"];
    let [allow, deny] = statements.as_sequence().unwrap().as_slice() else { panic!("{statements:?}") };
    assert_eq!(allow["Effect"], "Allow");
    assert_eq!(allow["Action"], "s3:GetObject");
    assert!(is_expression(&allow["Condition"]["StringEquals"]["AWS:SourceArn"]));
    assert_eq!(deny["Effect"], "Deny");
    assert_eq!(deny["Action"], "s3:*");
    assert_eq!(deny["Condition"]["Bool"]["aws:SecureTransport"], "false");
    let closed = web["Resources"]["Files"]["Properties"]["PublicAccessBlockConfiguration"].as_mapping().unwrap();
    assert!(closed.len() == 4 && closed.values().all(|it| *it == true), "{closed:?}");
}

/// A namespace, metrics in it, and the sets of dimensions that AWS publishes for each.
type Counted = (&'static str, &'static [&'static str], &'static [&'static [&'static str]]);

/// The AWS metrics in use, with the dimensions that AWS documents. CloudWatch reports no error for
/// a wrong name or dimension; the metric just has no values. `logs.rs` checks our own metrics.
const OF_AWS: [Counted; 6] = [
    ("AWS/Lambda", &["Duration", "Errors", "Invocations", "IteratorAge", "Throttles"], &[&["FunctionName"]]),
    ("AWS/SQS", &["ApproximateNumberOfMessagesVisible"], &[&["QueueName"]]),
    ("AWS/Lambda", &["ConcurrentExecutions"], &[&[]]),
    (
        "AWS/ApiGateway",
        &[
            "4xx",
            "5xx",
            "ClientError",
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

/// The API Gateway metrics that only a WebSocket API has. All others belong to an HTTP API.
const OF_A_WEBSOCKET: [&str; 6] =
    ["ClientError", "ConnectCount", "ExecutionError", "IntegrationError", "IntegrationLatency", "MessageCount"];

#[test]
fn monitored_aws_metrics_exist() {
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

/// The operations of DynamoDB Streams.
const OF_THE_STREAM: [&str; 4] = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

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
    for kind in ["Errors", "Throttles"] {
        let (called, background) =
            (of(&format!("Function{kind}"), "FunctionName"), of(&format!("Background{kind}"), "FunctionName"));
        assert_eq!(&called | &background, functions);
        assert!(called.is_disjoint(&background));
    }
    for (alarm, metrics) in alarms() {
        assert!(metrics.len() <= 10, "CloudWatch refuses {alarm}, which has {} metrics", metrics.len());
    }
    let actions = text.split(" dynamodb:").skip(1).map(|rest| rest.split_whitespace().next().unwrap().to_owned());
    // Lambda itself reads the stream.
    let actions = actions.filter(|name| !OF_THE_STREAM.contains(&name.as_str()));
    // A transaction needs the permissions of its items, but its metric has its own name.
    let operations: BTreeSet<_> = actions.chain(["TransactWriteItems".to_owned()]).collect();
    assert_eq!(of("TableErrors", "Operation"), operations);
}
