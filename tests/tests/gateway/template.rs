//! Reading the template: the system's own template is accepted, expressions have their values, and
//! what is not supported is refused.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use local::{Functions, Gateway, Settings, StartupError, Template};
use reqwest::Method;
use runtime::{Environment, SdkConfig};
use serde_json::{Value, json};
use tests::gateway::{Client, TestTemplate, answering, using};

const BINARIES: &[&str] = &[
    "authorizer",
    "change-conversation",
    "connect",
    "conversations",
    "create-order",
    "deadlines",
    "desk",
    "disconnect",
    "notify",
    "orders",
    "send-message",
    "signals",
];

/// The environment variables that a function of this system may have.
const VARIABLES: &[&str] = &[
    "ALLOWED_ORIGINS",
    "ARCHIVE_AFTER_DAYS",
    "EDIT_MINUTES",
    "JWKS_URL",
    "JWT_AUDIENCE",
    "JWT_ISSUER",
    "JWT_SECRET_ID",
    "LOG_SAMPLING",
    "TABLE_NAME",
    "WEBSOCKET_URL",
];

fn own_template() -> Settings {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    Settings::in_memory(Template::File(path))
}

/// Replacements for the real functions. Each answers with its name, and the authorizer allows
/// everybody.
fn stand_ins() -> Functions {
    let mut functions = Functions::new();
    for name in BINARIES {
        let answer = answering(move |event: Value| async move {
            let statement = json!({ "Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*" });
            Ok(match event["type"].as_str() {
                Some("REQUEST") => json!({
                    "isAuthorized": true,
                    "principalId": "anybody",
                    "policyDocument": { "Statement": [statement] },
                }),
                _ => json!({ "statusCode": 200, "body": name, "headers": { "x-route": event["routeKey"] } }),
            })
        });
        functions = functions.with(name, answer);
    }
    functions
}

#[tokio::test]
async fn every_route_of_the_system_leads_to_its_function() {
    let gateway = local::start(own_template(), stand_ins()).await.unwrap();
    for (method, path, function) in [
        (Method::POST, "/api/sales", "create-order"),
        (Method::GET, "/api/sales/my-orders", "orders"),
        (Method::GET, "/api/sales/stats", "orders"),
        (Method::GET, "/api/sales/ord_1", "orders"),
        (Method::PATCH, "/api/sales/ord_1/status", "orders"),
        (Method::GET, "/api/chat/conversations", "conversations"),
        (Method::GET, "/api/chat/conversations/cnv_1", "conversations"),
        (Method::PATCH, "/api/chat/conversations/cnv_1", "change-conversation"),
        (Method::POST, "/api/chat/conversations/cnv_1/messages/2/changes", "change-conversation"),
        (Method::POST, "/api/chat/conversations/cnv_1/desk", "change-conversation"),
        (Method::GET, "/api/chat/conversations/cnv_1/desk", "conversations"),
        (Method::GET, "/api/chat/conversations/cnv_1/messages", "conversations"),
        (Method::GET, "/api/chat/conversations/cnv_1/search", "conversations"),
        (Method::POST, "/api/chat/conversations/cnv_1/messages", "send-message"),
        (Method::POST, "/api/chat/conversations/cnv_1/read", "signals"),
        (Method::POST, "/api/chat/ticket", "conversations"),
        (Method::GET, "/api/chat/views", "desk"),
        (Method::GET, "/api/chat/admins", "desk"),
        (Method::GET, "/api/chat/tags", "desk"),
        (Method::POST, "/api/chat/tags", "desk"),
        (Method::PATCH, "/api/chat/tags/mfrggzdf", "desk"),
        (Method::DELETE, "/api/chat/tags/mfrggzdf", "desk"),
        (Method::GET, "/api/chat/canned-responses", "desk"),
        (Method::POST, "/api/chat/canned-responses", "desk"),
        (Method::PATCH, "/api/chat/canned-responses/mfrggzdf", "desk"),
        (Method::DELETE, "/api/chat/canned-responses/mfrggzdf", "desk"),
        (Method::GET, "/api/chat/sla", "desk"),
        (Method::PUT, "/api/chat/sla", "desk"),
        (Method::POST, "/api/chat/bulk", "desk"),
        (Method::DELETE, "/api/chat/users/anna/connections", "disconnect"),
        (Method::GET, "/api/health", "conversations"),
    ] {
        let request = reqwest::Client::new().request(method.clone(), format!("{}{path}", gateway.base_url()));
        let nobody = request.try_clone().unwrap().send().await.unwrap().status();
        assert_eq!(nobody == 200, path == "/api/health", "{method} {path} without a token: {nobody}");
        let response = request.header("Authorization", "Bearer x").send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), function, "{method} {path}");
    }
    let url = gateway.websocket_url().unwrap();
    assert_eq!(Client::connect(url, &[]).await.map(|_| ()), Err(401));
    let mut client = Client::connect(&format!("{url}?ticket=x"), &[]).await.unwrap();
    for (action, function) in
        [("send_message", "send-message"), ("change_message", "change-conversation"), ("ping", "signals")]
    {
        client.say(&json!({ "action": action }).to_string()).await;
        assert_eq!(client.next_text().await, function, "{action}");
    }
    // What these actions return is not sent, so the next frame is the answer to another one.
    for action in ["message_delivered", "message_read", "typing_start", "typing_stop"] {
        client.say(&json!({ "action": action }).to_string()).await;
        client.say(r#"{"action": "send_message"}"#).await;
        assert_eq!(client.next_text().await, "send-message", "{action}");
    }
}

