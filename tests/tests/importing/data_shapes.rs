//! How an order of each shape is imported.

use domain::{ConversationStatus, Kind, System};
use import::ImportCounts;
use tests::Shop;
use tests::importer::{Importer, shared_id};
use tests::legacy_shop::{ADMINS, Shape};

use crate::{ORDERS, database_of, first, imported_orders, owner};

#[tokio::test(flavor = "multi_thread")]
async fn every_data_shape_is_imported_or_refused_with_a_reason() {
    let (shop, database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    let import_counts = importer.run(&database.url, &shop).await.unwrap();

    let created = imported_orders(ORDERS).count() as u64;
    let refused = u64::from(ORDERS) - created;
    let expected =
        ImportCounts { read: ORDERS.into(), created, refused, refused_messages: 6, ..ImportCounts::default() };
    assert_eq!(import_counts, expected);
    let refusals = importer.refusals();
    assert_eq!(refusals.len() as u64, refused + 6);
    let reason = |shape| refusals[&("order".to_owned(), first(shape).to_string())].clone();
    assert_eq!(reason(Shape::NoCustomer), "it has no customer");
    assert_eq!(reason(Shape::Priceless), "it has no price, and its product has none either");
    assert!(reason(Shape::OddStatus).contains("[statuses]"));
    assert!(reason(Shape::NoDate).contains("it has no date"));
    assert!(reason(Shape::Negative).contains("negative"));
    assert!(reason(Shape::Decimals).contains("more decimals than EUR"));

    let admin = shop.admin("91");
    let counts = admin.stats().await;
    assert_eq!(counts.total, created);
    let loud = imported_orders(ORDERS).filter(|id| Shape::of(*id) == Shape::LoudStatus).count() as u64;
    let confirmed = imported_orders(ORDERS).filter(|id| Shape::of(*id) == Shape::SystemMessages).count() as u64;
    assert_eq!((counts.completed, counts.confirmed), (loud, confirmed));
    assert_eq!(admin.all_conversations("").await.len() as u64, created);

    for id in imported_orders(ORDERS) {
        let (customer, shared_id) = (owner(&shop, id), shared_id(id));
        let found = customer.sale(shared_id.order_id()).await;
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
        let messages = customer.messages(shared_id.conversation_id()).await;
        let seqs: Vec<u64> = messages.iter().map(|message| message.seq).collect();
        assert_eq!(seqs, (1..=found.conversation.last_seq).collect::<Vec<_>>());
        assert!(matches!(messages[0].system, Some(System::OrderCreated { .. })));
        assert!(messages.is_sorted_by_key(|message| message.created_at));
        assert!(messages.iter().all(|message| message.client_message_id.is_some() == (message.kind == Kind::Text)));
        // People can write in it, unless the conversation is closed.
        if Shape::of(id) != Shape::Closed {
            let said = customer.say(shared_id.conversation_id(), "still here?").await;
            assert_eq!(said.seq, messages.len() as u64 + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_read_cursors_are_kept() {
    let (shop, database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    importer.run(&database.url, &shop).await.unwrap();
    let bodies = async |shape| {
        let id = first(shape);
        let messages = owner(&shop, id).messages(shared_id(id).conversation_id()).await;
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

    // Three of the six messages are the shop's. The customer has read two of them. The admin has
    // read one of the customer's three.
    let id = first(Shape::Talk);
    let (customer, admin) = (owner(&shop, id), shop.admin(&ADMINS[id as usize % 2].to_string()));
    assert_eq!(customer.conversation(shared_id(id).conversation_id()).await.unread, Some(1));
    assert_eq!(admin.conversation(shared_id(id).conversation_id()).await.unread, Some(2));
    // For an admin who never took part, everything is unread: the order and the customer's three
    // messages.
    assert_eq!(shop.admin("new").conversation(shared_id(id).conversation_id()).await.unread, Some(4));
    let participants = customer.conversation(shared_id(id).conversation_id()).await.participants;
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
    let old = owner(&shop, silent).sale(shared_id(silent).order_id()).await;
    assert_eq!(
        (new.conversation.unread, new.conversation.last_seq),
        (old.conversation.unread, old.conversation.last_seq)
    );
    for (shape, status) in [
        (Shape::Archived, ConversationStatus::Archived),
        (Shape::Closed, ConversationStatus::Closed),
        (Shape::Twice, ConversationStatus::Active),
    ] {
        assert_eq!(admin.conversation(shared_id(first(shape)).conversation_id()).await.status, status);
    }
    let long = owner(&shop, first(Shape::LongTitle)).sale(shared_id(first(Shape::LongTitle)).order_id()).await;
    assert_eq!(long.order.items[0].title.chars().count(), 200);
    assert_eq!(long.order.items[0].image_url, None);
    let item = &owner(&shop, id).sale(shared_id(id).order_id()).await.order.items[0];
    assert_eq!(
        (item.title.as_str(), item.image_url.as_deref()),
        ("Škoda Octavia 2011", Some("https://cars.example/1.jpg"))
    );
}
