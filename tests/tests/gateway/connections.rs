//! `@connections` and DynamoDB of the local gateway, called through an SDK as functions do.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_apigatewaymanagement as management;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::HttpClient;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use local::{Functions, Gateway, Settings};
use runtime::SdkConfig;
use serde_json::{Value, json};
use tests::gateway::{Client, TestTemplate, answering, recording, using};
use tokio::sync::Notify;

/// The SDK client that a function of this stage would create.
fn connections(sdk: &SdkConfig, url: &str) -> management::Client {
    let endpoint = url.replacen("ws", "http", 1);
    let retries = management::config::retry::RetryConfig::disabled();
    let config = management::config::Builder::from(sdk).endpoint_url(endpoint).retry_config(retries);
    management::Client::from_conf(config.build())
}

fn connections_of(gateway: &Gateway) -> management::Client {
    connections(gateway.sdk(), gateway.websocket_url().unwrap())
}

/// A gateway on which a client learns its connection id by sending a frame.
async fn client_with_connection_id() -> (Gateway, Client, String) {
    let tell = answering(|event: Value| async move { Ok(json!({ "body": event["requestContext"]["connectionId"] })) });
    let template = TestTemplate::new().function("tell").two_way("$default", "tell");
    let gateway = template.start(Functions::new().with("tell", tell)).await;
    let mut client = Client::open(&gateway).await;
    client.say("who am I?").await;
    let id = client.next_text().await;
    (gateway, client, id)
}

/// The HTTP status of an SDK call.
fn status<T, E>(result: Result<T, management::error::SdkError<E>>) -> u16 {
    match result {
        Ok(_) => 200,
        Err(problem) => problem.raw_response().map_or(0, |response| response.status().as_u16()),
    }
}

#[tokio::test]
async fn a_post_is_a_frame() {
    let (gateway, mut client, id) = client_with_connection_id().await;
    let connections = connections_of(&gateway);
    for text in ["one", "two", "drei \u{1f600}"] {
        connections.post_to_connection().connection_id(&id).data(Blob::new(text)).send().await.unwrap();
        assert_eq!(client.next_text().await, text);
    }
}

#[tokio::test]
async fn a_connection_can_be_looked_at() {
    let (gateway, _client, id) = client_with_connection_id().await;
    let seen = connections_of(&gateway).get_connection().connection_id(&id).send().await.unwrap();
    assert_eq!(seen.identity().unwrap().source_ip(), Some("127.0.0.1"));
    assert!(seen.connected_at().unwrap() <= seen.last_active_at().unwrap());
}

#[tokio::test]
async fn a_deleted_connection_gets_its_queue_and_is_closed() {
    let (gateway, mut client, id) = client_with_connection_id().await;
    let connections = connections_of(&gateway);
    for n in 0..10 {
        connections.post_to_connection().connection_id(&id).data(Blob::new(format!("{n}"))).send().await.unwrap();
    }
    connections.delete_connection().connection_id(&id).send().await.unwrap();
    let post = connections.post_to_connection().connection_id(&id).data(Blob::new("late")).send().await;
    assert!(post.unwrap_err().into_service_error().is_gone_exception());
    assert_eq!(status(connections.get_connection().connection_id(&id).send().await), 410);
    assert_eq!(status(connections.delete_connection().connection_id(&id).send().await), 410);
    for n in 0..10 {
        assert_eq!(client.next_text().await, n.to_string());
    }
    assert_eq!(client.closed().await, 1000);
}

