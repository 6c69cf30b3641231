//! A local gateway with a template and functions of a test's own, to see what the gateway does around them.

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

/// Nothing that a test waits for takes this long, unless it never comes.
pub const TEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A template in the making: functions, and what leads to them.
#[derive(Clone, Debug, Default)]
pub struct TestTemplate {
    functions: Vec<(String, u64, Vec<String>)>,
    routes: Vec<(String, String, String, bool)>,
    frames: Vec<(String, String, bool)>,
    guard: Option<(String, u64)>,
    ticket: Option<String>,
    origin: Option<String>,
    table: bool,
}

impl TestTemplate {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A function, which may do everything, and is given up after three seconds.
    #[must_use]
    pub fn function(self, name: &str) -> Self {
        self.limited(name, 3, &["dynamodb:*", "execute-api:ManageConnections"])
    }

    /// A function with this timeout, which may do only this.
    #[must_use]
    pub fn limited(mut self, name: &str, seconds: u64, actions: &[&str]) -> Self {
        self.functions.push((name.to_owned(), seconds, actions.iter().map(ToString::to_string).collect()));
        self
    }

    /// A REST route that anybody may call.
    #[must_use]
    pub fn open(mut self, function: &str, method: &str, path: &str) -> Self {
        self.routes.push((function.to_owned(), method.to_owned(), path.to_owned(), false));
        self
    }

    /// A REST route behind the authorizer.
    #[must_use]
    pub fn guarded(mut self, function: &str, method: &str, path: &str) -> Self {
        self.routes.push((function.to_owned(), method.to_owned(), path.to_owned(), true));
        self
    }

    /// The authorizer of the HTTP API, on the header `Authorization`, remembered for so many seconds.
    #[must_use]
    pub fn guard(mut self, function: &str, seconds: u64) -> Self {
        self.guard = Some((function.to_owned(), seconds));
        self
    }

    /// The origin that may call the HTTP API from a browser.
    #[must_use]
    pub fn origin(mut self, origin: &str) -> Self {
        self.origin = Some(origin.to_owned());
        self
    }

    /// A WebSocket route whose function's body goes nowhere.
    #[must_use]
    pub fn one_way(mut self, key: &str, function: &str) -> Self {
        self.frames.push((key.to_owned(), function.to_owned(), false));
        self
    }

    /// A WebSocket route whose function's body goes back to the client.
    #[must_use]
    pub fn two_way(mut self, key: &str, function: &str) -> Self {
        self.frames.push((key.to_owned(), function.to_owned(), true));
        self
    }

    /// The authorizer of `$connect`, on the query parameter `ticket`.
    #[must_use]
    pub fn ticket(mut self, function: &str) -> Self {
        self.ticket = Some(function.to_owned());
        self
    }

    /// A table with the keys `pk` and `sk`, and the index `other` on `ok`.
    #[must_use]
    pub fn table(mut self) -> Self {
        self.table = true;
        self
    }

    /// The template.
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

    /// Starts it, with AWS's own timers.
    pub async fn start(&self, functions: Functions) -> Gateway {
        self.start_with(Timers::default(), functions).await
    }

    /// Starts it with other timers.
    pub async fn start_with(&self, timers: Timers, functions: Functions) -> Gateway {
        let settings = Settings { timers, ..self.settings() };
        local::start(settings, functions).await.expect("the gateway starts")
    }

    /// What it is started with.
    pub fn settings(&self) -> Settings {
        Settings::in_memory(Template::Text(self.text()))
    }
}

/// The name of a function in a sketched template.
fn logical(function: &str) -> String {
    let mut name = String::from("Fn");
    for part in function.split('-') {
        let _ = write!(name, "{}{}", part[..1].to_uppercase(), &part[1..]);
    }
    name
}

/// What a function's start gives the gateway.
pub type Started = Result<Function, StartError>;

/// A function that answers each event with what `answer` makes of it.
pub fn answering<F, A>(answer: F) -> impl Fn(&Environment, &SdkConfig) -> Started + Send + Sync + 'static
where
    F: Fn(Value) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Result<Value, Error>> + Send + 'static,
{
    using(move |_, _, event| answer(event.payload))
}

/// A function that sees its environment, its SDK and the whole event.
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

/// A function that always answers the same, and the events it receives.
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
    /// The next one.
    pub async fn next(&mut self) -> Value {
        let event = tokio::time::timeout(TEST_TIMEOUT, self.0.recv()).await;
        event.expect("the function is called soon").expect("the gateway runs")
    }

    /// Whether there is none so far.
    pub fn nothing(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

/// One frame of a message, the last of it or not, and marked as compressed or not.
pub fn frame(opcode: Data, last: bool, compressed: bool, payload: &[u8]) -> Message {
    let opcode = OpCode::Data(opcode);
    let header = FrameHeader { is_final: last, rsv1: compressed, opcode, ..FrameHeader::default() };
    Message::Frame(Frame::from_payload(header, payload.to_vec().into()))
}

/// One frame of a message in parts, of this many bytes.
pub fn part(opcode: Data, last: bool, length: usize) -> Message {
    frame(opcode, last, false, "x".repeat(length).as_bytes())
}

/// A client of the WebSocket API.
#[derive(Debug)]
pub struct Client(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    /// Connects, or tells the HTTP status that came instead.
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

    /// Connects without more ado.
    pub async fn open(gateway: &Gateway) -> Self {
        let url = gateway.websocket_url().expect("a WebSocket API");
        Self::connect(url, &[]).await.expect("a connection")
    }

    /// Sends a text frame.
    pub async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("the connection is open");
    }

    /// The next text frame.
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

    /// The next text frame as JSON.
    pub async fn next_json(&mut self) -> Value {
        serde_json::from_str(&self.next_text().await).expect("JSON")
    }

    /// The status code with which the gateway closes the connection, after any frames before.
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
