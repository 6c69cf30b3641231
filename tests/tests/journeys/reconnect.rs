//! A client that was offline gets everything it missed. A restart of the server loses nothing.

use domain::{ConversationStatus, OrderStatus};
use protocol::Event;
use tests::{Shop, client_message_id};

#[tokio::test]
async fn missed_messages_are_found_by_since_and_after() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let quiet = anna.order().await.conversation.id;
    let id = anna.order().await.conversation.id;
    let phone = anna.connect_and_join(&id).await;
    let held = phone.say(&id, "before").await.seq;
    let as_of = anna.conversations("").await.as_of;
    phone.close().await;

    let missed = [ben.say(&id, "one").await, ben.say(&id, "two").await];
    let changed = ben.set_order_status(&anna.conversation(&id).await.order_id, OrderStatus::Confirmed).await;

    let phone = anna.connect_and_join(&id).await;
    let moved = anna.conversations(&format!("since={as_of}")).await;
    let found = moved.items.iter().find(|it| it.id == id).expect("it moved up since");
    assert_eq!((found.last_seq, found.unread, found.order.status), (5, Some(3), OrderStatus::Confirmed));
    let after = anna.history(&id, &format!("after={held}")).await;
    assert_eq!(after.messages, [missed[0].clone(), missed[1].clone(), changed.message.unwrap()]);
    assert!(!after.has_more);
    assert_eq!(anna.history(&quiet, "after=1").await.messages, []);
    // Pushes continue after the last message of the sync.
    let next = ben.say(&id, "three").await;
    let event = phone.wait_for("the next", |event| matches!(event, Event::NewMessage { .. })).await;
    assert!(matches!(event, Event::NewMessage { message, .. } if message == next));
}

/// A client that joins first and then syncs misses nothing: every message comes by the sync or by a
/// push.
#[tokio::test]
async fn connecting_while_others_write_misses_nothing() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let talk = async {
        for n in 0..20 {
            ben.say(&id, &format!("{n}")).await;
        }
    };
    let listen = async {
        let phone = anna.connect_and_join(&id).await;
        let synced = anna.messages(&id).await;
        (phone, synced)
    };
    let ((), (phone, synced)) = tokio::join!(talk, listen);
    let mut seen: Vec<u64> = synced.iter().map(|message| message.seq).collect();
    for event in phone.drain().await {
        if let Event::NewMessage { message, .. } | Event::OrderMessageUpdate { message, .. } = event {
            seen.push(message.seq);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, (1..=21).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open_in(folder.path()).await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order_once("key", &tests::lamp()).await.expect::<protocol::OrderAnswer>(201);
    let (order, id) = (placed.order.id, placed.conversation.id);
    let other = anna.order().await.conversation.id;
    let message_id = client_message_id();
    anna.post_message(&id, message_id, "hi", Some(1)).await.expect::<protocol::MessageAnswer>(201);
    ben.say(&id, "hello").await;
    ben.read(&id, 2).await;
    ben.set_order_status(&order, OrderStatus::Confirmed).await;
    ben.set_status(&other, ConversationStatus::Archived).await;

    let look = async |shop: &Shop| {
        let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
        let mut inbox = ben.all_conversations("").await;
        inbox.sort_by(|a, b| a.id.cmp(&b.id));
        (anna.sale(&order).await.order, anna.messages(&id).await, inbox, anna.stats().await, ben.stats().await)
    };
    let before = look(&shop).await;
    let phone = anna.connect().await;
    shop.close().await;
    assert_eq!(phone.closed().await, 1001);

    let shop = Shop::open_in(folder.path()).await;
    assert_eq!(look(&shop).await, before);
    // The secret is kept too: a token from before the restart is valid.
    let anna = shop.customer("anna").with_token(anna.token.as_deref());
    assert_eq!(anna.stats().await.total, 2);
    // A repeat from before the restart is still recognised, and the conversation continues.
    let again = anna.post_message(&id, message_id, "hi", Some(1)).await.ok::<protocol::MessageAnswer>().message;
    assert_eq!(again.seq, 2);
    let again = anna.order_once("key", &tests::lamp()).await.ok::<protocol::OrderAnswer>();
    assert_eq!(again.order.id, order);
    let phone = anna.connect_and_join(&id).await;
    assert_eq!(phone.say(&id, "back").await.seq, 5);
}

/// Rows of connections that did not end cleanly do no harm: the user is not online, and no event is
/// sent.
#[tokio::test]
async fn a_client_reconnects_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open_in(folder.path()).await;
    let id = shop.customer("anna").order().await.conversation.id;
    let _phone = shop.customer("anna").connect_and_join(&id).await;
    shop.close().await;

    let shop = Shop::open_in(folder.path()).await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    let said = desk.say(&id, "welcome back").await;
    let events = phone.drain().await;
    assert!(matches!(&events[..], [Event::NewMessage { message, .. }] if *message == said), "{events:?}");
}
