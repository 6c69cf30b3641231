//! Measures the depth and the units of each operation and compares them with a limit. The results
//! are the table in `docs/costs.md`.
//!
//! `UPDATE_COSTS=1 cargo test -p tests --test system` writes that page again.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::HashMap;

use domain::{ConversationId, OrderStatus};
use futures_util::future::join_all;
use protocol::{MessageAnswer, OrderAnswer};
use serde_json::{Value, json};
use tests::{Cost, Meter, Shop, client_message_id, lamp, now_millis};

/// The page with the table.
const PAGE: &str = "docs/costs.md";
const HEAD: &str = "| operation | requests | depth | write units | read units |\n|---|---|---|---|---|\n";

/// The limits for an operation. With `None` the write units depend on the items.
struct Budget {
    depth: usize,
    write: Option<f64>,
    read: f64,
}

const fn at_most(depth: usize, write: f64, read: f64) -> Budget {
    Budget { depth, write: Some(write), read }
}

/// The measured operations, and the errors for those above their limit.
#[derive(Default)]
struct Bill {
    lines: Vec<String>,
    over: Vec<String>,
}

impl Bill {
    /// Records an operation that has a limit.
    fn within(&mut self, meter: &Meter, operation: &str, budget: &Budget) {
        let calls = meter.take();
        let cost = Cost::of(&calls);
        let Budget { depth, write, read } = budget;
        let of = |measured: f64, allowed: f64| format!("{measured} of {allowed}");
        let written = write.map_or_else(|| cost.write.to_string(), |write| of(cost.write, write));
        let deep = format!("{} of {depth}", cost.depth);
        self.line(operation, &[cost.requests.to_string(), deep, written, of(cost.read, *read)]);
        if cost.depth > *depth || write.is_some_and(|write| cost.write > write) || cost.read > *read {
            let requests: Vec<_> =
                calls.iter().filter_map(|it| it.operation.as_ref().map(|name| (name, it.read + it.write))).collect();
            self.over.push(format!(
                "{operation}: {cost:?}, allowed: depth {depth}, write {write:?}, read {read}: {requests:?}"
            ));
        }
    }

    /// Records an operation that has no limit.
    fn note(&mut self, meter: &Meter, operation: &str) {
        let Cost { depth, requests, write, read } = Cost::of(&meter.take());
        self.line(operation, &[requests.to_string(), depth.to_string(), write.to_string(), read.to_string()]);
    }

    fn line(&mut self, operation: &str, columns: &[String]) {
        self.lines.push(format!("| {operation} | {} |\n", columns.join(" | ")));
    }
}

/// Measured with small items, one customer and one admin.
#[tokio::test]
async fn every_operation_stays_within_its_budget() {
    // Moving a conversation to another minute of the inbox costs two more units. So the measurement
    // is repeated until it fits into one minute.
    for _ in 0..5 {
        let minute = now_millis() / 60_000;
        let bill = measure().await;
        if minute == now_millis() / 60_000 {
            assert!(bill.over.is_empty(), "{:#?}", bill.over);
            return compare_with_page(&bill.lines.concat());
        }
    }
    panic!("it takes more than a minute");
}

