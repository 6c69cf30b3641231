//! A local gateway with a test's own template and functions, to test the gateway itself.

use std::fmt::Write as _;
use std::future::Future;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use local::{Functions, Gateway, Settings, Template, Timers};
use runtime::{Environment, Error, Function, LambdaEvent, SdkConfig, StartError};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The longest that a test waits for an event before it fails.
pub const TEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Builds a template: functions, and the routes to them.
#[derive(Clone, Debug, Default)]
pub struct TestTemplate {
    functions: Vec<(String, u64, Vec<String>)>,
    routes: Vec<(String, String, String, bool)>,
    frames: Vec<(String, String, bool)>,
    guard: Option<(String, u64)>,
    ticket: Option<String>,
    origin: Option<String>,
    table: bool,
    stream: Option<(String, Value)>,
    scheduled: Option<String>,
}

impl TestTemplate {
    /// An empty template.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a function with all permissions and a timeout of 3 seconds.
    #[must_use]
    pub fn function(self, name: &str) -> Self {
        self.limited(name, 3, &["dynamodb:*", "execute-api:ManageConnections"])
    }

    /// Adds a function with a timeout in seconds and only these permissions.
    #[must_use]
    pub fn limited(mut self, name: &str, seconds: u64, actions: &[&str]) -> Self {
        self.functions.push((name.to_owned(), seconds, actions.iter().map(ToString::to_string).collect()));
        self
    }

    /// Adds a REST route without an authorizer.
    #[must_use]
    pub fn open(mut self, function: &str, method: &str, path: &str) -> Self {
        self.routes.push((function.to_owned(), method.to_owned(), path.to_owned(), false));
        self
    }

    /// Adds a REST route with the authorizer.
    #[must_use]
    pub fn guarded(mut self, function: &str, method: &str, path: &str) -> Self {
        self.routes.push((function.to_owned(), method.to_owned(), path.to_owned(), true));
        self
    }

    /// Sets the authorizer of the HTTP API, on the header `Authorization`. Its answers are cached
    /// for `seconds`.
    #[must_use]
    pub fn guard(mut self, function: &str, seconds: u64) -> Self {
        self.guard = Some((function.to_owned(), seconds));
        self
    }

    /// Sets the origin that may call the HTTP API from a browser.
    #[must_use]
    pub fn origin(mut self, origin: &str) -> Self {
        self.origin = Some(origin.to_owned());
        self
    }

    /// Adds a WebSocket route without a route response: the function's body is dropped.
    #[must_use]
    pub fn one_way(mut self, key: &str, function: &str) -> Self {
        self.frames.push((key.to_owned(), function.to_owned(), false));
        self
    }

    /// Adds a WebSocket route with a route response: the function's body is sent to the client.
    #[must_use]
    pub fn two_way(mut self, key: &str, function: &str) -> Self {
        self.frames.push((key.to_owned(), function.to_owned(), true));
        self
    }

    /// Sets the authorizer of `$connect`, on the query parameter `ticket`.
    #[must_use]
    pub fn ticket(mut self, function: &str) -> Self {
        self.ticket = Some(function.to_owned());
        self
    }

    /// Adds a table with the keys `pk` and `sk`, and the index `other` on `ok`.
    #[must_use]
    pub fn table(mut self) -> Self {
        self.table = true;
        self
    }

    /// Lets the table's stream call a function that has all permissions. `mapping` has further
    /// properties of the event source mapping. The queue `order-chat-Failures` is told of batches that
    /// are given up.
    #[must_use]
    pub fn stream(mut self, function: &str, mapping: Value) -> Self {
        self.stream = Some((function.to_owned(), mapping));
        self.limited(function, 3, &["dynamodb:*", "sqs:SendMessage"]).table()
    }

    /// Adds a function that is called every minute.
    #[must_use]
    pub fn scheduled(mut self, function: &str) -> Self {
        self.scheduled = Some(function.to_owned());
        self.function(function)
    }

