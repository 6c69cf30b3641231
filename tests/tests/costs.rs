//! What an operation costs, against the budget in `ARCHITECTURE.md`: how deep, how many units.
//!
//! `cargo test -p tests --test costs -- --nocapture` prints the table.
#![allow(clippy::unwrap_used, reason = "what cannot go on has failed")]

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::OrderStatus;
use futures_util::future::join_all;
use protocol::OrderAnswer;
use serde_json::{Value, json};
use tests::{Call, Cost, Meter, Shop, client_message_id, lamp, now_millis};

/// What an operation may cost; `None` is as the items need.
struct Budget {
    depth: usize,
    write: Option<f64>,
    read: f64,
}

const fn at_most(depth: usize, write: f64, read: f64) -> Budget {
    Budget { depth, write: Some(write), read }
}

/// Measured operations, and those among them that cost too much.
#[derive(Default)]
struct Bill {
    lines: Vec<String>,
    over: Vec<String>,
}

impl Bill {
    /// An operation with a budget.
    fn within(&mut self, meter: &Meter, operation: &str, budget: &Budget) {
        let calls = meter.take();
        let cost = self.line(operation, &calls);
        let Budget { depth, write, read } = budget;
        if cost.depth > *depth || write.is_some_and(|write| cost.write > write) || cost.read > *read {
            let requests: Vec<_> =
                calls.iter().filter_map(|it| it.operation.as_ref().map(|name| (name, it.read + it.write))).collect();
            self.over.push(format!(
                "{operation}: {cost:?}, allowed: depth {depth}, write {write:?}, read {read}: {requests:?}"
            ));
        }
    }

    /// An operation without one, to be read.
    fn note(&mut self, meter: &Meter, operation: &str) {
        self.line(operation, &meter.take());
    }

    fn line(&mut self, operation: &str, calls: &[Call]) -> Cost {
        let cost = Cost::of(calls);
        let Cost { depth, requests, write, read } = cost;
        self.lines.push(format!("| {operation} | {depth} | {requests} | {write} | {read} |"));
        cost
    }
}

/// Small items, one counterpart, nobody unusual.
#[tokio::test]
async fn every_operation_stays_within_its_budget() {
    // Moving a conversation to another minute of the inbox adds two units, so all has to happen within one.
    for _ in 0..5 {
        let minute = now_millis() / 60_000;
        let bill = measure().await;
        if minute == now_millis() / 60_000 {
            println!("| operation | depth | requests | write units | read units |\n|---|---|---|---|---|");
            println!("{}", bill.lines.join("\n"));
            assert!(bill.over.is_empty(), "{:#?}", bill.over);
            return;
        }
    }
    panic!("it takes more than a minute");
}

async fn measure() -> Bill {
    let meter = Meter::default();
    let shop = Shop::open_with(meter.settings()).await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let mut bill = Bill::default();

    let first = anna.order().await.conversation.id;
    meter.take();
    let ticket = anna.ticket().await;
    bill.within(&meter, "ticket", &at_most(1, 1.0, 2.0));
    let phone = tests::Client::open("anna", &ticket.url).await;
    bill.within(&meter, "connect", &at_most(2, 2.0, 2.0));
    phone.ping().await;
    bill.within(&meter, "ping of a customer", &at_most(1, 0.0, 1.0));
    let desk = ben.connect().await;
    meter.take();
    desk.ping().await;
    bill.within(&meter, "ping of an admin", &at_most(1, 0.0, 1.0));
    desk.join(&first).await;
    bill.within(&meter, "join by an admin", &at_most(2, 1.0, 4.0));
    phone.join(&first).await;
    bill.within(&meter, "join by a customer", &at_most(2, 1.0, 4.0));

    let as_needed = Budget { depth: 2, write: None, read: 2.0 };
    let placed = anna.order().await;
    bill.within(&meter, "create an order", &as_needed);
    anna.order_once("key", &lamp()).await.expect::<OrderAnswer>(201);
    bill.within(&meter, "create an order under a key", &as_needed);
    anna.order_once("key", &lamp()).await.ok::<OrderAnswer>();
    bill.within(&meter, "the same again", &as_needed);

    let id = placed.conversation.id;
    phone.join(&id).await;
    desk.join(&id).await;
    meter.take();
    let message_id = client_message_id();
    phone.send(&id, message_id, "Is it blue?", Some(1)).await.unwrap();
    bill.within(&meter, "send over WebSocket", &at_most(2, 2.0, 3.0));
    phone.send(&id, message_id, "Is it blue?", Some(1)).await.unwrap();
    bill.within(&meter, "a repeated send, right after", &at_most(2, 2.0, 3.0));
    ben.post_message(&id, client_message_id(), "As the sea", Some(2)).await;
    bill.within(&meter, "send over REST", &at_most(2, 2.0, 3.0));
    desk.send(&id, client_message_id(), "The second by an admin", Some(3)).await.unwrap();
    bill.within(&meter, "send by an admin", &at_most(2, 2.0, 3.0));
    phone.send(&id, message_id, "Is it blue?", Some(1)).await.unwrap();
    bill.within(&meter, "a repeated send, later", &at_most(2, 2.0, 3.0));
    let lost = phone.send(&id, client_message_id(), "At the same time", Some(3)).await.unwrap();
    assert_eq!((lost.duplicate, lost.message.seq), (false, 5));
    bill.within(&meter, "a send that lost a race", &at_most(4, 3.0, 5.0));
    phone.say(&id, "Without seenSeq").await;
    bill.note(&meter, "send without seenSeq");

    phone.delivered(&id, 3).await;
    bill.within(&meter, "delivery cursor", &at_most(2, 1.0, 3.0));
    phone.read(&id, 4).await;
    bill.within(&meter, "read cursor over WebSocket", &at_most(2, 1.0, 3.0));
    ben.read(&id, 5).await;
    bill.within(&meter, "read cursor over REST", &at_most(2, 1.0, 3.0));
    phone.read(&id, 2).await;
    bill.within(&meter, "a read cursor that does not move", &at_most(2, 1.0, 3.0));
    phone.type_in(&id).await;
    bill.within(&meter, "typing", &at_most(2, 0.0, 2.0));
    let update = ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
    assert!(update.message.is_some());
    bill.within(&meter, "status change", &Budget { depth: 3, write: None, read: 4.0 });
    ben.set_status(&id, domain::ConversationStatus::Archived).await;
    bill.note(&meter, "archive");
    anna.conversation(&id).await;
    bill.note(&meter, "one conversation");
    anna.stats().await;
    bill.note(&meter, "counts of a customer");
    ben.stats().await;
    bill.note(&meter, "counts of all");
    anna.get("/api/sales/my-orders").await;
    bill.note(&meter, "own orders (3)");

    pages(&meter, &shop, &mut bill).await;
    meter.take();
    phone.close().await;
    // It is over once the admin who joined one of hers has heard of it.
    let gone = |event: &protocol::Event| matches!(event, protocol::Event::Presence { online: false, .. });
    desk.wait_for("her going", gone).await;
    bill.within(&meter, "disconnect", &at_most(2, 2.0, 2.0));
    bill
}