/// Fails if the page has other numbers than those measured.
fn compare_with_page(lines: &str) {
    let path = Shop::root().join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (above, table) = page.split_once(HEAD).unwrap();
    if std::env::var_os("UPDATE_COSTS").is_some() {
        std::fs::write(&path, format!("{above}{HEAD}{lines}")).unwrap();
    } else {
        assert_eq!(lines, table, "{PAGE} says something else: UPDATE_COSTS=1 cargo test -p tests --test system");
    }
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
    // The ticket, then the row, then the other connections. With a read that is concurrent with the
    // write, presence could stay wrong.
    bill.within(&meter, "connect", &at_most(3, 2.0, 2.0));
    phone.ping().await;
    bill.within(&meter, "ping of a customer", &at_most(1, 0.0, 1.5));
    let as_of = anna.conversations("limit=1").await.as_of;
    meter.take();
    phone.has_changed(as_of).await;
    bill.within(&meter, "ping with asOf of a customer with one order", &at_most(2, 0.0, 2.5));
    let desk = ben.connect().await;
    meter.take();
    desk.ping().await;
    bill.within(&meter, "ping of an admin", &at_most(1, 0.0, 0.5));
    desk.has_changed(as_of).await;
    bill.within(&meter, "ping with asOf of an admin", &at_most(1, 0.0, 2.5));
    let longer = shop.connect_aged(&ben, 6 * 60_000).await;
    meter.take();
    longer.ping().await;
    bill.within(&meter, "ping of an admin, once in five minutes", &at_most(2, 1.0, 0.5));
    longer.close().await;
    // All requests of the disconnect have to be recorded before the next operation begins.
    meter.wait_for("DeleteItem", 1).await;
    meter.wait_for("PutItem", 1).await;
    meter.take();
    desk.join(&first).await;
    // The check, then the join, then the current state. With a state from before the join, a
    // receipt could be missed.
    bill.within(&meter, "join by an admin", &at_most(3, 1.0, 5.0));
    phone.join(&first).await;
    bill.within(&meter, "join by a customer", &at_most(3, 1.0, 4.0));

    let placed = create_orders(&meter, &anna, &mut bill).await;
    let id = placed.conversation.id;
    phone.join(&id).await;
    desk.join(&id).await;
    meter.take();
    let message_id = client_message_id();
    phone.send(&id, message_id, "Is it blue?", Some(1)).await.unwrap();
    bill.within(&meter, "send over WebSocket", &at_most(2, 2.0, 2.5));
    phone.send(&id, message_id, "Is it blue?", Some(1)).await.unwrap();
    bill.within(&meter, "a repeated send, right after", &at_most(2, 2.0, 3.0));
    desk.send(&id, client_message_id(), "As the sea", Some(2)).await.unwrap();
    bill.within(&meter, "send by an admin", &at_most(2, 2.0, 2.5));
    anna.post_message(&first, client_message_id(), "And this one?", Some(1)).await.expect::<MessageAnswer>(201);
    bill.within(&meter, "send over REST", &at_most(2, 2.0, 2.5));
    desk.send(&id, client_message_id(), "Or green", Some(3)).await.unwrap();
    bill.note(&meter, "a second send within half a second");
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
    bill.note(&meter, "read cursor that stops in the middle");
    phone.read(&id, 6).await;
    bill.within(&meter, "read cursor over WebSocket", &at_most(2, 1.0, 3.0));
    ben.read(&id, 6).await;
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
    bill.note(&meter, "own orders (a few)");

    pages(&meter, &shop, &mut bill).await;
    changes(&meter, &shop, &phone, &desk, &mut bill).await;
    meter.take();
    phone.close().await;
    // The disconnect is complete when the admin who joined has the event.
    let gone = |event: &protocol::Event| matches!(event, protocol::Event::Presence { online: false, .. });
    desk.wait_for("her going", gone).await;
    // Whether she is back is looked for after that, since somebody looks at a conversation of hers.
    meter.wait_for("Query", 3).await;
    bill.within(&meter, "disconnect", &at_most(3, 2.0, 3.0));
    later(&meter, &shop, &mut bill).await;
    at_the_desk(&meter, &shop, &mut bill).await;
    bill
}

async fn create_orders(meter: &Meter, anna: &tests::User, bill: &mut Bill) -> OrderAnswer {
    let as_needed = Budget { depth: 2, write: None, read: 2.0 };
    let placed = anna.order().await;
    bill.within(meter, "create an order", &as_needed);
    anna.order_once("key", &lamp()).await.expect::<OrderAnswer>(201);
    bill.within(meter, "create an order under a key", &as_needed);
    anna.order_once("key", &lamp()).await.ok::<OrderAnswer>();
    bill.within(meter, "the same again", &as_needed);
    placed
}

/// What functions do in the background.
async fn later(meter: &Meter, shop: &Shop, bill: &mut Bill) {
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let order = anna.order().await.order.id;
    ben.set_order_status(&order, OrderStatus::Cancelled).await;
    let event = std::fs::read_to_string(Shop::root().join("tests/events/31-Notify-completed.json")).unwrap();
    meter.take();
    shop.gateway().invoke("Notify", serde_json::from_str(&event).unwrap()).await.unwrap();
    bill.within(meter, "what the stream reports: an order is completed", &at_most(2, 1.0, 1.0));
    // A hundred conversations each time, until the due list is filled.
    for _ in 0..5 {
        shop.sweep().await;
    }
    meter.take();
    shop.sweep().await;
    bill.within(meter, "a minute in which nothing is due", &at_most(1, 0.0, 1.5));
    shop.let_days_pass(20).await;
    ben.say(&ben.sale(&order).await.conversation.id, "Is it?").await;
    shop.let_days_pass(11).await;
    meter.take();
    shop.sweep().await;
    bill.within(meter, "a conversation that is due, but was active since", &at_most(4, 2.0, 2.5));
    shop.let_days_pass(20).await;
    meter.take();
    shop.sweep().await;
    bill.within(meter, "a conversation that is archived by itself", &at_most(6, 6.0, 5.5));
}