/// A client that disconnects during its handshake may still be admitted. Then its `$disconnect` is
/// called as for any other connection.
#[tokio::test]
async fn a_client_that_hangs_up_in_its_handshake_is_disconnected() {
    let (arrived, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let connect = {
        let (arrived, go_on) = (arrived.clone(), go_on.clone());
        answering(move |_| {
            let (arrived, go_on) = (arrived.clone(), go_on.clone());
            async move {
                arrived.notify_one();
                go_on.notified().await;
                Ok(json!({ "statusCode": 200 }))
            }
        })
    };
    let (mut ended, disconnect) = recording(json!({}));
    let template = TestTemplate::new().function("connect").function("disconnect");
    let template = template.one_way("$connect", "connect").one_way("$disconnect", "disconnect");
    let gateway = template.start(Functions::new().with("connect", connect).with("disconnect", disconnect)).await;
    let url = gateway.websocket_url().unwrap().to_owned();
    let client = tokio::spawn(async move { tokio_tungstenite::connect_async(url).await.map(drop) });
    arrived.notified().await;
    client.abort();
    client.await.unwrap_err();
    // After the server has answered another request on the same thread, it has noticed the
    // disconnect.
    reqwest::get(gateway.base_url()).await.unwrap();
    go_on.notify_one();
    assert_eq!(ended.next().await["requestContext"]["eventType"], "DISCONNECT");
}

#[tokio::test]
async fn a_connection_that_never_was_is_gone() {
    let (gateway, _client, _id) = client_with_connection_id().await;
    let post = connections_of(&gateway).post_to_connection().connection_id("TWegAcC4EowCHnA=").data(Blob::new("x"));
    assert!(post.send().await.unwrap_err().into_service_error().is_gone_exception());
}

#[tokio::test]
async fn a_post_carries_128_kilobytes() {
    let (gateway, mut client, id) = client_with_connection_id().await;
    let connections = connections_of(&gateway);
    let post =
        |length: usize| connections.post_to_connection().connection_id(&id).data(Blob::new("x".repeat(length))).send();
    post(128 * 1024).await.unwrap();
    assert_eq!(client.next_text().await.len(), 128 * 1024);
    assert!(post(128 * 1024 + 1).await.unwrap_err().into_service_error().is_payload_too_large_exception());
}

#[tokio::test]
async fn a_slow_client_is_refused_posts_and_delays_nobody() {
    let (gateway, _client, id) = client_with_connection_id().await;
    let connections = connections_of(&gateway);
    let mut posts = 0;
    let refused = loop {
        let frame = Blob::new("x".repeat(100 * 1024));
        match connections.post_to_connection().connection_id(&id).data(frame).send().await {
            Ok(_) => posts += 1,
            Err(problem) => break problem.into_service_error(),
        }
        assert!(posts < 1_000, "the queue has no end");
    };
    assert!(refused.is_limit_exceeded_exception(), "{refused}");
}

#[tokio::test]
async fn a_connection_does_not_exist_before_its_handshake_has_ended() {
    let connect = using(|environment, sdk, event| async move {
        let connections = connections(&sdk, environment.required("WEBSOCKET_URL")?);
        let id = event.payload["requestContext"]["connectionId"].as_str().unwrap_or_default();
        let post = connections.post_to_connection().connection_id(id).data(Blob::new("too early")).send().await;
        let status = post.map_or_else(|problem| problem.raw_response().map_or(0, |raw| raw.status().as_u16()), |_| 200);
        // The function returns what it saw to the test as the status of the handshake.
        Ok(json!({ "statusCode": if status == 410 { 200 } else { 418 } }))
    });
    let template = TestTemplate::new().function("connect").one_way("$connect", "connect");
    let gateway = template.start(Functions::new().with("connect", connect)).await;
    Client::connect(gateway.websocket_url().unwrap(), &[]).await.expect("the post was answered with 410");
}

#[tokio::test]
async fn no_other_connection_reaches_it_during_its_handshake() {
    let (sender, mut ids) = tokio::sync::mpsc::unbounded_channel();
    let go = Arc::new(tokio::sync::Notify::new());
    let release = go.clone();
    let connect = answering(move |event: Value| {
        let (sender, release) = (sender.clone(), release.clone());
        async move {
            sender.send(event["requestContext"]["connectionId"].as_str().unwrap_or_default().to_owned())?;
            release.notified().await;
            Ok(json!({ "statusCode": 200 }))
        }
    });
    let template = TestTemplate::new().function("connect").one_way("$connect", "connect");
    let gateway = template.start(Functions::new().with("connect", connect)).await;
    let post = async |id: &str| {
        status(connections_of(&gateway).post_to_connection().connection_id(id).data(Blob::new("x")).send().await)
    };
    let during = async {
        let id = ids.recv().await.unwrap();
        assert_eq!(post(&id).await, 410);
        go.notify_one();
        id
    };
    let (mut client, id) = tokio::join!(Client::open(&gateway), during);
    assert_eq!(post(&id).await, 200);
    assert_eq!(client.next_text().await, "x");
}

#[tokio::test]
async fn over_http_a_request_must_be_signed() {
    let (gateway, mut client, id) = client_with_connection_id().await;
    let url = format!("{}/live/@connections/{}", gateway.base_url(), id.replace('=', "%3D"));
    let post = |authorization: Option<&'static str>| {
        let request = reqwest::Client::new().post(&url).body("over HTTP");
        authorization.into_iter().fold(request, |request, value| request.header("Authorization", value)).send()
    };
    assert_eq!(post(None).await.unwrap().status(), 403);
    assert_eq!(post(Some("Bearer x")).await.unwrap().status(), 403);
    assert_eq!(post(Some("AWS4-HMAC-SHA256 Credential=x")).await.unwrap().status(), 200);
    assert_eq!(client.next_text().await, "over HTTP");
}

