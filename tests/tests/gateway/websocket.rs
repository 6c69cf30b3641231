//! The WebSocket API of the local gateway, one documented behaviour in each test.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use local::{Functions, Timers};
use serde_json::{Value, json};
use tests::gateway::{Client, TEST_TIMEOUT, TestTemplate, answering, frame, part, recording};
use tokio::sync::Barrier;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data};
use tokio_tungstenite::tungstenite::{Error, Message};

/// A function that returns the body it received.
fn echo() -> Functions {
    let echo = answering(|event: Value| async move { Ok(json!({ "statusCode": 200, "body": event["body"] })) });
    Functions::new().with("echo", echo)
}

fn policy(effect: &str, context: &Value) -> Value {
    let statement = json!({ "Action": "execute-api:Invoke", "Effect": effect, "Resource": "*" });
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    json!({ "principalId": "me", "policyDocument": document, "context": context })
}

#[tokio::test]
async fn the_events_of_a_connection() {
    let (mut asked, guard) = recording(policy("Allow", &json!({ "who": "ada", "age": 36, "admin": true })));
    let (mut connects, connect) = recording(json!({ "statusCode": 200 }));
    let (mut frames, frame) = recording(json!({ "statusCode": 200 }));
    let (mut disconnects, disconnect) = recording(json!({ "statusCode": 200 }));
    let template = TestTemplate::new().function("guard").function("connect").function("frame").function("disconnect");
    let template = template.ticket("guard").one_way("$connect", "connect").one_way("$disconnect", "disconnect");
    let functions = Functions::new().with("guard", guard).with("connect", connect);
    let functions = functions.with("frame", frame).with("disconnect", disconnect);
    let gateway = template.one_way("$default", "frame").start(functions).await;

    let url = format!("{}?ticket=t1&x=a&x=b", gateway.websocket_url().unwrap());
    let mut client =
        Client::connect(&url, &[("Origin", "https://shop.example"), ("User-Agent", "test")]).await.unwrap();
    let question = asked.next().await;
    assert_eq!(question["type"], "REQUEST");
    assert!(question["methodArn"].as_str().unwrap().ends_with("/live/$connect"), "{}", question["methodArn"]);
    assert_eq!(question["queryStringParameters"]["ticket"], "t1");
    assert_eq!(question["requestContext"]["eventType"], "CONNECT");

    let event = connects.next().await;
    assert_eq!(event["headers"]["Origin"], "https://shop.example");
    assert_eq!(event["multiValueHeaders"]["Origin"], json!(["https://shop.example"]));
    assert_eq!(event["queryStringParameters"], json!({ "ticket": "t1", "x": "b" }));
    assert_eq!(event["multiValueQueryStringParameters"]["x"], json!(["a", "b"]));
    let context = &event["requestContext"];
    assert_eq!(context["routeKey"], "$connect");
    assert_eq!(context["eventType"], "CONNECT");
    assert_eq!(context["messageDirection"], "IN");
    assert_eq!(context["stage"], "live");
    assert_eq!(context["identity"], json!({ "sourceIp": "127.0.0.1", "userAgent": "test" }));
    for text in ["extendedRequestId", "requestId", "requestTime", "domainName", "connectionId", "apiId"] {
        assert!(context[text].as_str().is_some_and(|text| !text.is_empty()), "{text}");
    }
    for number in ["requestTimeEpoch", "connectedAt"] {
        assert!(context[number].as_i64().is_some_and(|ms| ms > 1_700_000_000_000), "{number}");
    }
    let id = context["connectionId"].as_str().unwrap();
    assert!(id.len() == 16 && id.ends_with('='), "{id}");

    client.say(r#"{"action":"anything"}"#).await;
    let event = frames.next().await;
    assert_eq!(event["body"], r#"{"action":"anything"}"#);
    assert_eq!(event["isBase64Encoded"], false);
    assert_eq!(event.get("headers"), None);
    let context = &event["requestContext"];
    assert_eq!(context["routeKey"], "$default");
    assert_eq!(context["eventType"], "MESSAGE");
    assert_eq!(context["connectionId"], id);
    assert!(context["messageId"].is_string());

    let goodbye = CloseFrame { code: CloseCode::Library(4000), reason: "enough".into() };
    client.0.close(Some(goodbye)).await.unwrap();
    let event = disconnects.next().await;
    let context = &event["requestContext"];
    assert_eq!(context["eventType"], "DISCONNECT");
    assert_eq!(context["disconnectStatusCode"], 4000);
    assert_eq!(context["disconnectReason"], "enough");
    assert_eq!(context["connectionId"], id);
    for (name, value) in [("who", "ada"), ("age", "36"), ("admin", "true"), ("principalId", "me")] {
        assert_eq!(context["authorizer"][name], value, "{name}");
    }
}

#[tokio::test]
async fn a_handshake_is_refused_with_a_status() {
    let guard = answering(|event: Value| async move {
        match event["queryStringParameters"]["ticket"].as_str() {
            Some("deny") => Ok(policy("Deny", &json!({}))),
            Some("odd") => Ok(json!({ "isAuthorized": true })),
            Some("fail") => Err("no".into()),
            Some(ticket) => Ok(policy("Allow", &json!({ "ticket": ticket }))),
            None => Err("asked about nobody".into()),
        }
    });
    let connect = answering(|event: Value| async move {
        match event["requestContext"]["authorizer"]["ticket"].as_str() {
            Some("full") => Ok(json!({ "statusCode": 429 })),
            Some("none") => Ok(json!({})),
            Some("crash") => Err("no".into()),
            _ => Ok(json!({ "statusCode": 200 })),
        }
    });
    let (mut disconnects, disconnect) = recording(Value::Null);
    let template = TestTemplate::new().function("guard").function("connect").function("disconnect").ticket("guard");
    let template = template.one_way("$connect", "connect").one_way("$disconnect", "disconnect");
    let functions = Functions::new().with("guard", guard).with("connect", connect).with("disconnect", disconnect);
    let gateway = template.start(functions).await;
    let connect = async |query: &str| {
        let url = format!("{}{query}", gateway.websocket_url().unwrap());
        Client::connect(&url, &[]).await.map(|_| ())
    };
    assert_eq!(connect("").await, Err(401));
    assert_eq!(connect("?ticket=").await, Err(401));
    assert_eq!(connect("?ticket=deny").await, Err(403));
    assert_eq!(connect("?ticket=odd").await, Err(500));
    assert_eq!(connect("?ticket=fail").await, Err(500));
    assert_eq!(connect("?ticket=full").await, Err(429));
    assert_eq!(connect("?ticket=none").await, Err(502));
    assert_eq!(connect("?ticket=crash").await, Err(502));
    assert!(disconnects.nothing(), "a connection that never was has ended");
    assert_eq!(connect("?ticket=fine").await, Ok(()));
}

#[tokio::test]
async fn requests_that_are_no_handshake_are_refused() {
    let gateway = TestTemplate::new().function("echo").two_way("$default", "echo").start(echo()).await;
    assert_eq!(reqwest::get(format!("{}/live", gateway.base_url())).await.unwrap().status(), 426);
}

#[tokio::test]
async fn the_action_selects_the_route() {
    let named = |name: &'static str| answering(move |_| async move { Ok(json!({ "body": name })) });
    let template = TestTemplate::new().function("one").function("rest").function("connect");
    let template = template.two_way("one", "one").two_way("$default", "rest").one_way("$connect", "connect");
    let functions = Functions::new().with("one", named("one")).with("rest", named("rest"));
    let (mut connects, connect) = recording(json!({ "statusCode": 200 }));
    let gateway = template.start(functions.with("connect", connect)).await;
    let mut client = Client::open(&gateway).await;
    connects.next().await;
    for (frame, route) in [
        (r#"{"action":"one"}"#, "one"),
        (r#"{"action":"One"}"#, "rest"),
        (r#"{"action":7}"#, "rest"),
        (r#"{"action":"$connect"}"#, "rest"),
        (r#"["one"]"#, "rest"),
        ("no JSON", "rest"),
        ("", "rest"),
    ] {
        client.say(frame).await;
        assert_eq!(client.next_text().await, route, "{frame}");
    }
    assert!(connects.nothing(), "a frame reached $connect");
}

#[tokio::test]
async fn a_frame_without_a_route_gets_an_error() {
    let gateway = TestTemplate::new().function("echo").two_way("say", "echo").start(echo()).await;
    let mut client = Client::open(&gateway).await;
    client.say("{}").await;
    let frame = client.next_json().await;
    assert_eq!(frame["message"], "Forbidden");
    assert!(frame["connectionId"].is_string() && frame["requestId"].is_string(), "{frame}");
    client.say(r#"{"action":"say"}"#).await;
    assert_eq!(client.next_text().await, r#"{"action":"say"}"#);
}

#[tokio::test]
async fn only_a_two_way_route_sends_the_body_back() {
    let template = TestTemplate::new().function("echo").function("mute").one_way("say", "echo").two_way("ask", "echo");
    let mute = answering(|_| async { Ok(json!({ "statusCode": 200 })) });
    let gateway = template.two_way("mute", "mute").start(echo().with("mute", mute)).await;
    let mut client = Client::open(&gateway).await;
    client.say(r#"{"action":"say"}"#).await;
    client.say(r#"{"action":"ask"}"#).await;
    assert_eq!(client.next_text().await, r#"{"action":"ask"}"#);
    client.say(r#"{"action":"mute"}"#).await;
    assert_eq!(client.next_text().await, "", "a two-way route without a body sends an empty frame");
}

#[tokio::test]
async fn a_failure_is_a_frame_and_the_connection_stays() {
    let fail = answering(|_| async { Err("no".into()) });
    let slow = answering(|_| std::future::pending());
    let template = TestTemplate::new().function("echo").function("fail").function("slow");
    let template = template.two_way("$default", "echo").one_way("fail", "fail").one_way("slow", "slow");
    let timers = Timers { websocket: Duration::from_millis(500), ..Timers::default() };
    let gateway = template.start_with(timers, echo().with("fail", fail).with("slow", slow)).await;
    let mut client = Client::open(&gateway).await;
    for (action, message) in [("fail", "Internal server error"), ("slow", "Endpoint request timed out")] {
        client.say(&json!({ "action": action }).to_string()).await;
        let frame = client.next_json().await;
        assert_eq!(frame["message"], message);
        assert!(frame["connectionId"].is_string() && frame["requestId"].is_string(), "{frame}");
    }
    client.say("still here").await;
    assert_eq!(client.next_text().await, "still here");
}

#[tokio::test]
async fn frames_of_one_connection_are_handled_at_the_same_time() {
    let both = Arc::new(Barrier::new(2));
    let meeting = answering(move |_| {
        let both = both.clone();
        async move {
            both.wait().await;
            Ok(json!({ "body": "met" }))
        }
    });
    let template = TestTemplate::new().function("meet").two_way("$default", "meet");
    let gateway = template.start(Functions::new().with("meet", meeting)).await;
    let mut client = Client::open(&gateway).await;
    client.say("1").await;
    client.say("2").await;
    assert_eq!((client.next_text().await, client.next_text().await), ("met".to_owned(), "met".to_owned()));
}

#[tokio::test]
async fn limits_of_frames_and_messages() {
    const FRAME: usize = 32 * 1024;
    let (mut disconnects, disconnect) = recording(Value::Null);
    let template = TestTemplate::new().function("echo").function("disconnect");
    let template = template.two_way("$default", "echo").one_way("$disconnect", "disconnect");
    let gateway = template.start(echo().with("disconnect", disconnect)).await;

    let mut client = Client::open(&gateway).await;
    client.say(&"x".repeat(FRAME)).await;
    assert_eq!(client.next_text().await.len(), FRAME);
    client.0.send(part(Data::Text, false, FRAME)).await.unwrap();
    for _ in 0..2 {
        client.0.send(part(Data::Continue, false, FRAME)).await.unwrap();
    }
    client.0.send(part(Data::Continue, true, FRAME)).await.unwrap();
    assert_eq!(client.next_text().await.len(), 4 * FRAME);

    client.say(&"x".repeat(FRAME + 1)).await;
    assert_eq!(client.closed().await, 1009);
    assert_eq!(disconnects.next().await["requestContext"]["disconnectStatusCode"], 1009);

    let mut client = Client::open(&gateway).await;
    client.0.send(part(Data::Text, false, FRAME)).await.unwrap();
    for _ in 0..3 {
        client.0.send(part(Data::Continue, false, FRAME)).await.unwrap();
    }
    client.0.send(part(Data::Continue, true, 1)).await.unwrap();
    assert_eq!(client.closed().await, 1009);
}

#[tokio::test]
async fn binary_frames_close_the_connection() {
    let gateway = TestTemplate::new().function("echo").two_way("$default", "echo").start(echo()).await;
    let mut client = Client::open(&gateway).await;
    client.0.send(Message::binary(&b"bytes"[..])).await.unwrap();
    assert_eq!(client.closed().await, 1003);

    let mut client = Client::open(&gateway).await;
    client.0.send(frame(Data::Text, true, false, b"\xff\xfe")).await.unwrap();
    assert_eq!(client.closed().await, 1007);
}

#[tokio::test]
async fn an_idle_connection_ends_and_data_keeps_it() {
    let (mut disconnects, disconnect) = recording(Value::Null);
    let template = TestTemplate::new().function("echo").function("disconnect");
    let template = template.two_way("$default", "echo").one_way("$disconnect", "disconnect");
    let timers = Timers { idle: Duration::from_millis(600), ..Timers::default() };
    let gateway = template.start_with(timers, echo().with("disconnect", disconnect)).await;
    let mut client = Client::open(&gateway).await;
    let opened = tokio::time::Instant::now();
    let mut beat = tokio::time::interval(Duration::from_millis(200));
    while opened.elapsed() < Duration::from_millis(1500) {
        beat.tick().await;
        client.say("here").await;
        assert_eq!(client.next_text().await, "here");
    }
    client.0.send(Message::Ping("no data".into())).await.unwrap();
    assert_eq!(client.closed().await, 1001);
    assert_eq!(disconnects.next().await["requestContext"]["disconnectStatusCode"], 1001);
}

#[tokio::test]
async fn an_old_connection_ends_however_busy() {
    let timers = Timers { lifetime: Duration::from_millis(500), ..Timers::default() };
    let gateway = TestTemplate::new().function("echo").two_way("$default", "echo").start_with(timers, echo()).await;
    let mut client = Client::open(&gateway).await;
    let busy = async {
        loop {
            if client.0.send(Message::text("busy")).await.is_err() {
                return None;
            }
            match client.0.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| u16::from(frame.code)),
                Some(Ok(_)) => {}
                Some(Err(Error::AlreadyClosed | Error::ConnectionClosed)) | None => return None,
                Some(Err(other)) => panic!("{other}"),
            }
        }
    };
    assert_eq!(tokio::time::timeout(TEST_TIMEOUT, busy).await.unwrap(), Some(1001));
}

#[tokio::test]
async fn a_client_that_vanishes_is_reported() {
    let (mut disconnects, disconnect) = recording(Value::Null);
    let template = TestTemplate::new().function("disconnect").one_way("$disconnect", "disconnect");
    let gateway = template.start(Functions::new().with("disconnect", disconnect)).await;
    drop(Client::open(&gateway).await);
    assert_eq!(disconnects.next().await["requestContext"]["disconnectStatusCode"], 1006);
}

#[tokio::test]
async fn a_gateway_that_stops_says_so_and_tells_its_functions() {
    let (mut disconnects, disconnect) = recording(Value::Null);
    let template = TestTemplate::new().function("disconnect").one_way("$disconnect", "disconnect");
    let gateway = template.start(Functions::new().with("disconnect", disconnect)).await;
    let mut client = Client::open(&gateway).await;
    let (code, ()) = tokio::join!(client.closed(), gateway.stop());
    assert_eq!(code, 1001);
    assert_eq!(disconnects.next().await["requestContext"]["disconnectStatusCode"], 1001);
}
