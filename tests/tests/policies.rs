//! Least privilege, measured: what each function really asked AWS for is what its policy in `template.yaml` allows.
//!
//! The local gateway refuses what a policy does not allow; here a policy must not allow what nothing needs.
#![expect(clippy::unwrap_used, reason = "what cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use domain::{ConversationStatus, OrderStatus};
use futures_util::future::join_all;
use protocol::OrderAnswer;
use serde_norway::Value;
use tests::{Meter, Shop, client_message_id, lamp};

type Actions = BTreeMap<String, BTreeSet<String>>;

#[tokio::test]
async fn every_policy_allows_what_is_needed_and_nothing_else() {
    let meter = Meter::default();
    let shop = Shop::open_with(meter.settings()).await;
    everything_once(&shop).await;
    let (mut made, mut of_index) = (Actions::new(), BTreeSet::new());
    for call in meter.take() {
        if call.of_index {
            of_index.insert(call.function.clone());
        }
        made.entry(call.function).or_default().extend(call.actions);
    }
    let allowed = allowed();
    assert_eq!(made.keys().collect::<Vec<_>>(), allowed.keys().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (function, actions) in &allowed {
        let needless: Vec<_> = actions.difference(&made[function]).collect();
        let missing: Vec<_> = made[function].difference(actions).collect();
        if !needless.is_empty() || !missing.is_empty() {
            wrong.push(format!("{function}: needless {needless:?}, missing {missing:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(of_index, allowed_an_index(), "an index is for those who query it");
}

/// Every operation, also where something is to be mended: dead connections, a message that did not reach the log.
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

    // Each kind of push finds a dead connection.
    shop.haunt(&anna, &id, 60_000).await;
    ben.say(&id, "send-message").await;
    shop.haunt(&anna, &id, 60_000).await;
    desk.type_in(&id).await;
    shop.haunt(&anna, &id, 60_000).await;
    ben.set_order_status(&order, OrderStatus::Confirmed).await;
    shop.haunt(&anna, &id, 60_000).await;
    ben.set_status(&id, ConversationStatus::Archived).await;
    shop.haunt(&anna, &id, 60_000).await;
    anna.order().await;
    let gone = |event: &protocol::Event| matches!(event, protocol::Event::Presence { online: false, .. });
    desk.join(&id).await;
    desk.drain().await;
    phone.close().await;
    desk.wait_for("her going", gone).await;
    shop.haunt(&ben, &id, 60_000).await;
    let phone = anna.connect().await;
    shop.haunt(&ben, &id, 60_000).await;
    desk.drain().await;
    phone.close().await;
    desk.wait_for("her going", gone).await;

    // Each that looks at a message which did not reach the log puts it there.
    for mended_by in ["history", "send", "status", "again"] {
        let message_id = client_message_id();
        let last = shop.without_log_entry(ben.post_message(&id, message_id, "lost?", None)).await;
        assert!([200, 201].contains(&last.status), "{last:?}");
        match mended_by {
            "history" => drop(anna.history(&id, "").await),
            "send" => drop(ben.say(&id, "after").await),
            "status" => drop(ben.set_order_status(&order, OrderStatus::Completed).await),
            _ => drop(ben.post_message(&id, message_id, "lost?", None).await),
        }
        let messages = anna.messages(&id).await;
        assert!(messages.iter().map(|it| it.seq).eq(1..=messages.len() as u64), "{mended_by}");
        assert!(messages.iter().any(|it| it.client_message_id == Some(message_id)), "{mended_by}");
    }
}

/// The actions of each function's policies, by its binary.
fn allowed() -> Actions {
    let statements = statements();
    let actions = |statement: &Value| match &statement["Action"] {
        Value::Sequence(actions) => actions.iter().map(text_of).collect(),
        one => vec![text_of(one)],
    };
    let of_function =
        |(binary, statements): (String, Vec<Value>)| (binary, statements.iter().flat_map(actions).collect());
    statements.into_iter().map(of_function).collect()
}

/// The functions whose policies name the table's indexes.
fn allowed_an_index() -> BTreeSet<String> {
    let names_one = |statement: &Value| serde_norway::to_string(&statement["Resource"]).unwrap().contains("/index/");
    let functions = statements().into_iter().filter(|(_, statements)| statements.iter().any(names_one));
    functions.map(|(binary, _)| binary).collect()
}

/// The statements of each function's policies, by its binary.
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

/// A statement, or those between which a condition chooses.
fn in_any_case(statement: &Value) -> Vec<&Value> {
    match statement {
        Value::Tagged(choice) if choice.tag == "If" => {
            choice.value.as_sequence().unwrap()[1..].iter().filter(|one| one.is_mapping()).collect()
        }
        statement => vec![statement],
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