#[tokio::test]
async fn a_function_may_do_what_the_template_allows() {
    let act = using(|environment, sdk, event| async move {
        let table = environment.required("TABLE_NAME")?;
        let dynamodb = dynamodb::Client::new(&sdk);
        let key = || AttributeValue::S("k".to_owned());
        let outcome = match event.payload["requestContext"]["http"]["path"].as_str() {
            Some("/put") => {
                dynamodb.put_item().table_name(table).item("pk", key()).item("sk", key()).send().await.map(|_| ())?;
                "done".to_owned()
            }
            _ => match dynamodb.get_item().table_name(table).key("pk", key()).key("sk", key()).send().await {
                Ok(_) => "done".to_owned(),
                Err(problem) => problem.into_service_error().meta().code().unwrap_or_default().to_owned(),
            },
        };
        Ok(json!({ "outcome": outcome }))
    });
    let template = TestTemplate::new().limited("act", 3, &["dynamodb:PutItem"]).table();
    let template = template.open("act", "GET", "/put").open("act", "GET", "/get");
    let gateway = template.start(Functions::new().with("act", act)).await;
    let outcome = async |path: &str| {
        let response = reqwest::get(format!("{}{path}", gateway.base_url())).await.unwrap();
        response.json::<Value>().await.unwrap()["outcome"].clone()
    };
    assert_eq!(outcome("/put").await, "done");
    assert_eq!(outcome("/get").await, "AccessDeniedException");
}

#[tokio::test]
async fn the_table_of_the_template_is_there() {
    let gateway = TestTemplate::new().table().start(Functions::new()).await;
    let dynamodb = dynamodb::Client::new(gateway.sdk());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let table = gateway.table().unwrap();
    for n in 1..=3 {
        let put = dynamodb.put_item().table_name(table).item("pk", text("p")).item("sk", text(&n.to_string()));
        put.item("ok", text("other")).send().await.unwrap();
    }
    let again = dynamodb.put_item().table_name(table).item("pk", text("p")).item("sk", text("1"));
    let refused = again.condition_expression("attribute_not_exists(pk)").send().await.unwrap_err();
    assert!(refused.into_service_error().is_conditional_check_failed_exception());
    let query = dynamodb.query().table_name(table).key_condition_expression("pk = :p AND sk > :s");
    let found = query.expression_attribute_values(":p", text("p")).expression_attribute_values(":s", text("1"));
    assert_eq!(found.send().await.unwrap().count(), 2);
    let query = dynamodb.query().table_name(table).index_name("other").key_condition_expression("ok = :o");
    assert_eq!(query.expression_attribute_values(":o", text("other")).send().await.unwrap().count(), 3);
    let ttl = dynamodb.describe_time_to_live().table_name(table).send().await.unwrap();
    assert_eq!(ttl.time_to_live_description().unwrap().attribute_name(), Some("ttl"));
}