async fn pages(meter: &Meter, shop: &Shop, bill: &mut Bill) {
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    join_all((0..30).map(|n| {
        let customer = shop.customer(&format!("customer{n}"));
        async move { customer.order().await }
    }))
    .await;
    let own = join_all((0..30).map(|_| anna.order())).await;
    assert_eq!(own.len(), 30);
    meter.take();
    assert_eq!(anna.history(&own[0].conversation.id, "").await.messages.len(), 1);
    bill.within(meter, "a page of 1 message", &at_most(1, 0.0, 6.0));
    let long = own[1].conversation.id.clone();
    for n in 0..3 {
        for _ in 0..20 {
            shop.admin(&format!("writer{n}")).say(&long, "a message of usual length, as people write them").await;
        }
    }
    meter.take();
    assert_eq!(anna.history(&long, "").await.messages.len(), 50);
    bill.within(meter, "a page of 50 messages", &at_most(1, 0.0, 6.0));
    assert_eq!(anna.history(&long, "after=5&limit=50").await.messages.len(), 50);
    bill.within(meter, "a page of 50 messages from the middle", &at_most(1, 0.0, 6.0));
    assert_eq!(ben.conversations("status=active").await.items.len(), 25);
    bill.within(meter, "a page of 25 conversations of one status", &at_most(2, 0.0, 20.0));
    assert_eq!(ben.conversations("").await.items.len(), 25);
    bill.within(meter, "a page of 25 conversations", &at_most(2, 0.0, 20.0));
    assert_eq!(anna.conversations("").await.items.len(), 25);
    bill.within(meter, "a page of 25 own conversations", &at_most(2, 0.0, 20.0));
}

/// A head of one unit is what makes a send cost two: it stays under 800 bytes with one admin and a short message.
#[tokio::test]
async fn a_head_is_small() {
    let shop = Shop::open().await;
    // Ids as identity providers make them, names as people have them, a picture as shops serve them.
    let anna = shop.customer("auth0|65f1c0ffee65f1c0ffee65f1");
    let ben = shop.admin("auth0|65f1deadbe65f1deadbe65f1");
    let mut body = lamp();
    body["items"][0]["imageUrl"] = "https://images.shop.example/products/2026/lamp-blue-small.jpg".into();
    let placed: OrderAnswer = anna.post("/api/sales", &body).await.expect(201);
    let id = placed.conversation.id;
    anna.say(&id, "Is it blue?").await;
    ben.say(&id, "As the sea").await;
    anna.read(&id, 3).await;
    ben.read(&id, 3).await;
    anna.connect().await.delivered(&id, 3).await;
    let before = sizes(&shop).await;
    anna.say(&id, "Thanks, I take it").await;
    // What a message changes is the head, what it adds is the log.
    let after = sizes(&shop).await;
    let heads: Vec<_> = after.iter().filter(|(key, item)| before.get(*key).is_some_and(|old| old != *item)).collect();
    assert_eq!(heads.len(), 1, "{heads:?}");
    let size = tests::item_size(heads[0].1);
    println!("the head has {size} bytes");
    assert!(size < 800, "{size} bytes: {}", heads[0].1);
}

/// Every item of the table by its key, as DynamoDB writes it in JSON.
async fn sizes(shop: &Shop) -> HashMap<String, Value> {
    let table = aws_sdk_dynamodb::Client::new(shop.gateway().sdk());
    let found = table.scan().table_name(shop.gateway().table().unwrap()).send().await.unwrap();
    let mut items = HashMap::new();
    for item in found.items.unwrap_or_default() {
        let json: serde_json::Map<String, Value> =
            item.iter().map(|(name, value)| (name.clone(), as_json(value))).collect();
        items.insert(format!("{} {}", json["pk"], json["sk"]), Value::Object(json));
    }
    items
}

fn as_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::M(map) => {
            let map: serde_json::Map<String, Value> =
                map.iter().map(|(name, value)| (name.clone(), as_json(value))).collect();
            json!({"M": map})
        }
        AttributeValue::L(list) => json!({"L": list.iter().map(as_json).collect::<Vec<_>>()}),
        AttributeValue::Bool(value) => json!({"BOOL": value}),
        other => json!({"B": format!("{other:?}")}),
    }
}