async fn pages(meter: &Meter, shop: &Shop, bill: &mut Bill) {
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    // Few conversations in one minute, because a page of the inbox reads its last minute to the
    // end.
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
    assert_eq!(anna.search_messages(&long, "q=usual").await.items.len(), 20);
    bill.within(meter, "a search among 61 messages that finds 20", &at_most(2, 0.0, 6.0));
    assert_eq!(ben.conversations("status=active").await.items.len(), 25);
    bill.within(meter, "a page of 25 conversations of one status", &at_most(2, 0.0, 20.0));
    assert_eq!(ben.conversations("").await.items.len(), 25);
    bill.within(meter, "a page of 25 conversations", &at_most(2, 0.0, 20.0));
    assert_eq!(anna.conversations("").await.items.len(), 25);
    bill.within(meter, "a page of 25 own conversations", &at_most(2, 0.0, 20.0));
    meter.take();
    assert_eq!(ben.conversations("q=lamp&limit=10").await.items.len(), 10);
    bill.within(meter, "a search among 33 orders that finds 10", &at_most(3, 0.0, 60.0));
    for _ in 0..7 {
        join_all((0..25).map(|_| anna.order())).await;
    }
    meter.take();
    let page = ben.conversations("q=nowhere").await;
    assert!(page.items.is_empty() && page.next_cursor.is_some());
    bill.within(meter, "a search that looks at 200 and finds nothing", &at_most(4, 0.0, 250.0));
}

async fn changes(meter: &Meter, shop: &Shop, phone: &tests::Client, desk: &tests::Client, bill: &mut Bill) {
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let mut seen = ben.say(&id, "As the see").await.seq;
    let mut change = |request: Value| {
        let mut request = request;
        request["seenSeq"] = seen.into();
        seen += 1;
        request
    };
    // Read, then the head, then the message, then the entry. See docs/changing-a-conversation.md.
    let allowed = at_most(4, 3.0, 4.0);
    meter.take();
    desk.change(&id, 2, client_message_id(), &change(json!({"edit": {"body": "As the sea"}}))).await.unwrap();
    bill.within(meter, "edit", &allowed);
    let (reaction, react) = (client_message_id(), change(json!({"react": {"emoji": "👍", "on": true}})));
    phone.change(&id, 2, reaction, &react).await.unwrap();
    bill.within(meter, "reaction", &allowed);
    phone.change(&id, 2, reaction, &react).await.unwrap();
    bill.within(meter, "a repeated reaction, right after", &at_most(2, 0.0, 5.0));
    anna.post_change(&id, 2, client_message_id(), &change(json!({"react": {"emoji": "👍", "on": false}}))).await;
    bill.within(meter, "reaction over REST", &allowed);
    phone.change(&id, 2, reaction, &react).await.unwrap();
    bill.within(meter, "a repeated reaction, later", &at_most(2, 0.0, 5.0));
    desk.change(&id, 2, client_message_id(), &change(json!({"delete": {}}))).await.unwrap();
    bill.within(meter, "deletion", &allowed);
    phone.change(&id, 2, client_message_id(), &json!({"delete": {}})).await.unwrap_err();
    bill.within(meter, "a refused change", &at_most(1, 0.0, 2.0));

    let answered = json!({"clientMessageId": client_message_id(), "body": "Thanks", "seenSeq": 6, "replyTo": 1});
    // Of a person who has not sent within the last half second, which would cost another write.
    let cleo = shop.admin("cleo");
    cleo.post(&format!("/api/chat/conversations/{id}/messages"), &answered).await.expect::<MessageAnswer>(201);
    bill.within(meter, "send of an answer to a message", &at_most(3, 2.0, 3.5));
    let late = json!({"clientMessageId": client_message_id(), "body": "So", "seenSeq": 1, "expectLast": true});
    desk.say(&id, "I ask the carrier").await;
    meter.take();
    cleo.post(&format!("/api/chat/conversations/{id}/messages"), &late).await.refused(protocol::Code::Overtaken);
    bill.within(meter, "a send that was overtaken", &at_most(2, 1.0, 2.0));
    assert_eq!(anna.history(&id, "limit=4").await.others.len(), 2);
    bill.within(meter, "a page with messages outside of it", &at_most(2, 0.0, 6.0));

    ben.note(&id, "She has called before.").await;
    bill.within(meter, "note", &at_most(4, 4.0, 3.0));
    assert_eq!(ben.desk_log(&id, "").await.entries.len(), 1);
    bill.within(meter, "a page of notes", &at_most(2, 0.0, 3.0));
}