#[tokio::test]
async fn a_cancelled_transaction_says_why() {
    let gateway = TestTemplate::new().table().start(Functions::new()).await;
    let dynamodb = dynamodb::Client::new(gateway.sdk());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = |condition: &str| {
        let put = dynamodb::types::Put::builder().table_name(gateway.table().unwrap());
        let put = put.item("pk", text("p")).item("sk", text("s")).condition_expression(condition);
        dynamodb::types::TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    let write = |condition: &str| dynamodb.transact_write_items().transact_items(put(condition)).send();
    write("attribute_not_exists(pk)").await.unwrap();
    let refused = write("attribute_not_exists(pk)").await.unwrap_err().into_service_error();
    let dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(why) = refused
    else {
        panic!("{refused}")
    };
    assert_eq!(why.cancellation_reasons()[0].code(), Some("ConditionalCheckFailed"));
}

/// Counts the requests that pass through it.
#[derive(Debug)]
struct Counting(SharedHttpConnector, Arc<AtomicUsize>);

impl HttpConnector for Counting {
    fn call(&self, request: aws_smithy_runtime_api::client::orchestrator::HttpRequest) -> HttpConnectorFuture {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.call(request)
    }
}

#[tokio::test]
async fn a_test_can_intercept_requests_to_the_engine() {
    let reading = using(|environment, sdk, _| async move {
        let key = || AttributeValue::S("k".to_owned());
        let get = dynamodb::Client::new(&sdk).get_item().table_name(environment.required("TABLE_NAME")?);
        get.key("pk", key()).key("sk", key()).send().await?;
        Ok(json!({ "statusCode": 200 }))
    });
    let (requests, names) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (counted, wrapped) = (requests.clone(), names.clone());
    let template = TestTemplate::new().function("read").table().open("read", "GET", "/");
    let wrap: local::Wrap = Arc::new(move |name, client| {
        wrapped.lock().unwrap().push(name.to_owned());
        let requests = counted.clone();
        http_client_fn(move |settings, components| {
            SharedHttpConnector::new(Counting(client.http_connector(settings, components), requests.clone()))
        })
    });
    let settings = Settings { wrap: Some(wrap), ..template.settings() };
    let gateway = local::start(settings, Functions::new().with("read", reading)).await.unwrap();
    assert_eq!(reqwest::get(gateway.base_url()).await.unwrap().status(), 200);
    assert_eq!(*names.lock().unwrap(), ["read"]);
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_function_can_push_to_others_while_it_answers() {
    let (mut connects, connect) = recording(json!({ "statusCode": 200 }));
    let push = using(|environment, sdk, event| async move {
        let frame: Value = serde_json::from_str(event.payload["body"].as_str().unwrap_or_default())?;
        let connections = connections(&sdk, environment.required("WEBSOCKET_URL")?);
        let post = connections.post_to_connection().connection_id(frame["to"].as_str().unwrap_or_default());
        post.data(Blob::new("pushed")).send().await?;
        Ok(json!({ "body": "answered" }))
    });
    let template = TestTemplate::new().function("connect").function("push");
    let template = template.one_way("$connect", "connect").two_way("$default", "push");
    let gateway = template.start(Functions::new().with("connect", connect).with("push", push)).await;
    let mut one = Client::open(&gateway).await;
    let mut two = Client::open(&gateway).await;
    connects.next().await;
    let id = connects.next().await["requestContext"]["connectionId"].clone();
    one.say(&json!({ "to": id }).to_string()).await;
    assert_eq!(two.next_text().await, "pushed");
    assert_eq!(one.next_text().await, "answered");
}