    /// The template as JSON.
    pub fn text(&self) -> String {
        let mut resources = json!({});
        for (name, seconds, actions) in &self.functions {
            resources[logical(name)] = self.function_resource(name, *seconds, actions);
        }
        if !self.routes.is_empty() {
            resources["Http"] = self.http_resource();
        }
        if !self.frames.is_empty() {
            self.websocket_resources(&mut resources);
        }
        if self.table {
            let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
            let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
            resources["Table"] = json!({ "Type": "AWS::DynamoDB::Table", "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [attribute("pk"), attribute("sk"), attribute("ok")],
                "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
                "TimeToLiveSpecification": { "AttributeName": "ttl", "Enabled": true },
                "GlobalSecondaryIndexes": [{
                    "IndexName": "other",
                    "KeySchema": [key("ok", "HASH")],
                    "Projection": { "ProjectionType": "KEYS_ONLY" },
                }],
            }});
        }
        if let Some((function, mapping)) = &self.stream {
            resources["Table"]["Properties"]["StreamSpecification"] = json!({ "StreamViewType": "NEW_AND_OLD_IMAGES" });
            resources["Failures"] = json!({ "Type": "AWS::SQS::Queue", "Properties": {} });
            let mut properties = json!({
                "FunctionName": { "Ref": logical(function) },
                "EventSourceArn": { "Fn::GetAtt": ["Table", "StreamArn"] },
                "StartingPosition": "TRIM_HORIZON",
                "DestinationConfig": { "OnFailure": { "Destination": { "Fn::GetAtt": ["Failures", "Arn"] } } },
            });
            properties.as_object_mut().unwrap().extend(mapping.as_object().unwrap().clone());
            resources["Mapping"] = json!({ "Type": "AWS::Lambda::EventSourceMapping", "Properties": properties });
        }
        json!({ "Transform": "AWS::Serverless-2016-10-31", "Resources": resources }).to_string()
    }

    fn function_resource(&self, name: &str, seconds: u64, actions: &[String]) -> Value {
        let mut variables = json!({ "NAME": name });
        if self.table {
            variables["TABLE_NAME"] = json!({ "Ref": "Table" });
        }
        if !self.frames.is_empty() {
            variables["WEBSOCKET_URL"] = json!({ "Fn::Sub": "${Socket.ApiEndpoint}/${Stage}" });
        }
        let mut events = json!({});
        for (n, (_, method, path, guarded)) in self.routes.iter().filter(|route| route.0 == name).enumerate() {
            let authorizer = if *guarded { "Guard" } else { "NONE" };
            events[format!("Route{n}")] = json!({ "Type": "HttpApi", "Properties": {
                "ApiId": { "Ref": "Http" }, "Method": method, "Path": path, "Auth": { "Authorizer": authorizer },
            }});
        }
        if self.scheduled.as_deref() == Some(name) {
            events["Minute"] = json!({ "Type": "ScheduleV2", "Properties": {
                "ScheduleExpression": "rate(1 minute)", "RetryPolicy": { "MaximumRetryAttempts": 0 },
            }});
        }
        let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        json!({
            "Type": "AWS::Serverless::Function",
            "Metadata": { "BuildMethod": "rust-cargolambda", "BuildProperties": { "Binary": name } },
            "Properties": {
                "CodeUri": ".", "Handler": "bootstrap", "Runtime": "provided.al2023", "Timeout": seconds,
                "Environment": { "Variables": variables },
                "Policies": [{ "Statement": [statement] }],
                "Events": events,
            },
        })
    }

    fn http_resource(&self) -> Value {
        let mut properties = json!({});
        if let Some((guard, seconds)) = &self.guard {
            properties["Auth"] = json!({ "Authorizers": { "Guard": {
                "FunctionArn": { "Fn::GetAtt": [logical(guard), "Arn"] },
                "AuthorizerPayloadFormatVersion": "2.0",
                "EnableSimpleResponses": true,
                "EnableFunctionDefaultPermissions": true,
                "Identity": { "Headers": ["Authorization"], "ReauthorizeEvery": seconds },
            }}});
        }
        if let Some(origin) = &self.origin {
            properties["CorsConfiguration"] = json!({
                "AllowOrigins": [origin], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["authorization"],
                "MaxAge": 60,
            });
        }
        json!({ "Type": "AWS::Serverless::HttpApi", "Properties": properties })
    }

    fn websocket_resources(&self, resources: &mut Value) {
        let api = json!({ "Ref": "Socket" });
        let uri = |function: &str| {
            let (prefix, arn) = ("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/", logical(function));
            json!({ "Fn::Sub": format!("{prefix}${{{arn}.Arn}}/invocations") })
        };
        let permission = |function: &str| {
            json!({ "Type": "AWS::Lambda::Permission", "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": { "Ref": logical(function) },
                "Principal": "apigateway.amazonaws.com",
            }})
        };
        resources["Socket"] = json!({ "Type": "AWS::ApiGatewayV2::Api", "Properties": {
            "Name": "socket", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action",
        }});
        resources["Stage"] = json!({ "Type": "AWS::ApiGatewayV2::Stage", "Properties": {
            "ApiId": api, "StageName": "live", "AutoDeploy": true,
        }});
        if let Some(ticket) = &self.ticket {
            resources["Ticket"] = json!({ "Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {
                "ApiId": api, "Name": "ticket", "AuthorizerType": "REQUEST", "AuthorizerUri": uri(ticket),
                "IdentitySource": ["route.request.querystring.ticket"],
            }});
            resources["TicketPermission"] = permission(ticket);
        }
        for (n, (key, function, two_way)) in self.frames.iter().enumerate() {
            let mut route = json!({
                "ApiId": api, "RouteKey": key, "Target": { "Fn::Sub": format!("integrations/${{Integration{n}}}") },
            });
            if key == "$connect" && self.ticket.is_some() {
                route["AuthorizationType"] = json!("CUSTOM");
                route["AuthorizerId"] = json!({ "Ref": "Ticket" });
            }
            if *two_way {
                route["RouteResponseSelectionExpression"] = json!("$default");
                resources[format!("Response{n}")] = json!({
                    "Type": "AWS::ApiGatewayV2::RouteResponse",
                    "Properties": {
                        "ApiId": api, "RouteId": { "Ref": format!("Route{n}") }, "RouteResponseKey": "$default",
                    },
                });
            }
            resources[format!("Route{n}")] = json!({ "Type": "AWS::ApiGatewayV2::Route", "Properties": route });
            resources[format!("Integration{n}")] = json!({
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": { "ApiId": api, "IntegrationType": "AWS_PROXY", "IntegrationUri": uri(function) },
            });
            resources[format!("Permission{n}")] = permission(function);
        }
    }

    /// Starts a gateway with this template and AWS's timers.
    pub async fn start(&self, functions: Functions) -> Gateway {
        self.start_with(Timers::default(), functions).await
    }

    /// Starts a gateway with this template and other timers.
    pub async fn start_with(&self, timers: Timers, functions: Functions) -> Gateway {
        let settings = Settings { timers, ..self.settings() };
        local::start(settings, functions).await.expect("the gateway starts")
    }

    /// The settings with which it is started.
    pub fn settings(&self) -> Settings {
        let triggers = self.stream.is_some() || self.scheduled.is_some();
        Settings { triggers, ..Settings::in_memory(Template::Text(self.text())) }
    }
}

