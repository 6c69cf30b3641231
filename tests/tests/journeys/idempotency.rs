//! A repeated message is stored once, however late and however often it is repeated. The same holds
//! for orders.

use std::collections::BTreeSet;

use domain::{ConversationStatus, Message, OrderStatus};
use futures_util::future::join_all;
use protocol::{Code, MessageAnswer, OrderAnswer};
use serde_json::json;
use tests::{Shop, User, client_message_id, lamp};
use uuid::Uuid;

/// The copies of message `id` in the conversation. The `seq`s must be 1, 2, 3, ….
async fn stored(user: &User, conversation: &domain::ConversationId, id: Uuid) -> Vec<Message> {
    let all = user.messages(conversation).await;
    let numbers: Vec<_> = all.iter().map(|message| message.seq).collect();
    assert_eq!(numbers, (1..=all.len() as u64).collect::<Vec<_>>());
    assert_eq!(user.conversation(conversation).await.last_seq, all.len() as u64);
    all.into_iter().filter(|message| message.client_message_id == Some(id)).collect()
}

#[tokio::test]
async fn a_repeat_right_after_is_answered_with_the_same_message() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let conversation = anna.order().await.conversation.id;
    let phone = anna.connect().await;
    for seen in [None, Some(1)] {
        let id = client_message_id();
        let first = phone.send(&conversation, id, "hi", seen).await.unwrap();
        let second = phone.send(&conversation, id, "hi", seen).await.unwrap();
        assert_eq!((first.duplicate, second.duplicate), (false, true));
        let third = anna.post_message(&conversation, id, "hi", seen).await.ok::<MessageAnswer>().message;
        assert_eq!((&first.message, &first.message), (&second.message, &third));
        assert_eq!(stored(&anna, &conversation, id).await, [first.message]);
    }
    let id = client_message_id();
    let first = anna.post_message(&conversation, id, "hi", Some(3)).await.expect::<MessageAnswer>(201).message;
    let second = phone.send(&conversation, id, "hi", Some(3)).await.unwrap();
    assert_eq!((second.duplicate, second.message), (true, first));
}

#[tokio::test]
async fn a_repeat_with_another_text_is_still_the_first_message() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let conversation = anna.order().await.conversation.id;
    let id = client_message_id();
    let first = anna.post_message(&conversation, id, "first", Some(1)).await.expect::<MessageAnswer>(201).message;
    let second = anna.post_message(&conversation, id, "second", Some(1)).await.ok::<MessageAnswer>().message;
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_repeat_is_found_after_many_other_messages() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let conversation = anna.order().await.conversation.id;
    let phone = anna.connect().await;
    let id = client_message_id();
    let first = phone.send(&conversation, id, "early", Some(1)).await.unwrap().message;
    shop.fill(&conversation, 150).await;
    let again = phone.send(&conversation, id, "early", Some(1)).await.unwrap();
    assert_eq!((again.duplicate, &again.message), (true, &first));
    let again = anna.post_message(&conversation, id, "early", Some(1)).await.ok::<MessageAnswer>().message;
    assert_eq!(again, first);
    assert_eq!(stored(&anna, &conversation, id).await, [first]);
}

#[tokio::test]
async fn without_seen_seq_the_newest_hundred_are_searched() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let conversation = anna.order().await.conversation.id;
    let id = client_message_id();
    let first = anna.post_message(&conversation, id, "early", None).await.expect::<MessageAnswer>(201).message;
    shop.fill(&conversation, 99).await;
    let again = anna.post_message(&conversation, id, "early", None).await.ok::<MessageAnswer>().message;
    assert_eq!(again, first);
    assert_eq!(stored(&anna, &conversation, id).await, [first]);
}

/// A new message with an old `seenSeq` is stored.
#[tokio::test]
async fn a_new_message_with_an_old_seen_seq_is_stored_at_the_end() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let conversation = anna.order().await.conversation.id;
    shop.fill(&conversation, 30).await;
    for (number, seen) in [0, 1, 15, 31].into_iter().enumerate() {
        let id = client_message_id();
        let sent = anna.post_message(&conversation, id, "late", Some(seen)).await;
        assert_eq!(sent.expect::<MessageAnswer>(201).message.seq, 32 + number as u64);
        let sent = anna.post_message(&conversation, id, "late", Some(seen)).await;
        assert_eq!(sent.ok::<MessageAnswer>().message.seq, 32 + number as u64);
    }
}

