//! Times of imported orders and messages.

use domain::Position;
use serde_json::Value;
use tests::Shop;
use tests::importer::{Importer, shared_id};
use tests::legacy_shop::SCHEMA;
use tests::mariadb::MariaDb;

/// A `TIMESTAMP` is a point in time, whatever the server's time zone. A `DATETIME` is local time,
/// and its zone is in the configuration.
#[tokio::test(flavor = "multi_thread")]
async fn timestamps_and_local_times() {
    let server = MariaDb::start();
    let mut database = server.database().await;
    for statement in SCHEMA {
        database.run(statement).await;
    }
    for statement in [
        "SET GLOBAL time_zone = '+05:00'",
        "ALTER TABLE sales MODIFY createdAt TIMESTAMP(3) NOT NULL",
        "ALTER TABLE messages MODIFY createdAt TIMESTAMP(3) NOT NULL",
        "SET time_zone = '-03:00'",
        "INSERT INTO sales VALUES (1, 'S-1', 7, NULL, 5, 'confirmed', NULL, '2021-07-04 07:00:00', '2021-07-04 14:00:00')",
        "INSERT INTO conversations VALUES (1, 1, 'active')",
        "INSERT INTO conversation_participants VALUES (1, 1, 91, '2021-07-04 13:00:00')",
        "INSERT INTO messages VALUES (1, 1, 7, 'text', 'one', '2021-07-04 08:00:00'), (2, 1, 7, 'text', 'two', '2021-07-04 08:00:01')",
    ] {
        database.run(statement).await;
    }
    // The message was sent at 13:00:01 in Rome, which is 11:00:01 UTC and 08:00:01 in the time zone
    // of the session that wrote it.
    for (config, updated, unread) in
        [("time_zone = \"Europe/Rome\"", "2021-07-04T12:00:00.000Z", 1), ("", "2021-07-04T14:00:00.000Z", 0)]
    {
        let (shop, importer) = (Shop::open().await, Importer::configured(config));
        importer.run(&database.url, &shop).await.unwrap();
        let found = shop.customer("7").sale(shared_id(1).order_id()).await;
        assert_eq!(found.order.created_at.to_string(), "2021-07-04T10:00:00.000Z", "{config}");
        assert_eq!(found.order.updated_at.to_string(), updated, "{config}");
        let messages = shop.customer("7").messages(&found.conversation.id).await;
        let times: Vec<_> = messages.iter().skip(1).map(|message| message.created_at.to_string()).collect();
        assert_eq!(times, ["2021-07-04T11:00:00.000Z", "2021-07-04T11:00:01.000Z"], "{config}");
        assert_eq!(shop.admin("91").conversation(&found.conversation.id).await.unread, Some(unread), "{config}");
    }
}

/// Every imported order is listed once and in order. If a list cannot sort `created_at`, the order
/// gets the time of `updated_at`. If it cannot sort that either, the order is refused.
#[tokio::test(flavor = "multi_thread")]
async fn every_imported_time_can_be_listed() {
    let (shop, importer) = (Shop::open().await, Importer::new());
    let end = domain::Time::from_millis(Position::MILLIS.end).unwrap();
    let rows = [
        "id,created_at,updated_at,customer_id,price,status".to_owned(),
        "1,1969-12-31T23:59:59.999Z,2001-01-01,7,5,pending".to_owned(),
        "2,1970-01-01T00:00:00.000Z,,7,5,pending".to_owned(),
        format!("3,{},,7,5,pending", end.plus_millis(-1)),
        format!("4,{end},,7,5,pending"),
        "5,9999-12-31T23:59:59Z,2002-01-01,7,5,pending".to_owned(),
        "6,1969-12-31,0000-00-00,7,5,pending".to_owned(),
    ];
    let file = importer.file("old.csv", &rows.join("\n"));
    let import_counts = importer.run(&file, &shop).await.unwrap();
    assert_eq!((import_counts.created, import_counts.refused), (4, 2));
    for refused in ["4", "6"] {
        assert!(importer.refusals()[&("order".to_owned(), refused.to_owned())].contains("it has no date"));
    }

    let expected = [3, 5, 1, 2].map(|id| shared_id(id).order_id().to_string());
    let (customer, mut listed, mut cursor) = (shop.customer("7"), Vec::new(), String::new());
    loop {
        let page: Value = customer.get(&format!("/api/sales/my-orders?limit=1{cursor}")).await.ok();
        listed
            .extend(page["items"].as_array().unwrap().iter().map(|it| it["order"]["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(listed, expected);
    for user in [customer, shop.admin("91")] {
        let listed: Vec<_> = user.all_conversations("limit=1").await.iter().map(|it| it.order.id.to_string()).collect();
        assert_eq!(listed, expected, "{}", user.id);
    }
}
