//! Imports are idempotent, also while people use the system.

use domain::{ConversationId, Message, OrderStatus};
use tests::importer::{Importer, shared_id, table};
use tests::legacy_shop::{self, ADMINS, Shape};
use tests::{Shop, User};

use crate::{ORDERS, database_of, first, imported_orders, owner};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_changes_nothing() {
    let (shop, database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    importer.run(&database.url, &shop).await.unwrap();
    let before = table(&shop).await;
    let (code, out, _) = importer.process(&database.url, &shop, &[]).await;
    assert_eq!(table(&shop).await, before);
    assert_eq!(code, 1);
    assert!(out.contains("Nothing changed"), "{out}");
    assert!(out.contains(&format!("{:>10} unchanged", imported_orders(ORDERS).count())), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing() {
    let (shop, mut database, mut importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    importer.dry_run = true;
    let would = importer.run(&database.url, &shop).await.unwrap();
    assert!(table(&shop).await.is_empty());
    importer.dry_run = false;
    assert_eq!(importer.run(&database.url, &shop).await.unwrap(), would);

    importer.dry_run = true;
    let before = table(&shop).await;
    database.run("UPDATE sales SET status = 'confirmed', updatedAt = '2022-01-01' WHERE id = 1").await;
    assert_eq!(importer.run(&database.url, &shop).await.unwrap().updated, 1);
    assert_eq!(table(&shop).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_concurrent_runs_are_safe() {
    let mut database = database_of(ORDERS).await;
    for n in 0..250 {
        let talk = first(Shape::Talk) * 10;
        legacy_shop::say(&mut database, 900_000 + n, talk, 91, "text", &format!("long {n}"), Some(100 + n)).await;
    }
    let (whole, shop) = (Shop::open().await, Shop::open().await);
    let (one, other) = (Importer::new(), Importer::new());
    one.run(&database.url, &whole).await.unwrap();
    let (first, second) = tokio::join!(one.run(&database.url, &shop), other.run(&database.url, &shop));
    let (first, second) = (first.unwrap(), second.unwrap());
    let all = imported_orders(ORDERS).count() as u64;
    assert_eq!(first.created + second.created, all);
    assert_eq!(first.unchanged + second.unchanged, all);
    assert_eq!(table(&shop).await, table(&whole).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_changes_are_imported_and_new_messages_stay() {
    let (shop, mut database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    importer.run(&database.url, &shop).await.unwrap();
    let (silent, talked, loud) = (first(Shape::Silent), first(Shape::Talk), first(Shape::Archived));
    let (customer, talk) = (owner(&shop, talked), shared_id(talked).conversation_id());
    let admin = shop.admin(&ADMINS[talked as usize % 2].to_string());
    customer.say(&talk, "said here").await;
    let here = admin.set_order_status(shared_id(loud).order_id(), OrderStatus::Cancelled).await;
    assert_eq!(here.order.status, OrderStatus::Cancelled);

    // A status that no admin can set here, a message, a receipt and a price; and an order whose
    // status changed on both sides.
    database.run(&format!("UPDATE sales SET status = 'completed', updatedAt = '2022-02-02' WHERE id = {silent}")).await;
    legacy_shop::say(&mut database, 800_000, talked * 10, admin.id.parse().unwrap(), "text", "said there", Some(30))
        .await;
    legacy_shop::read(&mut database, talked * 100 + 2, admin.id.parse().unwrap()).await;
    database.run(&format!("UPDATE sales SET price = 5 WHERE id = {talked}")).await;
    database.run(&format!("UPDATE sales SET status = 'confirmed' WHERE id = {loud}")).await;
    let counts = admin.stats().await;
    let import_counts = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!((import_counts.created, import_counts.updated), (0, 2));
    assert!(importer.refusals()[&("order".to_owned(), loud.to_string())].contains("cancelled here"));

    let messages = customer.messages(&talk).await;
    let last: Vec<&str> = messages.iter().rev().take(2).map(|message| message.body.as_str()).collect();
    assert_eq!(last, ["said there", "said here"]);
    assert_eq!(customer.conversation(&talk).await.unread, Some(2));
    assert_eq!(admin.conversation(&talk).await.unread, Some(2), "two read there, one unread, and one said here");
    assert_eq!(customer.sale(shared_id(talked).order_id()).await.order.total, 500);
    let moved = owner(&shop, silent).sale(shared_id(silent).order_id()).await;
    assert_eq!(moved.order.status, OrderStatus::Completed);
    assert_eq!(moved.order.updated_at.to_string(), "2022-02-02T00:00:00.000Z");
    let now = admin.stats().await;
    assert_eq!((now.completed, now.pending, now.total), (counts.completed + 1, counts.pending - 1, counts.total));
    assert_eq!(admin.sale(shared_id(loud).order_id()).await.order.status, OrderStatus::Cancelled);

    let before = table(&shop).await;
    let again = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!((again.created, again.updated), (0, 0));
    assert_eq!(table(&shop).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn legacy_edits_and_deletions_are_imported() {
    let (shop, mut database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    importer.run(&database.url, &shop).await.unwrap();
    let (talked, odd) = (first(Shape::Talk), first(Shape::OddMessages));
    let (talk, odd_talk) = (shared_id(talked).conversation_id(), shared_id(odd).conversation_id());
    owner(&shop, talked).delete(&talk, 2).await;

    let columns = "ADD COLUMN editedAt DATETIME(3) NULL, ADD COLUMN deletedAt DATETIME(3) NULL";
    database.run(&format!("ALTER TABLE messages {columns}")).await;
    let at = talked * 100;
    for (id, set) in [
        (at, "content = 'edited after it was deleted here', editedAt = '2022-02-02'"),
        (at + 1, "content = 'edited', editedAt = '2022-02-02'"),
        (at + 2, "content = 'secret', editedAt = '2022-02-02', deletedAt = '2022-02-03'"),
        (at + 3, "content = 'without a time'"),
        // An edit before the message was sent is none.
        (at + 4, "content = 'too early', editedAt = '2020-01-01'"),
        // Three parts become one.
        (odd * 100, "content = 'short', editedAt = '2022-02-02'"),
    ] {
        database.run(&format!("UPDATE messages SET {set} WHERE id = {id}")).await;
    }
    let new = "INSERT INTO messages (id, conversationId, senderId, type, content, createdAt, deletedAt)";
    let user = legacy_shop::customer(talked);
    let row = format!("(850000, {}, {user}, 'text', 'secret', '2022-01-01', '2022-01-02')", talked * 10);
    database.run(&format!("{new} VALUES {row}")).await;
    let import_counts = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!((import_counts.created, import_counts.updated), (0, 2));

    let there =
        ["[deleted]", "edited, edited", "[deleted]", "message 3 😀", "message 4 😀", "message 5 😀", "[deleted]"];
    let bodies = texts(&owner(&shop, talked), &talk).await;
    assert_eq!(bodies, there);
    let odd_bodies = texts(&owner(&shop, odd), &odd_talk).await;
    assert_eq!(odd_bodies[..3], ["short, edited", "[deleted]", "[deleted]"]);
    assert!(!format!("{:?}", table(&shop).await).contains("secret"));
    let before = table(&shop).await;
    let again = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!((again.created, again.updated), (0, 0));
    assert_eq!(table(&shop).await, before);

    // A first import takes each message as it is now.
    let fresh = Shop::open().await;
    Importer::new().run(&database.url, &fresh).await.unwrap();
    let bodies = texts(&owner(&fresh, talked), &talk).await;
    assert_eq!(bodies[..3], ["edited after it was deleted here, edited", "edited, edited", "[deleted]"]);
    assert_eq!(bodies[3..], ["without a time", "too early", "message 5 😀", "[deleted]"]);
    assert_eq!(texts(&owner(&fresh, odd), &odd_talk).await[0], "short, edited");
    assert!(!format!("{:?}", table(&fresh).await).contains("secret"));
}

/// The text messages of a conversation, with whether they were edited or deleted.
async fn texts(user: &User, id: &ConversationId) -> Vec<String> {
    let messages = user.messages(id).await.into_iter().filter(|message| message.system.is_none());
    let text = |message: Message| match (message.deleted, message.edited_at) {
        (Some(_), _) if message.body.is_empty() => "[deleted]".to_owned(),
        (None, Some(_)) => format!("{}, edited", message.body),
        _ => message.body,
    };
    messages.map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_can_write_during_an_import() {
    let (shop, mut database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    let live = shop.customer("live").order().await;
    importer.run(&database.url, &shop).await.unwrap();
    let talked: Vec<u32> = imported_orders(ORDERS).filter(|id| Shape::of(*id) == Shape::Talk).collect();
    for round in 0..3u32 {
        for id in &talked {
            for n in 0..5 {
                let key = 700_000 + id * 100 + round * 10 + n;
                legacy_shop::say(&mut database, key, id * 10, 91, "text", &format!("there {key}"), Some(200 + round))
                    .await;
            }
        }
        let chatting = talked.iter().map(|id| {
            let (shop, live) = (&shop, &live);
            async move {
                let customer = owner(shop, *id);
                for n in 0..6 {
                    customer.say(shared_id(*id).conversation_id(), &format!("here {round} {n}")).await;
                }
                shop.admin("live").say(&live.conversation.id, "hello").await;
            }
        });
        let (import_counts, _) =
            tokio::join!(importer.run(&database.url, &shop), futures_util::future::join_all(chatting));
        assert_eq!(import_counts.unwrap().updated, talked.len() as u64);
    }
    for id in talked {
        let messages = owner(&shop, id).messages(shared_id(id).conversation_id()).await;
        let count = |start: &str| messages.iter().filter(|message| message.body.starts_with(start)).count();
        assert_eq!((count("here"), count("there"), messages.len()), (18, 15, 7 + 33));
        assert!(messages.iter().zip(1..).all(|(message, seq)| message.seq == seq));
        let admin = shop.admin("91").conversation(shared_id(id).conversation_id()).await;
        assert_eq!(admin.last_seq, 40);
        assert_eq!(shop.admin("new").conversation(shared_id(id).conversation_id()).await.unread, Some(1 + 3 + 18));
        assert_eq!(owner(&shop, id).conversation(shared_id(id).conversation_id()).await.unread, Some(1 + 15));
    }
    assert_eq!(shop.customer("live").messages(&live.conversation.id).await.len(), 1 + 9);
}
