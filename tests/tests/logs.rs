//! The logs of the functions during all kinds of operations and failures. They contain every
//! request that is to be written, and the metrics of all. They never contain a token, a ticket or the text of a message.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::mem::take;
use std::sync::{Arc, Mutex};

use domain::{OrderStatus, Role};
use protocol::{Code, MessageAnswer, OrderAnswer};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Outage, Shop, client_message_id, lamp};

/// Every text that a user writes in this test contains this word.
const WRITTEN: &str = "Xylophone";

/// Everything that was logged so far.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Returns and removes what was logged.
    fn take(&self) -> String {
        String::from_utf8(take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Texts that must not be in the log.
#[derive(Default)]
struct Secrets(BTreeSet<String>);

impl Secrets {
    /// A token and its parts. The first part is the same for all tokens and not secret.
    fn token(&mut self, token: &str) {
        self.0.insert(token.to_owned());
        self.0.extend(token.split('.').skip(1).map(str::to_owned));
    }
}

#[tokio::test]
async fn logs_have_every_request_and_no_message_text() {
    let captured = Captured::default();
    let writer = captured.clone();
    // The most detailed log level, which is more than on AWS.
    tracing::subscriber::set_global_default(runtime::log_to("trace", move || writer.clone())).unwrap();

    let outage = Outage::default();
    let shop = Shop::open_with(outage.settings()).await;
    let mut secrets = Secrets::default();
    secrets.0.extend([WRITTEN.to_owned(), shop.gateway().secret().clone()]);
    let placed = talk(&shop, &mut secrets).await;
    be_refused(&shop, &placed, &mut secrets).await;
    fail(&shop, &outage, &placed).await;
    shop.close().await;

    let text = captured.take();
    assert!(secrets.0.len() > 10);
    for secret in &secrets.0 {
        assert!(!text.contains(secret.as_str()), "the log has {secret}:\n{text}");
    }
    let (metrics, lines) = parsed(&text);
    every_request_is_found(&lines, &placed);
    every_request_is_counted(&metrics, &lines);

    of_many_successes_some_are_written(&captured).await;
}

/// The lines of metrics, and the other ones.
fn parsed(text: &str) -> (Vec<Value>, Vec<Value>) {
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines.partition(|line| line.get("_aws").is_some())
}

/// With `LogSampling` as on AWS: one in twenty requests that succeed, all others, and exact metrics.
async fn of_many_successes_some_are_written(captured: &Captured) {
    let mut settings = Shop::settings();
    settings.parameters.insert("LogSampling".to_owned(), "20".to_owned());
    let shop = Shop::open_with(settings).await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let messages = format!("/api/chat/conversations/{id}/messages");
    captured.take();
    for seq in 1..=80 {
        anna.read(&id, 1).await;
        if seq % 8 == 0 {
            anna.post(&messages, &json!({"body": WRITTEN})).await.refused(Code::InvalidRequest);
        }
    }
    shop.close().await;
    let text = captured.take();
    let (metrics, lines) = parsed(&text);
    let answers = |status: u64| {
        let answered = lines.iter().filter(|line| line["message"] == "answered" && line["status"] == status);
        answered.map(|line| line.to_string().len() + 1).collect::<Vec<_>>()
    };
    assert_eq!((answers(200).len(), answers(422).len()), (4, 10));
    let count = |name: &str| metrics.iter().filter_map(|line| line[name].as_u64()).sum::<u64>();
    // The order was counted too.
    assert_eq!((count("Requests"), count("Errors")), (91, 10));
    let largest = metrics.iter().map(|line| line.to_string().len() + 1).max().unwrap();
    println!("bytes of a line: {} for an answer, {largest} for metrics", answers(200)[0]);
}

/// All operations of two people without any failure.
async fn talk(shop: &Shop, secrets: &mut Secrets) -> OrderAnswer {
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    for user in [&anna, &ben] {
        secrets.token(user.token.as_deref().unwrap());
    }
    let mut order = lamp();
    order["note"] = format!("{WRITTEN}, please").into();
    let placed: OrderAnswer = anna.order_once("key", &order).await.expect(201);
    let id = &placed.conversation.id;

    let ticket = anna.ticket().await;
    secrets.0.insert(ticket.ticket.clone());
    let phone = tests::Client::open("anna", &ticket.url).await;
    phone.join(id).await;
    let desk = ben.connect_and_join(id).await;
    phone.type_in(id).await;
    phone.say(id, &format!("{WRITTEN}?")).await;
    let said = client_message_id();
    desk.send(id, said, &format!("{WRITTEN}!"), Some(1)).await.unwrap();
    desk.send(id, said, &format!("{WRITTEN}!"), Some(1)).await.unwrap();
    anna.post_message(id, client_message_id(), WRITTEN, Some(1)).await.expect::<MessageAnswer>(201);
    let edited = anna.edit(id, 2, &format!("{WRITTEN}!!")).await.change.seq;
    let edit = json!({"edit": {"body": format!("{WRITTEN}?!")}, "seenSeq": edited});
    desk.change(id, 3, client_message_id(), &edit).await.unwrap();
    phone.change(id, 3, client_message_id(), &json!({"react": {"emoji": "👍", "on": true}})).await.unwrap();
    let answer = json!({"clientMessageId": client_message_id(), "body": WRITTEN, "replyTo": 3});
    anna.post(&format!("/api/chat/conversations/{id}/messages"), &answer).await.expect::<MessageAnswer>(201);
    anna.delete(id, 4).await;
    ben.note(id, WRITTEN).await;
    assert_eq!(ben.desk_log(id, "").await.entries.len(), 1);
    phone.delivered(id, 2).await;
    phone.read(id, 3).await;
    ben.read(id, 4).await;
    ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
    ben.set_status(id, domain::ConversationStatus::Archived).await;
    assert!(anna.history(id, "").await.messages.len() > 3);
    for user in [&anna, &ben] {
        user.conversations("").await;
        user.stats().await;
    }
    // A closed connection whose row still exists. The next push finds out.
    let stale_connection = shop.add_stale_connection(&anna, id, 60_000).await;
    ben.say(id, WRITTEN).await;
    assert!(!stale_connection.is_remembered().await);
    phone.leave(id).await;
    phone.close().await;
    desk.drain().await;
    placed
}

/// Every kind of invalid request.
async fn be_refused(shop: &Shop, placed: &OrderAnswer, secrets: &mut Secrets) {
    let (anna, ben, id) = (shop.customer("anna"), shop.admin("ben"), &placed.conversation.id);
    let token = anna.token.clone().unwrap();
    let expired = shop.expiring("anna", Role::Customer, -10).token.unwrap();
    for bad in [format!("{token}x"), format!("{}.bm90aGluZ3JlYWw", &token[..token.len() - 16]), expired] {
        secrets.token(&bad);
        assert_eq!(anna.with_token(Some(&bad)).get("/api/sales/stats").await.status, 403);
    }
    let used = anna.ticket().await;
    tests::Client::open("anna", &used.url).await.close().await;
    let invented = used.url.replace(&used.ticket, "SW52ZW50ZWRJbnZlbnRlZEludmVudGVkSW52ZW50ZWQ");
    secrets.0.extend([used.ticket, "SW52ZW50ZWRJbnZlbnRlZEludmVudGVkSW52ZW50ZWQ".to_owned()]);
    for url in [&used.url, &invented] {
        assert!(tokio_tungstenite::connect_async(url.as_str()).await.is_err());
    }

    let messages = format!("/api/chat/conversations/{id}/messages");
    let long = WRITTEN.repeat(500);
    for (body, status) in [
        (format!("{{\"body\": {WRITTEN}"), 400),
        (json!({"body": WRITTEN}).to_string(), 422),
        (json!({"clientMessageId": WRITTEN, "body": WRITTEN}).to_string(), 422),
        (json!({"clientMessageId": client_message_id(), "body": {WRITTEN: WRITTEN}}).to_string(), 422),
        (json!({"clientMessageId": client_message_id(), "body": long}).to_string(), 422),
        (json!({"clientMessageId": client_message_id(), "body": WRITTEN.repeat(10_000)}).to_string(), 413),
    ] {
        assert_eq!(anna.call(Method::POST, &messages, &[], Some(body)).await.status, status);
    }
    for (change, status) in [
        (json!({"edit": {"body": {WRITTEN: WRITTEN}}}), 422),
        (json!({"edit": {"body": long}}), 422),
        (json!({"react": {"emoji": WRITTEN, "on": true}}), 422),
        (json!({"edit": {"body": WRITTEN}, "delete": {}}), 422),
        (json!({"edit": {"body": WRITTEN}}), 403),
    ] {
        assert_eq!(anna.post_change(id, 3, client_message_id(), &change).await.status, status, "{change}");
    }
    let edit = json!({"edit": {"body": WRITTEN}});
    assert_eq!(anna.post_change(id, 4, client_message_id(), &edit).await.status, 409);
    assert_eq!(anna.post_note(id, client_message_id(), WRITTEN, None).await.status, 403);
    assert_eq!(ben.post_note(id, client_message_id(), &long, None).await.status, 422);
    let late = json!({"clientMessageId": client_message_id(), "body": WRITTEN, "seenSeq": 1, "expectLast": true});
    assert_eq!(shop.admin("cleo").post(&messages, &late).await.status, 409);
    assert_eq!(anna.get(&format!("/api/chat/conversations/{WRITTEN}")).await.status, 404);
    assert_eq!(anna.get(&format!("/api/chat/conversations?cursor={WRITTEN}")).await.status, 400);
    assert_eq!(anna.order_once("key", &json!({"items": WRITTEN})).await.status, 422);
    assert_eq!(anna.order_once("key", &lamp()).await.status, 422);

    let phone = anna.connect().await;
    phone.refused(WRITTEN, json!({"body": WRITTEN}), Code::UnknownAction).await;
    phone.refused("send_message", json!({"conversationId": id, "body": WRITTEN}), Code::InvalidRequest).await;
    phone.refused("join_conversation", json!({"conversationId": WRITTEN}), Code::NotFound).await;
    let edit = json!({"conversationId": id, "seq": WRITTEN, "changeId": WRITTEN, "edit": {"body": WRITTEN}});
    phone.refused("change_message", edit, Code::InvalidRequest).await;
    phone.send_text(format!("{WRITTEN} is no JSON")).await;
    phone.drain().await;
    ben.set_status(id, domain::ConversationStatus::Closed).await;
    let closed = phone.send(id, client_message_id(), WRITTEN, Some(1)).await.unwrap_err();
    assert_eq!(closed.code, Code::ConversationClosed);
    ben.set_status(id, domain::ConversationStatus::Active).await;
}

/// A database that does not answer, and pushes that fail.
async fn fail(shop: &Shop, outage: &Outage, placed: &OrderAnswer) {
    let (anna, id) = (shop.customer("anna"), &placed.conversation.id);
    let phone = anna.connect().await;
    outage.begin(&["change-conversation", "send-message", "authorizer"]);
    let edit = json!({"edit": {"body": WRITTEN}});
    assert_eq!(anna.post_change(id, 2, client_message_id(), &edit).await.status, 500);
    let refused = phone.send(id, client_message_id(), WRITTEN, Some(1)).await.unwrap_err();
    assert_eq!(refused.code, Code::Internal);
    assert_eq!(anna.post_message(id, client_message_id(), WRITTEN, Some(1)).await.status, 500);
    let ticket = anna.ticket().await;
    assert!(tokio_tungstenite::connect_async(&ticket.url).await.is_err());
    outage.end();
    outage.begin_of_pushes();
    shop.admin("ben").say(id, WRITTEN).await;
    outage.end();
}

fn every_request_is_found(lines: &[Value], placed: &OrderAnswer) {
    let id = placed.conversation.id.to_string();
    let has = |line: &Value, names: &[&str]| {
        names.iter().all(|name| line["span"][name].as_str().is_some_and(|text| !text.is_empty()))
    };
    for line in lines {
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    let refused: Vec<_> = lines.iter().filter(|line| line["span"]["name"] == "authorizer").collect();
    for what in ["token refused", "ticket refused"] {
        assert!(refused.iter().any(|line| line["message"] == what), "{what}");
    }
    for line in refused {
        assert!(has(line, &["request_id", "invocation_id"]), "{line}");
        assert_eq!(has(line, &["connection_id"]), line["span"]["route"] == "$connect", "{line}");
    }
    let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert!(answered.len() > 50, "{}", answered.len());
    for line in &answered {
        assert!(has(line, &["request_id", "invocation_id", "route", "user_id"]), "{line}");
        assert!(line["status"].is_number(), "{line}");
        let connected = line["span"]["name"] == "websocket";
        assert_eq!(has(line, &["connection_id"]), connected, "{line}");
    }
    for route in [
        "POST /api/sales",
        "PATCH /api/sales/{orderId}/status",
        "GET /api/chat/conversations/{id}/messages",
        "POST /api/chat/conversations/{id}/messages",
        "POST /api/chat/conversations/{id}/messages/{seq}/changes",
        "PATCH /api/chat/conversations/{id}",
        "GET /api/chat/conversations/{id}/desk",
        "POST /api/chat/conversations/{id}/desk",
        "POST /api/chat/conversations/{id}/read",
        "send_message",
        "change_message",
        "message_read",
        "typing_start",
        "$default",
    ] {
        let named =
            answered.iter().any(|it| it["span"]["route"] == route && it["span"]["conversation_id"] == id.as_str());
        assert!(named, "no request of {route} names its conversation");
    }
    for route in ["$connect", "$disconnect"] {
        assert!(answered.iter().any(|line| line["span"]["route"] == route), "{route}");
    }
    // An internal error is logged with the ids of its request.
    let internal: Vec<_> = lines.iter().filter(|line| line["message"] == "internal error").collect();
    assert_eq!(internal.len(), 3, "{internal:?}");
    for line in internal {
        assert!(has(line, &["request_id", "invocation_id", "user_id", "conversation_id"]), "{line}");
        assert_eq!(line["level"], "ERROR");
    }
}

fn every_request_is_counted(metrics: &[Value], lines: &[Value]) {
    let answered = lines.iter().filter(|line| line["message"] == "answered").count();
    assert!(metrics.len() < answered, "{} lines of metrics for {answered} answers", metrics.len());
    let (mut sums, mut counted) = (BTreeMap::<String, u64>::new(), BTreeSet::new());
    for line in metrics {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            let by: BTreeSet<&str> =
                directive["Dimensions"][0].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
            for metric in directive["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap();
                *sums.entry(name.to_owned()).or_default() += line[name].as_u64().unwrap();
                counted.insert((directive["Namespace"].as_str().unwrap(), name, by.clone()));
            }
        }
    }
    let ours = tests::monitored_metrics::alarms().into_values().flatten().chain(tests::monitored_metrics::dashboard());
    let ours: Vec<_> = ours.filter(|metric| !metric.namespace.starts_with("AWS/")).collect();
    assert!(ours.len() > 8, "{ours:?}");
    for metric in &ours {
        let by = metric.dimensions.keys().map(String::as_str).collect();
        assert!(counted.contains(&(metric.namespace.as_str(), metric.name.as_str(), by)), "nobody counts {metric:?}");
    }
    assert_eq!(sums["Requests"], u64::try_from(answered).unwrap());
    // The authorizer writes no metrics.
    assert_eq!(sums["ColdStarts"], 8);
    assert!(sums["PushesOffered"] > sums["PushesGone"], "{sums:?}");
    assert!(sums["PushesGone"] >= 1 && sums["PushesFailed"] >= 1 && sums["LostRaces"] >= 2, "{sums:?}");
    let codes: BTreeSet<_> = metrics.iter().filter_map(|line| line["Code"].as_str()).collect();
    let expected = [
        "bad_request",
        "conversation_closed",
        "forbidden",
        "idempotency_mismatch",
        "internal",
        "invalid_cursor",
        "invalid_request",
        "not_changeable",
        "not_found",
        "overtaken",
        "payload_too_large",
        "unknown_action",
    ];
    assert_eq!(codes, BTreeSet::from(expected));
}