#[tokio::test]
async fn every_function_of_the_system_gets_its_own_variables_only() {
    let seen = Arc::new(Mutex::new(BTreeMap::new()));
    let mut functions = Functions::new();
    for name in BINARIES {
        let seen = seen.clone();
        functions = functions.with(name, move |environment: &Environment, sdk: &SdkConfig| {
            let variables = VARIABLES.iter().filter_map(|variable| {
                let value = environment.optional(variable)?.to_owned();
                Some((*variable, value))
            });
            seen.lock().unwrap().insert(*name, variables.collect::<BTreeMap<_, _>>());
            answering(|_| async { Ok(Value::Null) })(environment, sdk)
        });
    }
    let mut settings = own_template();
    settings.parameters.insert("JwtIssuer".to_owned(), "https://login.example".to_owned());
    let gateway = local::start(settings, functions).await.unwrap();
    let (port, seen) = (gateway.address().port(), seen.lock().unwrap());
    let table = gateway.table().unwrap().to_owned();
    for name in BINARIES.iter().filter(|name| **name != "authorizer") {
        let url = format!("ws://127.0.0.1:{port}/prod");
        let mut expected =
            BTreeMap::from([("LOG_SAMPLING", "1".to_owned()), ("TABLE_NAME", table.clone()), ("WEBSOCKET_URL", url)]);
        if ["deadlines", "notify"].contains(name) {
            expected.insert("ARCHIVE_AFTER_DAYS", "30".to_owned());
        }
        if *name == "change-conversation" {
            expected.insert("EDIT_MINUTES", "15".to_owned());
        }
        if *name == "notify" {
            expected.remove("WEBSOCKET_URL");
        }
        assert_eq!(seen[name], expected, "{name}");
    }
    let expected = BTreeMap::from([
        ("ALLOWED_ORIGINS", format!("http://127.0.0.1:{port},http://localhost:{port}")),
        ("JWT_ISSUER", "https://login.example".to_owned()),
        ("JWT_SECRET_ID", "order-chat/jwt".to_owned()),
        ("LOG_SAMPLING", "1".to_owned()),
        ("TABLE_NAME", table),
    ]);
    assert_eq!(seen["authorizer"], expected);
    assert!(gateway.secret().len() >= 32);
}

/// The resolved environment of a function, given the rest of a template.
async fn resolved(variables: &str, rest: &str) -> Result<(Gateway, Value), StartupError> {
    let template = format!(
        r"
{rest}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: things
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{{ AttributeName: pk, AttributeType: S }}]
      KeySchema: [{{ AttributeName: pk, KeyType: HASH }}]
  Http:
    Type: AWS::Serverless::HttpApi
  Show:
    Type: AWS::Serverless::Function
    Metadata: {{ BuildMethod: rust-cargolambda, BuildProperties: {{ Binary: show }} }}
    Properties:
      CodeUri: .
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        Show: {{ Type: HttpApi, Properties: {{ ApiId: !Ref Http, Method: GET, Path: / }} }}
      Environment:
        Variables:
{variables}
"
    );
    let names: Vec<_> = variables.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect();
    let show = using(move |environment, _, _| {
        let values = names.iter().map(|name| (name.clone(), json!(environment.optional(name))));
        let values: Value = Value::Object(values.collect());
        async move { Ok(values) }
    });
    let mut settings = Settings::in_memory(Template::Text(template));
    settings.parameters.insert("Given".to_owned(), "given".to_owned());
    if !rest.contains("Given:") {
        settings.parameters.clear();
    }
    let gateway = local::start(settings, Functions::new().with("show", show)).await?;
    let values = reqwest::get(gateway.base_url()).await.unwrap().json().await.unwrap();
    Ok((gateway, values))
}

