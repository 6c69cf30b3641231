//! An import that is killed at any point, and the next run.

use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::OrderStatus;
use tests::Shop;
use tests::importer::{Importer, items, shared_id, table};
use tests::legacy_shop::{self, Shape};
use tests::mariadb::Database;

use crate::{ORDERS, database_of, first, imported_orders, owner};

/// The number of runs that are killed.
const KILLS: u32 = 24;

/// `KILL_SEED` repeats a failure. The process may be killed at a slightly different point.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_resumes_to_the_same_result() {
    let seed = std::env::var("KILL_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("KILL_SEED={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);

    let (whole, shop, importer) = (Shop::open().await, Shop::open().await, Importer::new());
    let mut database = database_of(ORDERS / 2).await;
    importer.run(&database.url, &whole).await.unwrap();
    people_talk(&whole).await;
    change_legacy_shop(&mut database).await;
    copy(&whole, &shop).await;
    let before = table(&whole).await;
    assert_eq!(table(&shop).await, before);

    let began = Instant::now();
    let (_, out, error) = importer.process(&database.url, &whole, &["--concurrency", "3"]).await;
    let took = began.elapsed();
    let expected = table(&whole).await;
    assert_ne!(expected, before, "{out}{error}");

    let (mut now, mut cut) = (before, 0);
    for round in 0..KILLS {
        let child = importer.spawn(&database.url, &shop, &["--concurrency", "3"]);
        if round % 2 == 0 {
            tokio::time::sleep(took.mul_f64(rng.f64() / 2.0)).await;
        } else {
            // As soon as it has written something.
            while now != expected && table(&shop).await == now {}
        }
        let killed = child.kill();
        let then = table(&shop).await;
        cut += u32::from(killed && then != now && then != expected);
        now = then;
    }
    println!("{cut} of {KILLS} in the middle of writing, of a run that takes {took:.0?}");
    assert!(cut > 1, "{cut} of {KILLS} killed in the middle");
    let (_, out, error) = importer.process(&database.url, &shop, &[]).await;
    assert_eq!(table(&shop).await, expected, "{out}{error}");
    let messages = owner(&shop, new_talk()).messages(shared_id(new_talk()).conversation_id()).await;
    assert_eq!(messages.len(), 407);
}

/// An order with a conversation that was added to the legacy shop after the first import.
fn new_talk() -> u32 {
    imported_orders(ORDERS).find(|id| *id > ORDERS / 2 && Shape::of(*id) == Shape::Talk).unwrap()
}

/// Uses this system between two imports: creates an order, and writes in imported conversations.
async fn people_talk(shop: &Shop) {
    let (live, admin) = (shop.customer("live"), shop.admin("91"));
    let conversation = live.order().await.conversation.id;
    live.say(&conversation, "born here").await;
    admin.read(&conversation, 2).await;
    for shape in [Shape::Talk, Shape::Twice, Shape::Archived] {
        let (customer, id) = (owner(shop, first(shape)), shared_id(first(shape)).conversation_id());
        customer.say(&id, "said here").await;
        admin.say(&id, "heard here").await;
        customer.read(&id, 2).await;
    }
    admin.set_order_status(shared_id(first(Shape::Archived)).order_id(), OrderStatus::Cancelled).await;
}

/// Changes the legacy shop after the first import: orders, messages, receipts, statuses and prices.
async fn change_legacy_shop(database: &mut Database) {
    for id in ORDERS / 2 + 1..=ORDERS {
        legacy_shop::add(database, id).await;
    }
    // More messages than fit into one transaction.
    for n in 0..400 {
        let text = format!("long {n}");
        legacy_shop::say(database, 900_000 + n, new_talk() * 10, 91, "text", &text, Some(100 + n)).await;
    }
    for shape in [Shape::Talk, Shape::Twice] {
        for n in 0..20 {
            let (key, text) = (800_000 + first(shape) * 100 + n, format!("there {n}"));
            legacy_shop::say(database, key, first(shape) * 10, 91, "text", &text, Some(100 + n)).await;
            legacy_shop::read(database, key, 91).await;
        }
    }
    let (moved, both) = (first(Shape::Silent), first(Shape::Archived));
    database.run(&format!("UPDATE sales SET status = 'completed' WHERE id IN ({moved}, {both})")).await;
    database.run(&format!("UPDATE sales SET price = 5 WHERE id = {}", first(Shape::Closed))).await;
}

/// Copies the table of `from` into that of `to`.
async fn copy(from: &Shop, to: &Shop) {
    let client = aws_sdk_dynamodb::Client::new(to.sdk());
    let puts = items(from).await.into_iter().map(|item| {
        let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    });
    for batch in puts.collect::<Vec<_>>().chunks(25) {
        client.batch_write_item().request_items(to.table(), batch.to_vec()).send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_written_ahead_by_a_killed_run_are_removed() {
    let (mut database, importer) = (database_of(2).await, Importer::new());
    let (id, talk) = (first(Shape::Talk), first(Shape::Talk) * 10);
    for n in 0..300 {
        legacy_shop::say(&mut database, 900_000 + n, talk, 91, "text", &format!("long {n}"), Some(100 + n)).await;
    }
    // The run is killed after it has written log entries and before it has written their order.
    // Before the next run, most of the messages are deleted from the legacy shop.
    let shop = loop {
        let shop = Shop::open().await;
        let theirs = async |kind: char| {
            let all =
                items(&shop).await.into_iter().filter(|item| item["pk"].as_s().unwrap() == shared_id(id).as_str());
            all.filter(|item| item["sk"].as_s().unwrap().starts_with(kind)).count()
        };
        let mut child = importer.spawn(&database.url, &shop, &[]);
        while child.runs() && theirs('L').await < 80 {}
        child.kill();
        if theirs('A').await == 0 {
            assert!(theirs('L').await >= 80);
            break shop;
        }
    };
    database.run("DELETE FROM messages WHERE id >= 900002").await;
    importer.run(&database.url, &shop).await.unwrap();
    let customer = owner(&shop, id);
    let conversation = shared_id(id).conversation_id();
    assert_eq!(customer.messages(&conversation).await.len(), 9);
    assert_eq!(customer.say(&conversation, "next").await.seq, 10);
    assert_eq!(customer.messages(&conversation).await[9].body, "next");
    let clean = Shop::open().await;
    importer.run(&database.url, &clean).await.unwrap();
    assert_eq!(table(&clean).await.len() + 1, table(&shop).await.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_written_ahead_by_a_killed_run_are_removed() {
    let (shop, database, importer) = (Shop::open().await, database_of(2).await, Importer::new());
    let id = shared_id(first(Shape::Talk));
    // What a killed run leaves: its claim, and the cursor of an admin who reads no more.
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: u64| AttributeValue::N(number.to_string());
    let claim = [("sk", text("I")), ("claim", text("a killed run"))];
    let cursor = [("sk", text("CUR#gone")), ("r", number(50)), ("a", number(20))];
    let client = aws_sdk_dynamodb::Client::new(shop.sdk());
    for attributes in [claim.to_vec(), cursor.to_vec()] {
        let item = attributes.into_iter().chain([("pk", text(id.as_str()))]);
        let item = item.map(|(name, value)| (name.to_owned(), value)).collect();
        client.put_item().table_name(shop.table()).set_item(Some(item)).send().await.unwrap();
    }
    importer.run(&database.url, &shop).await.unwrap();
    let clean = Shop::open().await;
    importer.run(&database.url, &clean).await.unwrap();
    assert_eq!(table(&shop).await, table(&clean).await);
    assert_eq!(shop.admin("gone").conversation(id.conversation_id()).await.unread, Some(4));
}
