//! Least privilege: the policy of each function in `template.yaml` allows exactly what the function
//! requests from AWS.
//!
//! The local gateway refuses requests that a policy does not allow. This test checks that no policy
//! allows more than is used.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use domain::{ConversationId, ConversationStatus, Emoji, OrderId, OrderStatus, Role};
use futures_util::future::join_all;
use local::Settings;
use protocol::{Code, MessageAnswer, OrderAnswer, TagAnswer};
use reqwest::Method;
use serde_json::json;
use serde_norway::Value;
use tests::{Client, Meter, Need, Shop, User, client_message_id, lamp, now_millis};

/// The requests that each function may make, or made, by its binary.
type Needs = BTreeMap<String, BTreeSet<Need>>;

/// Compares the allowed pairs of action and resource with the requested ones. So the test fails if
/// an allowed pair is never requested, and if a requested pair is not allowed.
#[tokio::test]
async fn every_policy_allows_what_is_needed_and_nothing_else() {
    let meter = Meter::default();
    let shop = Shop::open_with(Settings { triggers: true, ..meter.settings() }).await;
    everything_once(&shop).await;
    let mut made = Needs::new();
    made.insert("notify".to_owned(), of_the_stream());
    for call in meter.take() {
        made.entry(call.function).or_default().extend(call.needs);
    }
    let allowed = allowed();
    assert_eq!(made.keys().collect::<Vec<_>>(), allowed.keys().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (function, allowed) in &allowed {
        let needless: Vec<_> = allowed.difference(&made[function]).collect();
        let missing: Vec<_> = made[function].difference(allowed).collect();
        if !needless.is_empty() || !missing.is_empty() {
            wrong.push(format!("{function}: needless {needless:?}, missing {missing:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Runs every operation, including repairs: dead connections, and a message whose log entry is
/// missing.
async fn everything_once(shop: &Shop) {
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed: OrderAnswer = anna.order_once("key", &lamp()).await.expect(201);
    anna.order_once("key", &lamp()).await.ok::<OrderAnswer>();
    let (order, id) = (placed.order.id, placed.conversation.id);
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);

    for seen in [Some(1), Some(1), None] {
        let message_id = client_message_id();
        phone.send(&id, message_id, "hi", seen).await.unwrap();
        anna.post_message(&id, message_id, "hi", seen).await;
        phone.send(&id, message_id, "hi", seen).await.unwrap();
    }
    join_all((0..6).map(|n| {
        let admin = shop.admin(&format!("admin{n}"));
        let id = &id;
        async move { admin.post_message(id, client_message_id(), "hi", Some(1)).await }
    }))
    .await;
    change_everything(&anna, &ben, &phone, &id).await;
    use_the_desk(shop, &ben, &anna.order().await.conversation.id).await;
    let as_of = anna.conversations("limit=1").await.as_of;
    for client in [&phone, &desk] {
        client.has_changed(as_of).await;
    }
    phone.type_in(&id).await;
    phone.delivered(&id, 2).await;
    phone.read(&id, 3).await;
    anna.read(&id, 4).await;
    anna.read(&id, 1).await;
    phone.leave(&id).await;
    for user in [&anna, &ben] {
        user.stats().await;
        user.sale(&order).await;
        user.conversation(&id).await;
        user.conversations("").await;
        user.conversations("status=active&limit=1").await;
        user.history(&id, "").await;
        user.history(&id, "before=3").await;
        user.history(&id, "after=3").await;
    }
    anna.get("/api/sales/my-orders").await;
    for (n, status) in ConversationStatus::ALL.into_iter().cycle().take(4).enumerate() {
        ben.set_status(&id, status).await;
        if n == 1 {
            ben.say(&id, "wake up").await;
        }
    }

    // Each kind of push meets a dead connection once.
    shop.add_stale_connection(&anna, &id, 60_000).await;
    ben.say(&id, "send-message").await;
    shop.add_stale_connection(&anna, &id, 60_000).await;
    desk.type_in(&id).await;
    shop.add_stale_connection(&anna, &id, 60_000).await;
    ben.set_order_status(&order, OrderStatus::Confirmed).await;
    shop.add_stale_connection(&anna, &id, 60_000).await;
    ben.set_status(&id, ConversationStatus::Archived).await;
    shop.add_stale_connection(&anna, &id, 60_000).await;
    anna.order().await;
    let gone = |event: &protocol::Event| matches!(event, protocol::Event::Presence { online: false, .. });
    desk.join(&id).await;
    desk.drain().await;
    phone.close().await;
    desk.wait_for("her going", gone).await;
    shop.add_stale_connection(&ben, &id, 60_000).await;
    let phone = anna.connect().await;
    shop.add_stale_connection(&ben, &id, 60_000).await;
    desk.drain().await;
    phone.close().await;
    desk.wait_for("her going", gone).await;

    mend_the_log(shop, &anna, &ben, &order, &id).await;

    // What is due later: the stream tells, the list is filled with what was there before, and a run
    // meets a dead connection.
    shop.wait_until_due(&id).await;
    ben.set_status(&id, ConversationStatus::Active).await;
    shop.sweep().await;
    shop.let_days_pass(31).await;
    shop.add_stale_connection(&anna, &id, 60_000).await;
    shop.sweep().await;
    assert_eq!(anna.conversation(&id).await.status, ConversationStatus::Archived);

    // Connections are closed when their token has expired, and when an admin closes them.
    let expires = now_millis() / 1000 + 6;
    let passing = shop.expiring("anna", Role::Customer, 6);
    let (writes, changes, signals) = (passing.connect().await, passing.connect().await, passing.connect().await);
    while now_millis() / 1000 <= expires {
        writes.ping().await;
    }
    let fields = json!({ "conversationId": id, "clientMessageId": client_message_id(), "body": "hi" });
    writes.refused("send_message", fields, Code::TokenExpired).await;
    let fields = json!({ "conversationId": id, "seq": 2, "changeId": client_message_id(), "delete": {} });
    changes.refused("change_message", fields, Code::TokenExpired).await;
    signals.refused("join_conversation", json!({ "conversationId": id }), Code::TokenExpired).await;
    let phone = anna.connect().await;
    let out = ben.call(Method::DELETE, "/api/chat/users/anna/connections", &[], None).await;
    assert_eq!(out.status, 200);
    for closed in [writes, changes, signals, phone] {
        closed.closed().await;
    }
}

/// Each operation that finds a missing log entry writes it. Before a change's entry comes the change
/// of its message.
async fn mend_the_log(shop: &Shop, anna: &User, ben: &User, order: &OrderId, id: &ConversationId) {
    for mended_by in ["history", "send", "status", "change", "again"] {
        let (change_id, react) = (client_message_id(), json!({ "react": { "emoji": "👍", "on": true } }));
        let last = shop.without_log_entry(ben.post_change(id, 2, change_id, &react)).await;
        assert_eq!(last.status, 201, "{last:?}");
        match mended_by {
            "history" => drop(anna.history(id, "").await),
            "send" => drop(ben.say(id, "after").await),
            "status" => drop(ben.set_order_status(order, OrderStatus::Confirmed).await),
            "change" => drop(ben.set_status(id, ConversationStatus::Active).await),
            _ => drop(ben.post_change(id, 2, change_id, &react).await),
        }
        let log = anna.log_after(id, 0).await;
        assert_eq!((log.messages.len() + log.changes.len()) as u64, log.last_seq, "{mended_by}");
        assert!(log.changes.iter().any(|it| it.change_id == change_id), "{mended_by}");
    }
    for mended_by in ["history", "send", "status", "again"] {
        let message_id = client_message_id();
        let last = shop.without_log_entry(ben.post_message(id, message_id, "lost?", None)).await;
        assert!([200, 201].contains(&last.status), "{last:?}");
        match mended_by {
            "history" => drop(anna.history(id, "").await),
            "send" => drop(ben.say(id, "after").await),
            "status" => drop(ben.set_order_status(order, OrderStatus::Completed).await),
            _ => drop(ben.post_message(id, message_id, "lost?", None).await),
        }
        let log = anna.log_after(id, 0).await;
        assert_eq!((log.messages.len() + log.changes.len()) as u64, log.last_seq, "{mended_by}");
        assert!(log.messages.iter().any(|it| it.client_message_id == Some(message_id)), "{mended_by}");
    }
}

/// Every change, repeated and at the same time as others, and notes.
async fn change_everything(anna: &User, ben: &User, phone: &Client, id: &ConversationId) {
    for change in [
        json!({ "edit": { "body": "hello" } }),
        json!({ "react": { "emoji": "👍", "on": true } }),
        json!({ "delete": {} }),
    ] {
        let change_id = client_message_id();
        phone.change(id, 3, change_id, &change).await.unwrap();
        anna.post_change(id, 3, change_id, &change).await;
    }
    join_all([&anna, &ben].map(|user| user.react(id, 2, Emoji::Heart, true))).await;
    let reply = json!({ "clientMessageId": client_message_id(), "body": "hi", "replyTo": 2 });
    anna.post(&format!("/api/chat/conversations/{id}/messages"), &reply).await.expect::<MessageAnswer>(201);
    // The page refers to a message that it does not have.
    ben.react(id, 2, Emoji::Heart, false).await;
    assert_eq!(anna.history(id, "limit=1").await.others.len(), 1);
    let note_id = client_message_id();
    for _ in 0..2 {
        ben.post_note(id, note_id, "a note", Some(0)).await;
    }
    assert_eq!(ben.desk_log(id, "").await.entries.len(), 1);
}

/// What the shop decides and sets: tags, canned responses, the SLA, and the same for many conversations.
/// Some pushes meet a dead connection.
async fn use_the_desk(shop: &Shop, ben: &User, id: &ConversationId) {
    let tag: TagAnswer = ben.post("/api/chat/tags", &json!({ "name": "New", "color": "red" })).await.expect(201);
    let tag = tag.tag.id;
    shop.add_stale_connection(ben, id, 60_000).await;
    ben.patch(&format!("/api/chat/tags/{tag}"), &json!({ "name": "Newer", "color": "red" })).await;
    let response = json!({ "shortcut": "hi", "title": "Hi", "body": "Hi" });
    ben.post("/api/chat/canned-responses", &response).await;
    ben.put("/api/chat/sla", &json!({ "policy": { "targets": { "none": { "nextResponseMinutes": 5 } } } })).await;
    for path in ["tags", "canned-responses", "sla", "admins", "views"] {
        assert_eq!(ben.get(&format!("/api/chat/{path}")).await.status, 200, "{path}");
    }
    for query in ["assignee=none", "snoozed=true", &format!("tag={tag}")] {
        ben.conversations(query).await;
    }
    for action in [
        json!({ "assign": { "to": ben.id } }),
        json!({ "tag": { "add": [tag] } }),
        json!({ "prioritize": { "to": "urgent" } }),
        json!({ "snooze": { "until": "2027-01-01T00:00:00Z" } }),
        json!({ "message": { "body": "To all" } }),
        json!({ "orderStatus": { "to": "confirmed" } }),
        json!({ "status": { "to": "active" } }),
    ] {
        let request = json!({ "id": client_message_id(), "conversationIds": [id], "do": action });
        for _ in 0..2 {
            assert_eq!(ben.post("/api/chat/bulk", &request).await.status, 200, "{action}");
        }
        if action.get("message").is_none() && action.get("status").is_none() && action.get("orderStatus").is_none() {
            ben.post_desk(id, &action).await;
        }
    }
    ben.at_desk(id, json!({ "wake": {} })).await;
    ben.call(Method::DELETE, &format!("/api/chat/tags/{tag}"), &[], None).await;
}

/// What Lambda does on behalf of the function that the table's stream calls. The local gateway refuses
/// a template that does not allow it.
fn of_the_stream() -> BTreeSet<Need> {
    let reads = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];
    let reads = reads.map(|name| (format!("dynamodb:{name}"), "stream".to_owned()));
    reads.into_iter().chain([("sqs:SendMessage".to_owned(), "failures".to_owned())]).collect()
}

/// The permissions in each function's policies.
fn allowed() -> Needs {
    let pairs = |statement: &Value| {
        let resources: Vec<_> = list(&statement["Resource"]).into_iter().map(resource).collect();
        let pairs = |action: &Value| {
            let action = action.as_str().unwrap().to_owned();
            resources.iter().map(move |resource| (action.clone(), resource.clone())).collect::<Vec<_>>()
        };
        list(&statement["Action"]).into_iter().flat_map(pairs).collect::<Vec<_>>()
    };
    let of_function =
        |(binary, statements): (String, Vec<Value>)| (binary, statements.iter().flat_map(pairs).collect());
    statements().into_iter().map(of_function).collect()
}

/// A short name for a policy's resource. Panics if the resource is not exactly one of this stack.
fn resource(resource: &Value) -> String {
    const ARN: [&str; 2] = ["arn:${AWS::Partition}:", ":${AWS::Region}:${AWS::AccountId}:"];
    let Value::Tagged(function) = resource else { panic!("{resource:?} is written out") };
    let text = function.value.as_str().unwrap();
    if function.tag == "GetAtt" && text == "Table.Arn" {
        return "table".to_owned();
    }
    if function.tag == "GetAtt" && text == "Table.StreamArn" {
        return "stream".to_owned();
    }
    if function.tag == "GetAtt" && text == "NotifyFailures.Arn" {
        return "failures".to_owned();
    }
    let within = |service: &str, before: &str| text.strip_prefix(&format!("{}{service}{}{before}", ARN[0], ARN[1]));
    let index = text.strip_prefix("${Table.Arn}/").filter(|index| !index.contains('*'));
    // Secrets Manager adds a hyphen and six characters to the name.
    let secret =
        within("secretsmanager", "secret:").filter(|name| *name == "${JwtSecretName}-??????").map(|_| "secret");
    let push =
        within("execute-api", "${WebSocketApi}/${WebSocketStage}/").and_then(|it| it.strip_suffix("/@connections/*"));
    index.or(secret).or(push).unwrap_or_else(|| panic!("{text} is none that a function may touch")).to_owned()
}

/// A list. A single value counts as a list of one.
fn list(value: &Value) -> Vec<&Value> {
    value.as_sequence().map_or_else(|| vec![value], |list| list.iter().collect())
}

/// The statements of each function's policies, by binary.
fn statements() -> BTreeMap<String, Vec<Value>> {
    let text = std::fs::read_to_string(Shop::root().join("template.yaml")).unwrap();
    let template: Value = serde_norway::from_str(&text).unwrap();
    let resources = template["Resources"].as_mapping().unwrap();
    let functions = resources.values().filter(|it| it["Type"] == "AWS::Serverless::Function");
    functions
        .map(|function| {
            let binary = function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap().to_owned();
            let statements = function["Properties"]["Policies"].as_sequence().unwrap().iter();
            let statements = statements.flat_map(|policy| policy["Statement"].as_sequence().unwrap());
            (binary, statements.flat_map(in_any_case).cloned().collect())
        })
        .collect()
}

/// The statement, or both alternatives of an `If`.
fn in_any_case(statement: &Value) -> Vec<&Value> {
    match statement {
        Value::Tagged(choice) if choice.tag == "If" => {
            choice.value.as_sequence().unwrap()[1..].iter().filter(|one| one.is_mapping()).collect()
        }
        statement => vec![statement],
    }
}