/// The logical id of a function in the template.
fn logical(function: &str) -> String {
    let mut name = String::from("Fn");
    for part in function.split('-') {
        let _ = write!(name, "{}{}", part[..1].to_uppercase(), &part[1..]);
    }
    name
}

/// The result of a function's start.
pub type Started = Result<Function, StartError>;

/// A function that answers each event with the result of `answer`.
pub fn answering<F, A>(answer: F) -> impl Fn(&Environment, &SdkConfig) -> Started + Send + Sync + 'static
where
    F: Fn(Value) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Value, Error>> + Send + 'static,
{
    using(move |_, _, event| answer(event.payload))
}

/// A function whose answer depends on its environment, its SDK and the whole event.
pub fn using<F, A>(answer: F) -> impl Fn(&Environment, &SdkConfig) -> Started + Send + Sync + 'static
where
    F: Fn(Environment, SdkConfig, LambdaEvent<Value>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Value, Error>> + Send + 'static,
{
    move |environment, sdk| {
        let (answer, environment, sdk) = (answer.clone(), environment.clone(), sdk.clone());
        Ok(Function::new(move |event| answer(environment.clone(), sdk.clone(), event)))
    }
}

/// A function that always returns `answer`, and the events that it receives.
pub fn recording(
    answer: Value,
) -> (RecordedEvents, impl Fn(&Environment, &SdkConfig) -> Started + Send + Sync + 'static) {
    let (sender, seen) = unbounded_channel();
    let function = answering(move |event| {
        let (sender, answer) = (sender.clone(), answer.clone());
        async move {
            sender.send(event)?;
            Ok(answer)
        }
    });
    (RecordedEvents(seen), function)
}

/// The events that a function receives.
#[derive(Debug)]
pub struct RecordedEvents(UnboundedReceiver<Value>);

impl RecordedEvents {
    /// Waits for the next event.
    pub async fn next(&mut self) -> Value {
        let event = tokio::time::timeout(TEST_TIMEOUT, self.0.recv()).await;
        event.expect("the function is called soon").expect("the gateway runs")
    }

    /// Returns true if no event is waiting.
    pub fn nothing(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

/// One frame of a message: whether it is the last frame, and whether it is marked as compressed.
pub fn frame(opcode: Data, last: bool, compressed: bool, payload: &[u8]) -> Message {
    let opcode = OpCode::Data(opcode);
    let header = FrameHeader { is_final: last, rsv1: compressed, opcode, ..FrameHeader::default() };
    Message::Frame(Frame::from_payload(header, payload.to_vec().into()))
}

/// One frame of a fragmented message, with `length` bytes.
pub fn part(opcode: Data, last: bool, length: usize) -> Message {
    frame(opcode, last, false, "x".repeat(length).as_bytes())
}

/// A client of the WebSocket API.
#[derive(Debug)]
pub struct Client(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    /// Connects. The error is the HTTP status that refused the handshake.
    pub async fn connect(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = url.into_client_request().expect("a URL");
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().expect("a header"));
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("no handshake: {other}"),
        }
    }

    /// Connects to a gateway without authorizer.
    pub async fn open(gateway: &Gateway) -> Self {
        let url = gateway.websocket_url().expect("a WebSocket API");
        Self::connect(url, &[]).await.expect("a connection")
    }

    /// Sends a text frame.
    pub async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("the connection is open");
    }

    /// Waits for the next text frame.
    pub async fn next_text(&mut self) -> String {
        loop {
            let frame = tokio::time::timeout(TEST_TIMEOUT, self.0.next()).await.expect("a frame comes soon");
            match frame.expect("the connection is open").expect("the connection works") {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("not a text frame: {other:?}"),
            }
        }
    }

    /// Waits for the next text frame and parses it as JSON.
    pub async fn next_json(&mut self) -> Value {
        serde_json::from_str(&self.next_text().await).expect("JSON")
    }

    /// Waits for the end of the connection and returns its close code; 1005 without a code, 1006
    /// without a close frame.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match tokio::time::timeout(TEST_TIMEOUT, self.0.next()).await.expect("the connection ends soon") {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Close(None))) => return 1005,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    }
}