/// What admins decide. A head with an assignee, three tags and a running clock still fits into one unit.
async fn at_the_desk(meter: &Meter, shop: &Shop, bill: &mut Bill) {
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let policy = json!({"policy": {"targets": {"none": {"firstResponseMinutes": 60, "nextResponseMinutes": 60}}}});
    ben.put("/api/chat/sla", &policy).await.ok::<protocol::Sla>();
    let mut tags = Vec::new();
    for name in ["one", "two", "three"] {
        let tag: protocol::TagAnswer =
            ben.post("/api/chat/tags", &json!({"name": name, "color": "red"})).await.expect(201);
        tags.push(tag.tag.id);
    }
    let id = anna.order().await.conversation.id;
    ben.note(&id, "Is it blue?").await;
    meter.take();
    ben.ticket().await;
    bill.within(meter, "ticket of an admin", &at_most(2, 1.0, 0.5));
    ben.at_desk(&id, json!({"assign": {"to": "ben"}})).await;
    bill.within(meter, "assign", &at_most(6, 6.0, 4.5));
    ben.at_desk(&id, json!({"tag": {"add": tags}})).await;
    bill.within(meter, "add three tags", &at_most(6, 6.0, 5.0));
    ben.at_desk(&id, json!({"prioritize": {"to": "high"}})).await;
    bill.within(meter, "prioritize", &at_most(6, 6.0, 5.0));
    anna.say(&id, "When will it arrive?").await;
    meter.take();
    anna.post_message(&id, client_message_id(), "And where?", Some(2)).await;
    bill.note(meter, "a second send within half a second, to a desk with everything");
    let cleo = shop.admin("cleo");
    cleo.post_message(&id, client_message_id(), "On Tuesday", Some(3)).await.expect::<MessageAnswer>(201);
    bill.within(meter, "send with an assignee, three tags and a running clock", &at_most(2, 2.0, 2.5));
    ben.at_desk(&id, json!({"snooze": {"until": domain::Time::from_millis(now_millis() + 60_000_000)}})).await;
    bill.within(meter, "snooze", &at_most(6, 7.0, 4.0));
    ben.at_desk(&id, json!({"wake": {}})).await;
    bill.within(meter, "wake", &at_most(7, 7.0, 5.0));
    assert_eq!(ben.conversations(&format!("assignee=ben&tag={}", tags[0])).await.items.len(), 1);
    bill.within(meter, "a page of one assignee and one tag that finds 1", &at_most(2, 0.0, 20.0));
    ben.get("/api/chat/views").await.ok::<protocol::Views>();
    bill.within(meter, "counts of the views", &at_most(1, 0.0, 12.0));
}

/// However many conversations an assignee has, a page looks at a bounded number of their keys. With
/// `QUEUE_SIZE=100000` it takes some minutes.
#[tokio::test]
async fn a_filtered_page_costs_at_most_twenty_read_units() {
    let meter = Meter::default();
    let shop = Shop::open_with(meter.settings()).await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    ben.ticket().await;
    let tag: protocol::TagAnswer =
        ben.post("/api/chat/tags", &json!({"name": "one", "color": "red"})).await.expect(201);
    let tag = tag.tag.id;
    let id = anna.order().await.conversation.id;
    ben.at_desk(&id, json!({"assign": {"to": "ben"}})).await;
    ben.at_desk(&id, json!({"tag": {"add": [tag]}})).await;
    let size: u32 = std::env::var("QUEUE_SIZE").map_or(1_500, |size| size.parse().unwrap());
    shop.copy_head(&id, size, 50).await;
    let (mut cursor, mut found, mut pages) = (String::new(), 0, 0);
    loop {
        meter.take();
        let page = ben.conversations(&format!("assignee=ben&tag={tag}{cursor}")).await;
        let cost = Cost::of(&meter.take());
        assert!(cost.depth <= 2 && cost.read <= 20.0, "{cost:?}");
        (found, pages) = (found + page.items.len(), pages + 1);
        let Some(next) = page.next_cursor.filter(|_| pages < 40) else { break };
        cursor = format!("&cursor={next}");
    }
    println!("{found} of {size} conversations are on {pages} pages");
    assert!(pages == 40 || found == 1 + usize::try_from(size / 50).unwrap(), "{found} on {pages} pages");
    let views: protocol::Views = ben.get("/api/chat/views").await.ok();
    assert_eq!((views.mine, views.all), (100, 100), "100 means 100 or more");
}

