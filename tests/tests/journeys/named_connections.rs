//! A message that is sent over REST may name the sender's connection. It is then not pushed to that
//! connection, because the answer brings it. Nothing else changes: every other connection gets its push, and a name that
//! is not the sender's open connection silences nobody.

use protocol::{Code, Event, MessageAnswer};
use serde_json::{Value, json};
use tests::{Client, Shop, User, client_message_id};

/// The `seq` of each message that was pushed to a connection.
async fn pushed(client: &Client) -> Vec<u64> {
    let seq = |event| match event {
        Event::NewMessage { message, .. } | Event::OrderMessageUpdate { message, .. } => Some(message.seq),
        Event::Presence { .. } => None,
        other => panic!("unexpected {other:?}"),
    };
    client.drain().await.into_iter().filter_map(seq).collect()
}

/// Sends a new message that names a connection. Returns its `seq`.
async fn say_from(user: &User, id: &domain::ConversationId, connection_id: &str) -> u64 {
    let answer = user.post_message_from(id, client_message_id(), "hello", None, Some(connection_id)).await;
    answer.expect::<MessageAnswer>(201).message.seq
}

#[tokio::test]
async fn what_the_answer_brings_is_not_pushed_to_the_named_connection() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let (phone, laptop) = (anna.connect_and_join(&id).await, anna.connect_and_join(&id).await);
    let (watch, desk, counter) = (anna.connect().await, ben.connect_and_join(&id).await, ben.connect().await);
    let everyone = [&phone, &laptop, &watch, &desk, &counter];
    for client in everyone {
        client.drain().await;
    }
    let named = phone.connection_id().unwrap();
    assert_ne!(Some(named), laptop.connection_id());

    let message = say_from(&anna, &id, named).await;
    assert_eq!(pushed(&phone).await, [0; 0]);
    for other in &everyone[1..] {
        assert_eq!(pushed(other).await, [message]);
    }

    // Without a name all get it. So does the named one what somebody else writes.
    let (own, others) = (anna.say(&id, "again").await.seq, say_from(&ben, &id, desk.connection_id().unwrap()).await);
    assert_eq!(pushed(&phone).await, [own, others]);
    assert_eq!(pushed(&desk).await, [own]);
}

#[tokio::test]
async fn the_last_message_sent_again_is_pushed_to_all_but_the_connection_that_is_named_then() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let (before, now) = (anna.connect_and_join(&id).await, anna.connect_and_join(&id).await);
    let client_id = client_message_id();
    for (client, status) in [(&before, 201), (&now, 200)] {
        let answer = anna.post_message_from(&id, client_id, "hello", Some(1), client.connection_id()).await;
        assert_eq!(answer.expect::<MessageAnswer>(status).message.seq, 2);
    }
    assert_eq!(pushed(&before).await, [2]);
    assert_eq!(pushed(&now).await, [2]);
}

/// Nobody can use the name to keep a message from somebody, also not from the same id in the other
/// role.
#[tokio::test]
async fn another_persons_connection_is_pushed_to_although_it_is_named() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let (admin_anna, eve) = (shop.admin("anna"), shop.customer("eve"));
    let id = anna.order().await.conversation.id;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    let stranger = eve.connect_and_join(eve.order().await.conversation.id).await;
    for client in [&phone, &desk, &stranger] {
        client.drain().await;
    }
    let (phone_id, desk_id) = (phone.connection_id().unwrap(), desk.connection_id().unwrap());

    let sent = [
        say_from(&anna, &id, desk_id).await,
        say_from(&cleo, &id, desk_id).await,
        say_from(&ben, &id, phone_id).await,
        say_from(&admin_anna, &id, phone_id).await,
        say_from(&anna, &id, stranger.connection_id().unwrap()).await,
    ];
    assert_eq!(pushed(&phone).await, sent);
    assert_eq!(pushed(&desk).await, sent);
    assert_eq!(pushed(&stranger).await, [0; 0]);
}

#[tokio::test]
async fn a_name_that_is_no_open_connection_is_ignored() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let (phone, laptop) = (anna.connect_and_join(&id).await, anna.connect_and_join(&id).await);
    let gone = laptop.connection_id().unwrap().to_owned();
    laptop.close().await;
    let long = "x".repeat(10_000);
    for (name, seq) in [&*gone, "", "💡", "' OR 1=1", "C#", &long].into_iter().zip(2..) {
        assert_eq!(say_from(&anna, &id, name).await, seq);
        assert_eq!(pushed(&phone).await, [seq], "{name}");
    }
    let messages = format!("/api/chat/conversations/{id}/messages");
    for malformed in [json!(7), json!(["a"]), json!({}), json!(true)] {
        let body = json!({"clientMessageId": client_message_id(), "body": "hello", "connectionId": malformed});
        anna.post(&messages, &body).await.refused(Code::InvalidRequest);
    }
    let absent = json!({"clientMessageId": client_message_id(), "body": "hello", "connectionId": Value::Null});
    anna.post(&messages, &absent).await.expect::<MessageAnswer>(201);
    assert_eq!(pushed(&phone).await, [8]);
}
