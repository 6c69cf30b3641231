//! Orders of an older system come along with their conversations: from a real MariaDB server and from files, once, however
//! often and however badly it runs, and into a table in which people are talking.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use domain::{ConversationStatus, Kind, OrderStatus, System};
use futures_util::{StreamExt, stream};
use import::Tally;
use serde_json::json;
use store::Store;
use tests::importer::{Importer, become_importer, items, peak_memory, table, twin};
use tests::mariadb::{Database, MariaDb};
use tests::old_shop::{self, ADMINS, Shape};
use tests::sieve::sieve;
use tests::throttle::Throttle;
use tests::{Shop, User};

/// Enough that every shape is there three times.
const ORDERS: u32 = 57;

#[test]
#[ignore = "what a test starts to have the importer in a process of its own"]
fn importer_process() {
    become_importer();
}

async fn old_shop(orders: u32) -> Database {
    let mut database = MariaDb::running().database().await;
    old_shop::fill(&mut database, orders).await;
    database
}

/// The first order of a shape.
fn first(shape: Shape) -> u32 {
    (1..=ORDERS).find(|id| Shape::of(*id) == shape).unwrap()
}

fn come_along(orders: u32) -> impl Iterator<Item = u32> {
    (1..=orders).filter(|id| !Shape::of(*id).is_refused())
}