/// A search of a whole conversation: each request is bounded, and their number is.
#[tokio::test]
async fn a_request_of_a_search_looks_at_a_thousand_entries() {
    let meter = Meter::default();
    let shop = Shop::open_with(meter.settings()).await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    anna.say(&id, "a needle").await;
    let size: u64 = std::env::var("LOG_SIZE").map_or(1_500, |size| size.parse().unwrap());
    shop.repeat_last_message(&id, size, |seq| format!("a message of usual length, as people write them {seq}")).await;
    let (mut before, mut requests, mut read, mut found) = (String::new(), 0, 0.0, 0);
    loop {
        meter.take();
        let part = anna.search_messages(&id, &format!("q=needle{before}")).await;
        let cost = Cost::of(&meter.take());
        assert!(cost.depth <= 2 && cost.read <= 258.0, "{cost:?}");
        (requests, read, found) = (requests + 1, read + cost.read, found + part.items.len());
        let Some(to) = part.searched_to else { break };
        before = format!("&before={to}");
    }
    println!("{requests} requests and {read} read units for {size} messages");
    assert_eq!((found, requests), (1, 1 + size / 1_000));
}

/// A send costs two units because the head fits into one. The head stays below 800 bytes with one
/// admin and a short message.
#[tokio::test]
async fn a_head_is_small() {
    let shop = Shop::open().await;
    // Typical ids of identity providers, names and image URLs.
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
    // A message changes the head and adds a log entry.
    let after = sizes(&shop).await;
    let heads: Vec<_> = after.iter().filter(|(key, item)| before.get(*key).is_some_and(|old| old != *item)).collect();
    assert_eq!(heads.len(), 1, "{heads:?}");
    let size = tests::item_size(heads[0].1);
    println!("the head has {size} bytes");
    assert!(size < 800, "{size} bytes: {}", heads[0].1);
}