#[tokio::test]
async fn intrinsic_functions_work_as_on_aws() {
    let variables = r#"
          A: !Ref Table
          B: { Ref: Given }
          C: !GetAtt Table.Arn
          D: !Sub "${Given}-${Table.Arn}-${!Literal}-${AWS::Region}"
          E: !Sub ["${x}/${Given}", { x: !Ref Default }]
          F: !Join ["+", !Ref List]
          G: !If [IsGiven, "yes", "no"]
          H: !If [IsEmpty, "yes", "no"]
          J: { "Fn::GetAtt": [Http, ApiEndpoint] }
          K: 7
          L: !Join ["", !Split ["-", "a-b"]]"#;
    let rest = r#"
Parameters:
  Given: { Type: String }
  Default: { Type: Number, Default: 5 }
  List: { Type: CommaDelimitedList, Default: "a, b,c" }
Conditions:
  IsGiven: !Equals [!Ref Given, given]
  IsEmpty: !Not [!Condition IsGiven]"#;
    let (gateway, values) = resolved(variables, rest).await.unwrap();
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/things";
    let expected = json!({
        "A": "things",
        "B": "given",
        "C": arn,
        "D": format!("given-{arn}-${{Literal}}-us-east-1"),
        "E": "5/given",
        "F": "a+b+c",
        "G": "yes",
        "H": "no",
        "J": gateway.base_url(),
        "K": "7",
        "L": "ab",
    });
    assert_eq!(values, expected);
}

/// The error for a template that the gateway does not accept.
async fn refusal(template: String) -> String {
    let functions = stand_ins().with("echo", answering(|_| async { Ok(Value::Null) }));
    match local::start(Settings::in_memory(Template::Text(template)), functions).await {
        Ok(_) => panic!("it was served"),
        Err(refusal) => refusal.to_string(),
    }
}

#[tokio::test]
async fn unsupported_template_parts_are_refused_by_name() {
    let whole = || TestTemplate::new().function("echo").open("echo", "GET", "/").two_way("say", "echo").table().text();
    let (from, valid) = (|path: &str, value: Value| change(&whole(), path, value), whole());
    local::start(
        Settings::in_memory(Template::Text(valid)),
        Functions::new().with("echo", answering(|_| async { Ok(Value::Null) })),
    )
    .await
    .expect("the sketch itself is served");
    let function = "/Resources/FnEcho/Properties";
    for (template, place, reason) in [
        ("{".to_owned(), "YAML", ""),
        ("Resources: { X: !Cidr 1 }".to_owned(), "YAML", "!Cidr"),
        (from("/Mappings", json!({})), "Mappings", "does not support"),
        (from("/Resources/X", json!({ "Type": "AWS::Kinesis::Stream" })), "Resources.X", "AWS::Kinesis::Stream"),
        (from(&format!("{function}/Handler"), Value::Null), "FnEcho.Properties.Handler", "missing"),
        (from(&format!("{function}/Runtime"), json!("nodejs22.x")), "Runtime", "nodejs22.x"),
        (from(&format!("{function}/Layers"), json!([])), "Layers", "does not support"),
        (from(&format!("{function}/Timeout"), json!("soon")), "Timeout", "whole number"),
        (from(&format!("{function}/Policies"), json!("AdministratorAccess")), "Policies", ""),
        (from(&format!("{function}/Environment/Variables/X"), json!({ "Ref": "Nobody" })), "X", "Nobody"),
        (from(&format!("{function}/Environment/Variables/X"), json!({ "Fn::Cidr": [] })), "X", "Fn::Cidr"),
        (from(&format!("{function}/Events/Route0/Type"), json!("Schedule")), "Route0.Type", "Schedule"),
        (from(&format!("{function}/Events/Route0/Properties/Path"), json!("/a{b}")), "Path", "whole segment"),
        (from(&format!("{function}/Events/Route0/Properties/Auth/Authorizer"), json!("X")), "Authorizer", "no such"),
        (from("/Resources/FnEcho/Metadata/BuildProperties/Binary", json!("other")), "FnEcho", "no handler"),
        (from("/Resources/Http/Properties/Domain", json!({})), "Domain", "does not support"),
        (from("/Resources/Socket/Properties/ProtocolType", json!("HTTP")), "ProtocolType", "WEBSOCKET"),
        (from("/Resources/Stage/Properties/AutoDeploy", json!(false)), "AutoDeploy", ""),
        (from("/Resources/Route0/Properties/Target", json!("integrations/X")), "Target", "no such integration"),
        (from("/Resources/Response0", Value::Null), "Route0", "RouteResponse"),
        (from("/Resources/Permission0", Value::Null), "Route0", "AWS::Lambda::Permission"),
        (from("/Resources/Table/Properties/BillingMode", json!("PROVISIONED")), "BillingMode", "PAY_PER_REQUEST"),
        (from("/Resources/Table/Properties/KeySchema", json!([])), "order-chat-Table", ""),
        (
            from("/Resources/Table/Properties/StreamSpecification", json!({ "StreamViewType": "KEYS_ONLY" })),
            "StreamViewType",
            "KEYS_ONLY",
        ),
        (
            from(&format!("{function}/EventInvokeConfig"), json!({ "MaximumRetryAttempts": 2 })),
            "MaximumRetryAttempts",
            "only 0",
        ),
    ] {
        let said = refusal(template).await;
        assert!(said.contains(place) && said.contains(reason), "{said:?} names neither {place:?} nor {reason:?}");
        assert!(!said.contains('\n'), "{said:?} is more than a line");
    }
}