/// A false `seenSeq` can harm only the deduplication of the sender's own repeats.
#[tokio::test]
async fn a_false_seen_seq_makes_no_gap() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let conversation = anna.order().await.conversation.id;
    for seen in [2, 3, 1_000_000, (1 << 53) - 1, u64::MAX] {
        let sent = anna.post_message(&conversation, client_message_id(), "lie", Some(seen)).await;
        assert!([201, 422].contains(&sent.status), "{sent:?}");
    }
    let id = client_message_id();
    let honest = ben.post_message(&conversation, id, "honest", None).await.expect::<MessageAnswer>(201).message;
    assert_eq!(stored(&ben, &conversation, id).await, [honest]);
}

#[tokio::test]
async fn a_repeat_is_answered_after_closing_and_archiving() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let conversation = anna.order().await.conversation.id;
    let phone = anna.connect().await;
    let id = client_message_id();
    let first = phone.send(&conversation, id, "hi", Some(1)).await.unwrap().message;
    ben.say(&conversation, "bye").await;

    ben.set_status(&conversation, ConversationStatus::Closed).await;
    for seen in [None, Some(1)] {
        let answer = anna.post_message(&conversation, id, "hi", seen).await.ok::<MessageAnswer>();
        assert_eq!(answer.message, first);
    }
    let again = phone.send(&conversation, id, "hi", Some(1)).await.unwrap();
    assert_eq!((again.duplicate, &again.message), (true, &first));
    anna.post_message(&conversation, client_message_id(), "new", Some(3)).await.refused(Code::ConversationClosed);

    // A repeat is not a new message, so an archived conversation stays archived.
    ben.set_status(&conversation, ConversationStatus::Archived).await;
    anna.post_message(&conversation, id, "hi", Some(1)).await.ok::<MessageAnswer>();
    assert_eq!(anna.conversation(&conversation).await.status, ConversationStatus::Archived);
}

#[tokio::test]
async fn ten_concurrent_copies_are_stored_once() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let conversation = anna.order().await.conversation.id;
    let (phone, laptop) = (anna.connect().await, anna.connect().await);
    let mut seen_seq = 1;
    for with_seen in [true, false, true, false, true] {
        let id = client_message_id();
        let seen = with_seen.then_some(seen_seq);
        let rest = join_all((0..4).map(|_| anna.post_message(&conversation, id, "hi", seen)));
        let sockets = join_all((0..6).map(|n| [&phone, &laptop][n % 2].send(&conversation, id, "hi", seen)));
        let (rest, sockets) = tokio::join!(rest, sockets);
        let mut news = 0;
        let mut messages: Vec<Message> = Vec::new();
        for answer in rest {
            news += u32::from(answer.status == 201);
            messages.push(answer.expect::<MessageAnswer>(answer.status).message);
        }
        for answer in sockets {
            let answer = answer.unwrap();
            news += u32::from(!answer.duplicate);
            messages.push(answer.message);
        }
        assert_eq!(news, 1, "one of ten stored it");
        assert!(messages.iter().all(|message| *message == messages[0]), "{messages:?}");
        assert_eq!(stored(&anna, &conversation, id).await, messages[..1]);
        seen_seq = messages[0].seq;
    }
}

#[tokio::test]
async fn copies_among_other_messages_are_stored_once() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let conversation = anna.order().await.conversation.id;
    let id = client_message_id();
    let admins: Vec<User> = (0..8).map(|n| shop.admin(&format!("admin{n}"))).collect();
    let others = join_all(admins.iter().map(|admin| async {
        for n in 0..5 {
            admin.say(&conversation, &format!("{} {n}", admin.id)).await;
        }
    }));
    let copies = join_all((0..10).map(|_| anna.post_message(&conversation, id, "hi", Some(1))));
    let (_, copies) = tokio::join!(others, copies);
    let numbers: BTreeSet<u64> =
        copies.iter().map(|copy| copy.expect::<MessageAnswer>(copy.status).message.seq).collect();
    assert_eq!(numbers.len(), 1, "{copies:?}");
    assert_eq!(stored(&anna, &conversation, id).await.len(), 1);
    assert_eq!(anna.conversation(&conversation).await.last_seq, 42);
}