/// The requests, write units and read units of an operation.
type Costs = Vec<(&'static str, usize, f64, f64)>;

/// What operations cost in a conversation that `readers` admins have read, and the size of its head.
/// `None` if the minute of the inbox changed in between.
async fn costs_after(readers: usize) -> Option<(Costs, usize)> {
    let meter = Meter::default();
    let shop = Shop::open_with(meter.settings()).await;
    let reader = |number: usize| shop.admin(&format!("auth0|65f1deadbe65f1deadbe{number:04}"));
    let (anna, ahead, behind) = (shop.customer("anna"), reader(0), reader(1));
    let id = anna.order().await.conversation.id;
    let (desk, home) = (ahead.connect().await, behind.connect().await);
    shop.admin("ben").say(&id, "hello").await;
    // Half of them have read the first message, and all have read the second.
    for seq in [1, 2] {
        ahead.read(&id, seq).await;
        for batch in (1..readers).collect::<Vec<_>>().chunks(50) {
            let batch = batch.iter().filter(|number| seq == 2 || **number % 2 == 1);
            join_all(batch.map(async |number| {
                let answer = reader(*number).read(&id, seq).await;
                assert_eq!((answer.read_seq, answer.unread), (seq, 0));
            }))
            .await;
        }
    }
    ahead.say(&id, "now").await;
    let minute = now_millis() / 60_000;
    let mut costs = Vec::new();
    let mut note = |operation| {
        let Cost { requests, write, read, .. } = Cost::of(&meter.take());
        costs.push((operation, requests, write, read));
    };
    meter.take();
    anna.post_message(&id, client_message_id(), "hi", Some(3)).await.expect::<MessageAnswer>(201);
    note("send by the customer");
    home.send(&id, client_message_id(), "hi", Some(4)).await.unwrap();
    note("send by an admin");
    desk.delivered(&id, 5).await;
    note("delivery cursor");
    desk.read(&id, 5).await;
    note("read cursor of the furthest admin");
    home.read(&id, 5).await;
    note("read cursor of another admin");
    anna.say(&id, "more").await;
    meter.take();
    home.read(&id, 6).await;
    note("read cursor of another admin, who is then the furthest");
    desk.join(&id).await;
    note("join");
    assert_eq!(ahead.conversation(&id).await.unread, Some(1));
    note("one conversation");
    assert_eq!(ahead.conversations("").await.items[0].unread, Some(1));
    note("a page of conversations");
    ahead.set_status(&id, domain::ConversationStatus::Archived).await;
    note("archive");
    assert_eq!(anna.conversation(&id).await.participants.len(), 2);
    note("one conversation, for the customer");
    let size = tests::item_size(&head(&shop, &id).await);
    (minute == now_millis() / 60_000).then_some((costs, size))
}

/// A conversation that a thousand admins have read costs what one costs that two have read.
#[tokio::test]
async fn a_thousand_readers_cost_what_two_cost() {
    for _ in 0..5 {
        let (two, thousand) = (costs_after(2).await, costs_after(1_000).await);
        if let (Some(two), Some((costs, size))) = (two, thousand) {
            println!("{costs:#?}, and the head has {size} bytes");
            assert_eq!(costs, two.0);
            // A head has the rate limits of admins who have just written, at most four.
            assert!(size.abs_diff(two.1) < 100, "{size} and {}", two.1);
            // A plain send costs what it costs without readers.
            assert_eq!(costs[..2], [("send by the customer", 5, 2.0, 2.5), ("send by an admin", 5, 2.0, 2.5)]);
            assert!(size < 800, "the head has {size} bytes");
            return;
        }
    }
    panic!("it takes more than a minute");
}

async fn head(shop: &Shop, id: &ConversationId) -> Value {
    let head = shop.head_item(id).await;
    Value::Object(head.iter().map(|(name, value)| (name.clone(), tests::as_json(value))).collect())
}

/// The head names few of those who have written: four, for their rate limits.
#[tokio::test]
async fn a_head_does_not_grow_with_its_writers() {
    let shop = Shop::open().await;
    let id = shop.customer("anna").order().await.conversation.id;
    // As long as the longest id. The names are as long.
    let id_of = |number: usize| format!("{number:0>128}");
    let mut largest = 0;
    for number in 0..60 {
        let (admin, seen) = (shop.admin(&id_of(number)), number as u64 + 1);
        admin.post_message(&id, client_message_id(), "hello", Some(seen)).await.expect::<MessageAnswer>(201);
        let head = head(&shop, &id).await;
        let limits = head["ag"]["M"].as_object().unwrap();
        assert!(limits.len() <= 4 && limits.contains_key(&id_of(number)), "{limits:?}");
        largest = largest.max(tests::item_size(&head));
    }
    println!("the head has at most {largest} bytes");
    assert!(largest < 2_048, "{largest} bytes");
}

/// With an edit as its last entry, a head has the new text twice, and it remembers two admins. It
/// still fits into one write unit.
#[tokio::test]
async fn a_head_with_an_edit_fits_into_one_write_unit() {
    let shop = Shop::open().await;
    let anna = shop.customer("auth0|65f1c0ffee65f1c0ffee65f1");
    let (ben, cleo) = (shop.admin("auth0|65f1deadbe65f1deadbe65f1"), shop.admin("auth0|65f1facade65f1facade65f1"));
    let id = anna.order().await.conversation.id;
    anna.say(&id, "Is it blue?").await;
    cleo.react(&id, 2, domain::Emoji::ThumbsUp, true).await;
    ben.note(&id, "She has called before.").await;
    ben.say(&id, "As the see").await;
    for reader in [&anna, &ben, &cleo] {
        reader.read(&id, 4).await;
    }
    ben.edit(&id, 4, "As the sea in summer, with a touch of green").await;
    let head = head(&shop, &id).await;
    let size = tests::item_size(&head);
    println!("the head has {size} bytes");
    assert!(head["e"]["M"]["b"]["S"].as_str().is_some_and(|text| text.starts_with("As the sea")), "{head}");
    assert!(size < 1_024, "{size} bytes: {head}");
    // The note is in no attribute of the head any more.
    assert!(!head.to_string().contains("called"), "{head}");
}

/// Every item of the table by its key, in DynamoDB's JSON.
async fn sizes(shop: &Shop) -> HashMap<String, Value> {
    let table = aws_sdk_dynamodb::Client::new(shop.gateway().sdk());
    let found = table.scan().table_name(shop.gateway().table().unwrap()).send().await.unwrap();
    let mut items = HashMap::new();
    for item in found.items.unwrap_or_default() {
        let json: serde_json::Map<String, Value> =
            item.iter().map(|(name, value)| (name.clone(), tests::as_json(value))).collect();
        items.insert(format!("{} {}", json["pk"], json["sk"]), Value::Object(json));
    }
    items
}