#[tokio::test]
async fn unsupported_streams_and_schedules_are_refused_by_name() {
    let streaming = || TestTemplate::new().stream("echo", json!({})).text();
    let mapping =
        |path: &str, value: Value| change(&streaming(), &format!("/Resources/Mapping/Properties/{path}"), value);
    let policy =
        |actions: Value| change(&streaming(), "/Resources/FnEcho/Properties/Policies/0/Statement/0/Action", actions);
    let filter = |pattern: &str| mapping("FilterCriteria", json!({ "Filters": [{ "Pattern": pattern }] }));
    let scheduled = |path: &str, value: Value| {
        let event = "/Resources/FnEcho/Properties/Events/Minute/Properties";
        change(&TestTemplate::new().scheduled("echo").text(), &format!("{event}/{path}"), value)
    };
    for (template, place, reason) in [
        (mapping("StartingPosition", json!("LATEST")), "StartingPosition", "LATEST"),
        (mapping("ParallelizationFactor", json!(2)), "ParallelizationFactor", "does not support"),
        (
            mapping("FunctionResponseTypes", json!(["ReportBatchItemFailures"])),
            "FunctionResponseTypes",
            "does not support",
        ),
        (mapping("FunctionName", json!("nobody")), "FunctionName", "no such function"),
        (mapping("EventSourceArn", json!("arn:aws:dynamodb:x")), "EventSourceArn", "no table with such a stream"),
        (mapping("DestinationConfig/OnFailure/Destination", json!("arn:aws:sqs:x")), "Destination", "no such queue"),
        (
            change(&streaming(), "/Resources/Table/Properties/StreamSpecification", Value::Null),
            "StreamArn",
            "no stream",
        ),
        (policy(json!(["dynamodb:GetRecords", "sqs:*"])), "EventSourceArn", "dynamodb:DescribeStream"),
        (policy(json!(["dynamodb:*"])), "DestinationConfig", "sqs:SendMessage"),
        (filter("{"), "Pattern", "JSON"),
        (filter(r#"{"eventName": [{"exists": true}]}"#), "Pattern", "exists"),
        (scheduled("ScheduleExpression", json!("cron(0 12 * * ? *)")), "ScheduleExpression", "cron"),
        (scheduled("RetryPolicy", Value::Null), "MaximumRetryAttempts", "only 0"),
        (scheduled("Input", json!("{}")), "Input", "does not support"),
    ] {
        let said = refusal(template).await;
        assert!(said.contains(place) && said.contains(reason), "{said:?} names neither {place:?} nor {reason:?}");
    }
}

#[tokio::test]
async fn a_parameter_needs_a_value_and_a_name() {
    let variable = "          A: !Ref Missing";
    let missing = resolved(variable, "Parameters: { Missing: { Type: String } }").await.unwrap_err().to_string();
    assert!(missing.contains("Parameters.Missing") && missing.contains("--parameter"), "{missing}");
    let mut settings = Settings::in_memory(Template::Text("Resources: {}".to_owned()));
    settings.parameters.insert("Unknown".to_owned(), String::new());
    let unknown = local::start(settings, Functions::new()).await.unwrap_err().to_string();
    assert!(unknown.contains("no parameter Unknown"), "{unknown}");
}

/// `template` with another value at a path. With `null` that part is removed.
fn change(template: &str, path: &str, value: Value) -> String {
    let mut document: Value = serde_json::from_str(template).unwrap();
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {path}")).as_object_mut().unwrap();
    match value {
        Value::Null => parent.remove(name),
        value => parent.insert(name.to_owned(), value),
    };
    document.to_string()
}
