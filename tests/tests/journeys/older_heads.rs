//! Heads that an older version wrote: they name every admin who has done something.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{ConversationId, Role};
use protocol::Event;
use tests::{ListedAdmin, Shop, User};

/// The number of admins in the head.
const LISTED: u64 = 300;

/// The messages of the conversation, true for those of the shop.
const LOG: [bool; 8] = [false, false, true, false, true, true, false, true];

/// How many messages of the customer are after `seq`.
fn unread_after(seq: u64) -> u64 {
    (1..).zip(LOG).filter(|(at, of_shop)| *at > seq && !of_shop).count() as u64
}

fn read_by(number: u64) -> u64 {
    number % LOG.len() as u64
}

fn listed(shop: &Shop, number: u64) -> User {
    shop.admin(&format!("listed{number:03}"))
}

/// A conversation of anna, whose head names [`LISTED`] admins.
async fn conversation(shop: &Shop) -> ConversationId {
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    for of_shop in &LOG[1..] {
        if *of_shop {
            shop.admin("ben").say(&id, "hello").await
        } else {
            anna.say(&id, "hello").await
        };
    }
    let admins = (0..LISTED).map(|number| {
        let read = read_by(number);
        ListedAdmin {
            user_id: listed(shop, number).id,
            read,
            read_shop_count: read - (unread_after(0) - unread_after(read)),
            delivered: read.max(5),
        }
    });
    shop.list_admins_in_head(&id, &admins.collect::<Vec<_>>()).await;
    id
}

async fn own_read(user: &User, id: &ConversationId) -> (u64, Option<u64>) {
    let conversation = user.conversation(id).await;
    let own = conversation.participants.iter().find(|it| it.user_id == user.id && it.role == user.role);
    (own.map_or(0, |own| own.read_seq), conversation.unread)
}

/// The furthest read and delivery cursor of the admins, as the customer sees them.
async fn shop_cursors(shop: &Shop, id: &ConversationId) -> (u64, u64) {
    let all = shop.customer("anna").conversation(id).await.participants;
    let admins = all.iter().filter(|it| it.role == Role::Admin);
    admins.fold((0, 0), |(read, delivered), it| (read.max(it.read_seq), delivered.max(it.delivered_seq)))
}

#[tokio::test]
async fn an_older_head_is_read_as_before() {
    let shop = Shop::open().await;
    let id = conversation(&shop).await;
    let seen = shop.customer("anna").conversation(&id).await;
    assert_eq!(seen.participants.len() as u64, 1 + LISTED);
    assert_eq!((seen.participants[1].name.as_str(), seen.participants[8].read_seq), ("LISTED000", 7));
    assert_eq!(shop_cursors(&shop, &id).await, (7, 7));
    for number in [0, 1, 5, 7, 299] {
        let (admin, read) = (listed(&shop, number), read_by(number));
        assert_eq!(own_read(&admin, &id).await, (read, Some(unread_after(read))), "{number}");
        assert_eq!(admin.conversations("").await.items[0].unread, Some(unread_after(read)), "{number}");
        assert_eq!(admin.connect().await.join(&id).await.unread, Some(unread_after(read)), "{number}");
    }
    assert_eq!(own_read(&shop.admin("new"), &id).await, (0, Some(unread_after(0))));
    // A cursor that does not move is not pushed.
    let desk = shop.admin("ben").connect_and_join(&id).await;
    assert_eq!(listed(&shop, 7).read(&id, 7).await.read_seq, 7);
    assert_eq!(listed(&shop, 3).read(&id, 2).await.read_seq, 3);
    assert!(desk.drain().await.is_empty());
}

/// Every receipt moves its admin out of the head. In the end the head names one.
#[tokio::test]
async fn receipts_and_messages_go_on_and_shrink_an_older_head() {
    let shop = Shop::open().await;
    let id = conversation(&shop).await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let desk = ben.connect_and_join(&id).await;
    // The first receipt is behind what others have read.
    assert_eq!(listed(&shop, 8).read(&id, 3).await.unread, unread_after(3));
    assert_eq!(desk.delivered(&id, 6).await, 7, "an admin has read 7");
    assert_eq!(shop_cursors(&shop, &id).await, (7, 7));
    for number in 0..LISTED {
        let admin = listed(&shop, number);
        let seq = if number % 3 == 0 && read_by(number) < 7 { 7 } else { LOG.len() as u64 };
        let answer = admin.read(&id, seq).await;
        assert_eq!((answer.read_seq, answer.unread), (seq, unread_after(seq)), "{number}");
        assert_eq!(own_read(&admin, &id).await, (seq, Some(unread_after(seq))), "{number}");
        let (read, delivered) = shop_cursors(&shop, &id).await;
        assert!(read >= 7 && delivered >= read, "{number}: {read} {delivered}");
    }
    assert_eq!(shop_cursors(&shop, &id).await, (8, 8));
    let names = |head: &HashMap<String, AttributeValue>, map: &str| head[map].as_m().unwrap().len();
    let head = shop.head_item(&id).await;
    assert_eq!(["an", "ar", "aa", "ad"].map(|map| names(&head, map)), [0; 4]);
    assert_eq!(names(&head, "ag"), usize::try_from(LISTED).unwrap());
    assert_eq!(anna.conversation(&id).await.participants.len(), 2);

    // Everybody can still write. The states of rate limits that are over go with the first message.
    assert_eq!(listed(&shop, 9).say(&id, "I look").await.seq, 9);
    assert_eq!(names(&shop.head_item(&id).await, "ag"), 1);
    assert_eq!(anna.say(&id, "thanks").await.seq, 10);
    assert_eq!(own_read(&listed(&shop, 0), &id).await, (7, Some(1)));
    assert_eq!(own_read(&listed(&shop, 1), &id).await, (8, Some(1)));
    let moved = desk.drain().await.into_iter().filter(|event| matches!(event, Event::MessageRead { .. })).count();
    assert_eq!(moved as u64, LISTED + 1);
}