fn owner(shop: &Shop, id: u32) -> User {
    shop.customer(&old_shop::customer(id))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_comes_along_or_says_why_not() {
    let (shop, database, importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
    let tally = importer.run(&database.url, &shop).await.unwrap();

    let created = come_along(ORDERS).count() as u64;
    let refused = u64::from(ORDERS) - created;
    let expected = Tally { read: ORDERS.into(), created, refused, refused_messages: 6, ..Tally::default() };
    assert_eq!(tally, expected);
    let refusals = importer.refusals();
    assert_eq!(refusals.len() as u64, refused + 6);
    let reason = |shape| refusals[&("order".to_owned(), first(shape).to_string())].clone();
    assert_eq!(reason(Shape::NoCustomer), "it has no customer");
    assert_eq!(reason(Shape::Priceless), "it has no price, and nor has its product");
    assert!(reason(Shape::OddStatus).contains("[statuses]"));
    assert_eq!(reason(Shape::NoDate), "it has no date");
    assert!(reason(Shape::Negative).contains("negative"));
    assert!(reason(Shape::Decimals).contains("more decimals than EUR"));

    let admin = shop.admin("91");
    let counts = admin.stats().await;
    assert_eq!(counts.total, created);
    let loud = come_along(ORDERS).filter(|id| Shape::of(*id) == Shape::LoudStatus).count() as u64;
    let confirmed = come_along(ORDERS).filter(|id| Shape::of(*id) == Shape::SystemMessages).count() as u64;
    assert_eq!((counts.completed, counts.confirmed), (loud, confirmed));
    assert_eq!(admin.all_conversations("").await.len() as u64, created);

    for id in come_along(ORDERS) {
        let (customer, twin) = (owner(&shop, id), twin(id));
        let found = customer.sale(twin.order_id()).await;
        assert_eq!(found.order.customer_id, customer.id);
        assert_eq!(found.order.note, Some(format!("No. S-{id}")));
        assert_eq!(
            found.order.total,
            if Shape::of(id) == Shape::LongTitle {
                10_000
            } else if Shape::of(id) == Shape::NoPrice {
                990_050
            } else {
                1_234_560
            }
        );
        assert_eq!(
            found.order.created_at.to_string(),
            format!("2021-03-04T05:{:02}:{:02}.120Z", id / 60 % 60, id % 60)
        );
        let messages = customer.messages(twin.conversation_id()).await;
        let seqs: Vec<u64> = messages.iter().map(|message| message.seq).collect();
        assert_eq!(seqs, (1..=found.conversation.last_seq).collect::<Vec<_>>());
        assert!(matches!(messages[0].system, Some(System::OrderCreated { .. })));
        assert!(messages.is_sorted_by_key(|message| message.created_at));
        assert!(messages.iter().all(|message| message.client_message_id.is_some() == (message.kind == Kind::Text)));
        // And it can be talked in, unless it is over.
        if Shape::of(id) != Shape::Closed {
            let said = customer.say(twin.conversation_id(), "still here?").await;
            assert_eq!(said.seq, messages.len() as u64 + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_and_read_is_as_it_was() {
    let (shop, database, importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
    importer.run(&database.url, &shop).await.unwrap();
    let bodies = async |shape| {
        let id = first(shape);
        let messages = owner(&shop, id).messages(twin(id).conversation_id()).await;
        messages.into_iter().map(|message| message.body).skip(1).collect::<Vec<_>>()
    };
    let numbered = |n: u32| format!("message {n} 😀");
    assert_eq!(bodies(Shape::Talk).await, (0..6).map(numbered).collect::<Vec<_>>());
    assert_eq!(bodies(Shape::Twice).await, (0..6).map(|n| format!("message {n}")).collect::<Vec<_>>());
    assert_eq!(bodies(Shape::ZeroDateMessage).await, ["first", "when?", "last"]);
    assert_eq!(
        bodies(Shape::OddMessages).await,
        ["ß".repeat(4_000), "ß".repeat(4_000), "ß".repeat(1_000), "one\ntwo".to_owned()]
    );
    assert_eq!(bodies(Shape::SystemMessages).await, ["please", "Order confirmed"]);
    assert!(bodies(Shape::Silent).await.is_empty());

    // Of six, three are the shop's: the customer has read two of them, and the admin one of the customer's three.
    let id = first(Shape::Talk);
    let (customer, admin) = (owner(&shop, id), shop.admin(&ADMINS[id as usize % 2].to_string()));
    assert_eq!(customer.conversation(twin(id).conversation_id()).await.unread, Some(1));
    assert_eq!(admin.conversation(twin(id).conversation_id()).await.unread, Some(2));
    // An admin who was never there has read nothing: the order, and three messages.
    assert_eq!(shop.admin("new").conversation(twin(id).conversation_id()).await.unread, Some(4));
    let participants = customer.conversation(twin(id).conversation_id()).await.participants;
    let named: Vec<_> = participants.iter().map(|it| (it.user_id.as_str(), it.name.as_str())).collect();
    assert_eq!(
        named,
        [
            (customer.id.as_str(), format!("Zoë {} 🚗", customer.id).as_str()),
            (admin.id.as_str(), format!("Admin {}", admin.id).as_str())
        ]
    );

    let silent = first(Shape::Silent);
    let new = owner(&shop, silent).order().await;
    let old = owner(&shop, silent).sale(twin(silent).order_id()).await;
    assert_eq!(
        (new.conversation.unread, new.conversation.last_seq),
        (old.conversation.unread, old.conversation.last_seq)
    );
    for (shape, status) in [
        (Shape::Archived, ConversationStatus::Archived),
        (Shape::Closed, ConversationStatus::Closed),
        (Shape::Twice, ConversationStatus::Active),
    ] {
        assert_eq!(admin.conversation(twin(first(shape)).conversation_id()).await.status, status);
    }
    let long = owner(&shop, first(Shape::LongTitle)).sale(twin(first(Shape::LongTitle)).order_id()).await;
    assert_eq!(long.order.items[0].title.chars().count(), 200);
    assert_eq!(long.order.items[0].image_url, None);
    let item = &owner(&shop, id).sale(twin(id).order_id()).await.order.items[0];
    assert_eq!(
        (item.title.as_str(), item.image_url.as_deref()),
        ("Škoda Octavia 2011", Some("https://cars.example/1.jpg"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_changes_nothing_and_says_so() {
    let (shop, database, importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
    importer.run(&database.url, &shop).await.unwrap();
    let before = table(&shop).await;
    let (code, out, _) = importer.process(&database.url, &shop, &[]).await;
    assert_eq!(table(&shop).await, before);
    assert_eq!(code, 1);
    assert!(out.contains("Nothing changed"), "{out}");
    assert!(out.contains(&format!("{:>10} unchanged", come_along(ORDERS).count())), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing() {
    let (shop, mut database, mut importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
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
async fn killed_anywhere_and_started_again_it_ends_the_same() {
    let mut database = old_shop(ORDERS).await;
    // One with a history that takes several transactions.
    let (id, talk) = (first(Shape::Talk), first(Shape::Talk) * 10);
    for n in 0..400 {
        old_shop::say(&mut database, 900_000 + n, talk, 91, "text", &format!("long {n}"), Some(100 + n)).await;
    }
    let whole = Shop::open().await;
    Importer::new().run(&database.url, &whole).await.unwrap();
    let expected = table(&whole).await;

    let (shop, importer) = (Shop::open().await, Importer::new());
    let (mut kills, mut cut) = (0, 0);
    // Each run is killed once some more of it is in the table than before.
    for wait in [1, 40, 3, 90, 17, 200, 60, 8] {
        let so_far = items(&shop).await.len();
        let mut child = importer.spawn(&database.url, &shop, &["--concurrency", "3"]);
        while child.runs() && items(&shop).await.len() < so_far + wait {
            tokio::task::yield_now().await;
        }
        if child.kill() {
            kills += 1;
            cut += usize::from(items(&shop).await.len() < expected.len());
        }
    }
    assert!(kills > 3 && cut > 3, "{kills} kills, {cut} in the middle");
    let (_, out, error) = importer.process(&database.url, &shop, &[]).await;
    assert_eq!(table(&shop).await, expected, "{out}{error}");
    let messages = owner(&shop, id).messages(twin(id).conversation_id()).await;
    assert_eq!(messages.len(), 407);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_wrote_ahead_does_not_stay() {
    let (mut database, importer) = (old_shop(2).await, Importer::new());
    let (id, talk) = (first(Shape::Talk), first(Shape::Talk) * 10);
    for n in 0..300 {
        old_shop::say(&mut database, 900_000 + n, talk, 91, "text", &format!("long {n}"), Some(100 + n)).await;
    }
    // Killed between the log and its order; while it was away, most of it was deleted.
    let shop = loop {
        let shop = Shop::open().await;
        let theirs = async |kind: char| {
            let all = items(&shop).await.into_iter().filter(|item| item["pk"].as_s().unwrap() == twin(id).as_str());
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
    let conversation = twin(id).conversation_id();
    assert_eq!(customer.messages(&conversation).await.len(), 9);
    assert_eq!(customer.say(&conversation, "next").await.seq, 10);
    assert_eq!(customer.messages(&conversation).await[9].body, "next");
    let clean = Shop::open().await;
    importer.run(&database.url, &clean).await.unwrap();
    assert_eq!(table(&clean).await.len() + 1, table(&shop).await.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_no_harm() {
    let mut database = old_shop(ORDERS).await;
    for n in 0..250 {
        let talk = first(Shape::Talk) * 10;
        old_shop::say(&mut database, 900_000 + n, talk, 91, "text", &format!("long {n}"), Some(100 + n)).await;
    }
    let (whole, shop) = (Shop::open().await, Shop::open().await);
    let (one, other) = (Importer::new(), Importer::new());
    one.run(&database.url, &whole).await.unwrap();
    let (first, second) = tokio::join!(one.run(&database.url, &shop), other.run(&database.url, &shop));
    let (first, second) = (first.unwrap(), second.unwrap());
    let all = come_along(ORDERS).count() as u64;
    assert_eq!(first.created + second.created, all);
    assert_eq!(first.unchanged + second.unchanged, all);
    assert_eq!(table(&shop).await, table(&whole).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_there_come_along_and_messages_here_stay() {
    let (shop, mut database, importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
    importer.run(&database.url, &shop).await.unwrap();
    let (silent, talked, loud) = (first(Shape::Silent), first(Shape::Talk), first(Shape::Archived));
    let (customer, talk) = (owner(&shop, talked), twin(talked).conversation_id());
    let admin = shop.admin(&ADMINS[talked as usize % 2].to_string());
    customer.say(&talk, "said here").await;
    let here = admin.set_order_status(twin(loud).order_id(), OrderStatus::Cancelled).await;
    assert_eq!(here.order.status, OrderStatus::Cancelled);

    // A status that no admin here could set, a message, a receipt, a price; and an order that moved on both sides.
    database.run(&format!("UPDATE sales SET status = 'completed', updatedAt = '2022-02-02' WHERE id = {silent}")).await;
    old_shop::say(&mut database, 800_000, talked * 10, admin.id.parse().unwrap(), "text", "said there", Some(30)).await;
    old_shop::read(&mut database, talked * 100 + 2, admin.id.parse().unwrap()).await;
    database.run(&format!("UPDATE sales SET price = 5 WHERE id = {talked}")).await;
    database.run(&format!("UPDATE sales SET status = 'confirmed' WHERE id = {loud}")).await;
    let counts = admin.stats().await;
    let tally = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!((tally.created, tally.updated), (0, 2));
    assert!(importer.refusals()[&("order".to_owned(), loud.to_string())].contains("cancelled here"));

    let messages = customer.messages(&talk).await;
    let last: Vec<&str> = messages.iter().rev().take(2).map(|message| message.body.as_str()).collect();
    assert_eq!(last, ["said there", "said here"]);
    assert_eq!(customer.conversation(&talk).await.unread, Some(2));
    assert_eq!(admin.conversation(&talk).await.unread, Some(2), "two read there, one unread, and one said here");
    assert_eq!(customer.sale(twin(talked).order_id()).await.order.total, 500);
    let moved = owner(&shop, silent).sale(twin(silent).order_id()).await;
    assert_eq!(moved.order.status, OrderStatus::Completed);
    assert_eq!(moved.order.updated_at.to_string(), "2022-02-02T00:00:00.000Z");
    let now = admin.stats().await;
    assert_eq!((now.completed, now.pending, now.total), (counts.completed + 1, counts.pending - 1, counts.total));
    assert_eq!(admin.sale(twin(loud).order_id()).await.order.status, OrderStatus::Cancelled);

    let before = table(&shop).await;
    let again = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!((again.created, again.updated), (0, 0));
    assert_eq!(table(&shop).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_talk_on_while_it_runs() {
    let (shop, mut database, importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
    let live = shop.customer("live").order().await;
    importer.run(&database.url, &shop).await.unwrap();
    let talked: Vec<u32> = come_along(ORDERS).filter(|id| Shape::of(*id) == Shape::Talk).collect();
    for round in 0..3u32 {
        for id in &talked {
            for n in 0..5 {
                let key = 700_000 + id * 100 + round * 10 + n;
                old_shop::say(&mut database, key, id * 10, 91, "text", &format!("there {key}"), Some(200 + round))
                    .await;
            }
        }
        let chatting = talked.iter().map(|id| {
            let (shop, live) = (&shop, &live);
            async move {
                let customer = owner(shop, *id);
                for n in 0..6 {
                    customer.say(twin(*id).conversation_id(), &format!("here {round} {n}")).await;
                }
                shop.admin("live").say(&live.conversation.id, "hello").await;
            }
        });
        let (tally, _) = tokio::join!(importer.run(&database.url, &shop), futures_util::future::join_all(chatting));
        assert_eq!(tally.unwrap().updated, talked.len() as u64);
    }
    for id in talked {
        let messages = owner(&shop, id).messages(twin(id).conversation_id()).await;
        let count = |start: &str| messages.iter().filter(|message| message.body.starts_with(start)).count();
        assert_eq!((count("here"), count("there"), messages.len()), (18, 15, 7 + 33));
        assert!(messages.iter().zip(1..).all(|(message, seq)| message.seq == seq));
        let admin = shop.admin("91").conversation(twin(id).conversation_id()).await;
        assert_eq!(admin.last_seq, 40);
        assert_eq!(shop.admin("new").conversation(twin(id).conversation_id()).await.unread, Some(1 + 3 + 18));
        assert_eq!(owner(&shop, id).conversation(twin(id).conversation_id()).await.unread, Some(1 + 15));
    }
    assert_eq!(shop.customer("live").messages(&live.conversation.id).await.len(), 1 + 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_made_anew() {
    let (shop, mut database, importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
    for statement in ["INSERT INTO sales (saleNumber, customerId, carId, price, status, createdAt, updatedAt) \
         SELECT CONCAT('M-', seq), 101, 1, 10, 'new', '2021-01-01', '2021-01-01' FROM seq_1_to_1500"]
    {
        database.run(statement).await;
    }
    let url = database.url.clone();
    let run = importer.run(&url, &shop);
    let kicks = async {
        let mut kicked = 0;
        while kicked < 3 {
            kicked += MariaDb::running().kick(&mut database).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    let (tally, ()) = tokio::join!(run, kicks);
    assert_eq!(tally.unwrap().created, come_along(ORDERS).count() as u64 + 1_500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_throttles_gets_everything_in_the_end() {
    let (shop, database, importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
    let whole = Shop::open().await;
    importer.run(&database.url, &whole).await.unwrap();
    let throttle = Throttle::default();
    let gateway = shop.gateway();
    let store = Store::new(&throttle.sdk(gateway.sdk()), gateway.table().unwrap());
    let tally = importer.run_into(&database.url, store).await.unwrap();
    assert_eq!(tally.created, come_along(ORDERS).count() as u64);
    assert_eq!(table(&shop).await, table(&whole).await);
    assert!(throttle.refused() > 30, "{}", throttle.refused());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_begin_says_why() {
    let (shop, importer) = (Shop::open().await, Importer::new());
    let server = MariaDb::start();
    let mut database = server.database().await;
    let (code, _, error) = importer.process(&database.url, &shop, &[]).await;
    assert_eq!(code, 2);
    assert!(error.contains("no table sales or orders: name it under [tables.sales]"), "{error}");
    old_shop::fill(&mut database, 1).await;
    let (code, _, error) = importer.process(&database.url.replace("root@", "who:secret@"), &shop, &[]).await;
    assert!(code == 2 && error.contains("Access denied") && !error.contains("secret"), "{error}");
    server.end();
    let (code, _, error) = importer.process(&database.url, &shop, &["--retries", "2"]).await;
    assert!(code == 2 && error.contains("cannot be reached, after 2 retries"), "{error}");

    let (code, _, error) = importer.process("orders.txt", &shop, &[]).await;
    assert!(code == 2 && error.contains(".jsonl"), "{error}");
    let file = importer.file("none.jsonl", "");
    let (code, out, _) = importer.process(&file, &shop, &[]).await;
    assert!(code == 0 && out.contains("0 orders read"), "{out}");
    let (code, _, error) = importer.process(&file, &shop, &["--table", "other"]).await;
    assert!(code == 2, "{error}");
    let wrong = Importer::configured("curency = 1");
    let (code, _, error) = wrong.process(&file, &shop, &[]).await;
    assert!(code == 2 && error.contains("curency"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_names_and_words_are_configured() {
    let (shop, mut database) = (Shop::open().await, MariaDb::running().database().await);
    for statement in [
        "CREATE TABLE `order list` (nr VARCHAR(36) PRIMARY KEY, who INT, what INT, cost DOUBLE, state VARCHAR(9), day DATE)",
        "CREATE TABLE products (id INT PRIMARY KEY, name VARCHAR(90))",
        "INSERT INTO products VALUES (1, 'Lamp')",
        "INSERT INTO `order list` VALUES ('b-2', 7, 1, 19.99, 'wait', '2020-01-02'), ('a-1', 7, 1, 0.5, 'paid', '2020-01-01')",
    ] {
        database.run(statement).await;
    }
    let config = r#"
        namespace = "other"
        user_id = "old-{id}"
        currency = "USD"
        note = ""
        [statuses]
        wait = "pending"
        [tables.sales]
        table = "order list"
        id = "nr"
        customer = "who"
        product = "what"
        price = "cost"
        status = "state"
        created = "day"
    "#;
    let importer = Importer::configured(config);
    let tally = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!((tally.created, tally.refused), (2, 0), "{:?}", importer.refusals());
    let order = shop.customer("old-7").sale(domain::Twin::from_old("other", "b-2").order_id()).await.order;
    assert_eq!((order.total, order.currency.as_str(), order.items[0].title.as_str()), (1_999, "USD", "Lamp"));
    assert_eq!((order.note, order.created_at.to_string().as_str()), (None, "2020-01-02T00:00:00.000Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_may_be_what_says_which_conversation_is_theirs() {
    let (shop, mut database, importer) = (Shop::open().await, old_shop(ORDERS).await, Importer::new());
    for statement in [
        "ALTER TABLE sales ADD conversationId INT",
        "UPDATE sales SET conversationId = (SELECT MIN(id) FROM conversations WHERE saleId = sales.id)",
        "ALTER TABLE conversations DROP COLUMN saleId",
    ] {
        database.run(statement).await;
    }
    importer.run(&database.url, &shop).await.unwrap();
    let id = first(Shape::Talk);
    let messages = owner(&shop, id).messages(twin(id).conversation_id()).await;
    let bodies: Vec<_> = messages.into_iter().skip(1).map(|message| message.body).collect();
    assert_eq!(bodies, (0..6).map(|n| format!("message {n} 😀")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_along_too() {
    let (shop, importer) = (Shop::open().await, Importer::new());
    let order = json!({
        "id": 1, "number": "A-1", "status": "confirmed", "createdAt": "2020-01-01T10:00:00Z",
        "customer": {"id": 5, "name": "Ann"},
        "items": [{"title": "Lamp", "quantity": 2, "unitPrice": "12.50"}, {"title": "Bulb", "unitPrice": 3}],
        "conversations": [{"participants": [{"id": 5}, {"id": 9, "role": "admin", "name": "Bo", "lastReadAt": "2020-01-01T12:00:00Z"}],
            "messages": [
                {"id": "m1", "sender": {"id": 5}, "body": "hello", "createdAt": "2020-01-01T11:00:00Z"},
                {"id": "m2", "sender": {"id": 9}, "body": "hi", "createdAt": "2020-01-01T11:30:00Z", "readBy": [5]},
                {"id": "m3", "sender": {"id": 5}, "body": "so?", "createdAt": "2020-01-01T13:00:00Z"}]}],
    });
    let lines = format!("{order}\n\nnonsense\n{{\"id\": [1]}}\n{order}\n{{\"id\": 2}}");
    let file = importer.file("old.jsonl", &lines);
    let tally = importer.run(&file, &shop).await.unwrap();
    assert_eq!((tally.read, tally.created, tally.refused), (5, 1, 4));
    let refusals = importer.refusals();
    assert!(refusals[&("order".to_owned(), "line 3".to_owned())].contains("not an order"));
    assert!(refusals[&("order".to_owned(), "1".to_owned())].contains("came before"));
    let found = shop.customer("5").sale(twin(1).order_id()).await;
    assert_eq!((found.order.total, found.order.status), (2_800, OrderStatus::Confirmed));
    assert_eq!(found.conversation.unread, Some(0));
    assert_eq!(shop.admin("9").conversation(&found.conversation.id).await.unread, Some(1));

    let csv = "id,customer_id,customer_name,title,price,status,created_at\n1,5,Ann,Lamp,1.5,done,2020-01-01\n\
               2,6,\"Bo, B.\",\"a \"\"lamp\"\"\",2,pending,2020-01-01\n3,6,Bo,x,,pending,2020-01-01\n";
    let importer = Importer::configured("namespace = \"csv\"");
    let file = importer.file("old.csv", csv);
    let tally = importer.run(&file, &shop).await.unwrap();
    assert_eq!((tally.read, tally.created, tally.refused), (3, 2, 1));
    let found = shop.customer("6").sale(domain::Twin::from_old("csv", "2").order_id()).await;
    assert_eq!((found.order.items[0].title.as_str(), found.order.customer_name.as_str()), ("a \"lamp\"", "Bo, B."));
}

/// How fast it is, as a ratio: the same items, written as fast as the table takes them, by a program that does nothing else.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo test --release -p tests --test importing -- --ignored ratio --nocapture"]
async fn the_ratio_to_writing_with_nothing_else() {
    let (shop, bare, importer) = (Shop::open().await, Shop::open().await, Importer::new());
    let line = |id: u32| {
        let order = json!({"id": id, "status": "pending", "createdAt": "2020-01-01", "customer": {"id": id % 500, "name": "Ann"},
            "items": [{"title": "Lamp", "unitPrice": 12}]});
        format!("{order}\n")
    };
    let file = importer.file("old.jsonl", &(0..2_000).map(line).collect::<String>());
    let began = Instant::now();
    importer.run(&file, &shop).await.unwrap();
    let importing = began.elapsed();

    let client = aws_sdk_dynamodb::Client::new(bare.gateway().sdk());
    let name = bare.gateway().table().unwrap();
    let puts: Vec<_> = items(&shop).await.into_iter().map(put).collect();
    let began = Instant::now();
    let writes = puts.chunks(25).map(|chunk| client.batch_write_item().request_items(name, chunk.to_vec()).send());
    let written: Vec<_> = stream::iter(writes).buffer_unordered(16).collect().await;
    let writing = began.elapsed();
    assert!(written.into_iter().all(|answer| answer.is_ok()));
    let ratio = importing.as_secs_f64() / writing.as_secs_f64();
    println!("{} items of 2000 orders: {importing:.2?}, with nothing else {writing:.2?}: {ratio:.2} times", puts.len());
}

fn put(item: HashMap<String, AttributeValue>) -> WriteRequest {
    WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a hundred thousand orders take minutes: cargo test -p tests --test importing -- --ignored many_orders --nocapture"]
async fn many_orders_fit_into_little_memory() {
    const MANY: u64 = 100_000;
    let (table, mut database, importer) = (sieve().await, old_shop(1).await, Importer::new());
    for statement in [
        "INSERT INTO sales (id, customerId, carId, price, status, createdAt, updatedAt) SELECT seq, 101 + seq % 5, 1, \
         seq, 'pending', '2021-01-01', '2021-01-01' FROM seq_2_to_100000",
        "INSERT INTO conversations SELECT seq, seq, 'active' FROM seq_2_to_100000 WHERE seq % 4 = 0",
        "INSERT INTO messages (conversationId, senderId, type, content, createdAt) SELECT c.id, 1, 'text', \
         REPEAT('word ', 40), '2021-01-02' FROM conversations c, seq_1_to_4",
    ] {
        database.run(statement).await;
    }
    let mut child = importer.spawn_into(&table, "any", &database.url, &[]);
    let (process, mut peak) = (child.id(), 0);
    while child.runs() {
        peak = peak_memory(process).unwrap_or(peak);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let output = child.end().await;
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}\n{}\npeak: {peak} MB", error.lines().last().unwrap_or_default());
    assert!(out.contains(&format!("{MANY:>10} created")), "{out}{error}");
    assert!(peak < 256, "{peak} MB");
}