#[tokio::test]
async fn concurrent_sends_get_consecutive_numbers() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let conversation = anna.order().await.conversation.id;
    let mut senders: Vec<User> = (0..5).map(|n| shop.admin(&format!("admin{n}"))).collect();
    senders.push(anna.clone());
    let mut clients = Vec::new();
    for sender in &senders {
        clients.push(sender.connect().await);
    }
    let sent = join_all(clients.iter().map(|client| async {
        let mut numbers = Vec::new();
        for n in 0..10 {
            // `seenSeq` is the sender's last acknowledged message, so the compare-and-swap often
            // fails.
            let seen = numbers.last().copied().unwrap_or(1);
            let sent = client.send(&conversation, client_message_id(), &format!("{n}"), Some(seen)).await.unwrap();
            assert!(!sent.duplicate);
            numbers.push(sent.message.seq);
        }
        numbers
    }))
    .await;
    for numbers in &sent {
        assert!(numbers.is_sorted_by(|a, b| a < b), "a sender's own order: {numbers:?}");
    }
    let numbers: BTreeSet<u64> = sent.iter().flatten().copied().collect();
    assert_eq!(numbers, (2..=61).collect());
    for (sender, numbers) in senders.iter().zip(&sent) {
        let stored = anna.messages(&conversation).await;
        let own: Vec<_> = stored.iter().filter(|message| message.sender.user_id == sender.id).collect();
        assert_eq!(own.iter().map(|message| message.seq).collect::<Vec<_>>(), *numbers);
        assert!(own.iter().enumerate().all(|(n, message)| message.body == n.to_string()));
    }
}

#[tokio::test]
async fn client_message_ids_are_per_sender_and_conversation() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let (one, two) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    let id = client_message_id();
    // An admin may have the same user id as a customer.
    let namesake = shop.admin("anna");
    for (number, user) in [&anna, &ben, &namesake].into_iter().enumerate() {
        let message = user.post_message(&one, id, &user.id, Some(1)).await.expect::<MessageAnswer>(201).message;
        assert_eq!(message.seq, 2 + number as u64);
    }
    assert_eq!(stored(&anna, &one, id).await.len(), 3);
    anna.post_message(&two, id, "elsewhere", Some(1)).await.expect::<MessageAnswer>(201);
}

#[tokio::test]
async fn an_order_with_an_idempotency_key_is_placed_once() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let first: OrderAnswer = anna.order_once("key", &lamp()).await.expect(201);
    let second: OrderAnswer = anna.order_once("key", &lamp()).await.ok();
    assert_eq!(first, second);

    let another = json!({"items": [{"title": "Lamp", "quantity": 3, "unitPrice": 1250}], "currency": "EUR"});
    anna.order_once("key", &another).await.refused(Code::IdempotencyMismatch);
    assert_eq!(anna.stats().await.total, 1);

    // The idempotency key belongs to its caller. The same key of somebody else creates another
    // order.
    let other: OrderAnswer = shop.customer("bob").order_once("key", &lamp()).await.expect(201);
    assert_ne!(other.order.id, first.order.id);
    // The repeat returns the same order, also after its status has changed.
    ben.set_order_status(&first.order.id, OrderStatus::Confirmed).await;
    ben.say(&first.conversation.id, "hi").await;
    let third: OrderAnswer = anna.order_once("key", &lamp()).await.ok();
    assert_eq!((third.order.id, third.order.status), (first.order.id, OrderStatus::Confirmed));
    assert_eq!(anna.messages(&first.conversation.id).await.len(), 3);
    // Without a key every request creates an order.
    assert_ne!(anna.order().await.order.id, anna.order().await.order.id);
}

#[tokio::test]
async fn ten_concurrent_orders_with_one_key_are_one_order() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let desk = ben.connect().await;
    let body = lamp();
    let placed = join_all((0..10).map(|_| anna.order_once("key", &body))).await;
    assert_eq!(placed.iter().filter(|answer| answer.status == 201).count(), 1, "{placed:?}");
    let ids: BTreeSet<_> = placed.iter().map(|it| it.expect::<OrderAnswer>(it.status).order.id).collect();
    assert_eq!(ids.len(), 1);
    let conversation = placed[0].expect::<OrderAnswer>(placed[0].status).conversation.id;
    assert_eq!(anna.messages(conversation).await.len(), 1);
    assert_eq!((anna.stats().await.total, ben.stats().await.total), (1, 1));
    let created = desk.drain().await;
    assert!(created.iter().all(|event| matches!(event, protocol::Event::OrderCreated { .. })), "{created:?}");
    assert!(!created.is_empty());
}
