//! `ping` with `asOf`: says whether a sync would find something, so a client whose pushes were lost
//! learns of it.

use std::time::Duration;

use domain::{ConversationStatus, Emoji, OrderStatus, Time};
use protocol::{AckBody, Code, Event};
use serde_json::{Value, json};
use tests::{Client, Shop, User, now_millis};

/// Long enough for an index of a deployed table, which is up to date after a moment.
const LONGEST: Duration = Duration::from_secs(10);

/// The `asOf` that a sync of this user gets now.
async fn as_of(user: &User) -> Time {
    user.conversations("limit=1").await.as_of
}

/// Waits until the answer of `client` is `changed`.
async fn wait_for(client: &Client, as_of: Time, changed: bool, what: &str) {
    let waiting = async {
        while client.has_changed(as_of).await != changed {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONGEST, waiting).await.unwrap_or_else(|_| panic!("{what}: changed is not {changed}"));
}

/// What happens between two syncs, and whether a customer and an admin have to learn of it.
const CHANGES: [(&str, [bool; 2]); 14] = [
    ("a message of the customer", [true, true]),
    ("a message of an admin", [true, true]),
    ("an edit", [true, true]),
    ("a reaction", [true, true]),
    ("a deletion", [true, true]),
    ("a status of the order", [true, true]),
    ("archived", [true, true]),
    ("a reaction in an archived conversation", [true, true]),
    ("closed", [true, true]),
    ("an order", [true, true]),
    ("a note", [false, true]),
    ("a receipt", [false, false]),
    ("typing", [false, false]),
    ("a message of another customer", [false, true]),
];

#[tokio::test]
async fn a_ping_says_whether_a_sync_would_find_something() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let placed = anna.order().await;
    let id = placed.conversation.id.clone();
    let others = bob.order().await.conversation.id;
    anna.say(&id, "is it blue?").await;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    for (change, expected) in CHANGES {
        shop.let_days_pass(1).await;
        let last = ben.conversation(&id).await.last_message.seq;
        let [hers, his] = [as_of(&anna).await, as_of(&ben).await];
        wait_for(&phone, hers, false, &format!("before {change}, the customer")).await;
        wait_for(&desk, his, false, &format!("before {change}, the admin")).await;
        match change {
            "a message of the customer" => drop(anna.say(&id, "is it?").await),
            "a message of an admin" => drop(ben.say(&id, "as the see").await),
            "an edit" => drop(ben.edit(&id, last, "as the sea").await),
            "a reaction" => drop(anna.react(&id, last, Emoji::Heart, true).await),
            "a deletion" => drop(ben.delete(&id, last).await),
            "a status of the order" => drop(ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await),
            "archived" => drop(ben.set_status(&id, ConversationStatus::Archived).await),
            "a reaction in an archived conversation" => drop(anna.react(&id, 2, Emoji::Joy, true).await),
            "closed" => drop(ben.set_status(&id, ConversationStatus::Closed).await),
            "an order" => drop(anna.order().await),
            "a note" => drop(ben.note(&id, "She has called before.").await),
            "a receipt" => drop((anna.read(&id, last).await, ben.read(&id, last).await)),
            "typing" => phone.type_in(&id).await,
            _ => drop(bob.say(&others, "and mine?").await),
        }
        let [for_her, for_him] = expected;
        wait_for(&desk, his, for_him, &format!("{change}, the admin")).await;
        wait_for(&phone, hers, for_her, &format!("{change}, the customer")).await;
    }
}

#[tokio::test]
async fn a_note_never_shows_in_a_customers_ping() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect().await);
    shop.let_days_pass(1).await;
    let since = as_of(&anna).await;
    wait_for(&phone, since, false, "before the notes").await;
    for number in 0..5 {
        ben.note(&id, &format!("note {number}")).await;
        wait_for(&desk, since, true, "the admin").await;
        assert!(!phone.has_changed(since).await, "note {number} shows");
    }
}

#[tokio::test]
async fn an_as_of_that_no_answer_had_counts_as_a_change() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    anna.order().await;
    let (phone, desk) = (anna.connect().await, ben.connect().await);
    shop.let_days_pass(1).await;
    // A clock was set back after the sync, or the client has invented the time.
    for ahead in [-30_000, 0, 3_600_000, 86_400_000] {
        let ahead = Time::from_millis(now_millis() + ahead).expect("a time");
        assert!(phone.has_changed(ahead).await && desk.has_changed(ahead).await, "{ahead:?}");
    }
    // Times at the edges of what a time can be.
    for early in ["0000-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"] {
        for client in [&phone, &desk] {
            let pong: Value = client.done("ping", json!({"asOf": early})).await;
            assert_eq!(pong["changed"], true, "{early}");
        }
    }
}

#[tokio::test]
async fn a_ping_without_as_of_gets_what_it_always_got() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    anna.order().await;
    let (phone, desk) = (anna.connect().await, ben.connect().await);
    for (client, has_shop) in [(&phone, true), (&desk, false)] {
        for fields in [json!({}), json!({"asOf": null}), json!({"since": "2026-03-01T09:30:00.000Z"})] {
            let pong: Value = client.done("ping", fields).await;
            assert!(pong.get("changed").is_none() && pong.get("shop").is_some() == has_shop, "{pong}");
        }
        for wrong in [json!(7), json!("yesterday"), json!(""), json!([]), json!({}), json!(true)] {
            let refused = client.refused("ping", json!({"asOf": wrong}), Code::InvalidRequest).await;
            assert!(refused.message.contains("asOf"), "{refused:?}");
        }
        // Without a `requestId` there is no answer.
        client.send_text(json!({"action": "ping", "asOf": "2026-03-01T09:30:00.000Z"}).to_string()).await;
        let is_answer = |event: &Event| matches!(event, Event::Ack { body: AckBody::Pong { .. }, .. });
        assert!(!client.drain().await.iter().any(is_answer));
    }
}
