//! Imports from databases with other names or other column types.

use domain::SharedId;
use tests::Shop;
use tests::importer::{Importer, shared_id};
use tests::legacy_shop::Shape;
use tests::mariadb::MariaDb;

use crate::{ORDERS, database_of, first, owner};

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
    let import_counts = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!((import_counts.created, import_counts.refused), (2, 0), "{:?}", importer.refusals());
    let order = shop.customer("old-7").sale(SharedId::from_legacy("other", "b-2").order_id()).await.order;
    assert_eq!((order.total, order.currency.as_str(), order.items[0].title.as_str()), (1_999, "USD", "Lamp"));
    assert_eq!((order.note, order.created_at.to_string().as_str()), (None, "2020-01-02T00:00:00.000Z"));
}

/// The code blocks of the documentation in this language that contain these words.
fn documented(language: &str, words: &str) -> Vec<&'static str> {
    let blocks = include_str!("../../../docs/importing.md").split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)).filter(|block| block.contains(words)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_with_several_items_need_a_view() {
    let [config] = documented("toml", "\"sold\"")[..] else { panic!("one configuration") };
    let [both, rows] = documented("sql", "CREATE VIEW")[..] else { panic!("two views") };
    for (view, titles) in [
        (both, ["Škoda Octavia and Roof box", "Škoda Octavia", "Roof box"]),
        (rows, ["2 × Roof box, 1 × Mats", "1 × Mats", "1 × Roof box"]),
    ] {
        let (shop, mut database) = (Shop::open().await, MariaDb::running().database().await);
        for statement in [
            "CREATE TABLE sales (id INT PRIMARY KEY, customerId INT, carId INT, productId INT, quantity INT, price INT, \
             status VARCHAR(9), createdAt DATETIME)",
            "CREATE TABLE cars (id INT PRIMARY KEY, make VARCHAR(9), model VARCHAR(9), price DECIMAL(12,2))",
            "CREATE TABLE products (id INT PRIMARY KEY, name VARCHAR(9), price DECIMAL(12,2))",
            "CREATE TABLE sale_items (id INT PRIMARY KEY, saleId INT, productId INT, quantity INT, unitPrice DECIMAL(12,2))",
            "INSERT INTO cars VALUES (1, 'Škoda', 'Octavia', 9900.50)",
            "INSERT INTO products VALUES (1, 'Roof box', 300), (2, 'Mats', 40)",
            "INSERT INTO sales VALUES (1, 7, 1, 1, 3, NULL, 'done', '2021-01-01'), (2, 7, 1, NULL, 3, NULL, 'done', '2021-01-01'), \
             (3, 7, NULL, 1, 3, 5, 'done', '2021-01-01'), (4, 7, NULL, NULL, 3, NULL, 'done', '2021-01-01')",
            "INSERT INTO sale_items VALUES (1, 1, 1, 2, 5080.25), (2, 1, 2, 1, 40), (3, 2, 2, 1, 9900.50), (4, 3, 1, 1, 300)",
            view,
        ] {
            database.run(statement).await;
        }
        let importer = Importer::configured(config);
        let import_counts = importer.run(&database.url, &shop).await.unwrap();
        assert_eq!((import_counts.created, import_counts.refused), (3, 1));
        assert!(importer.refusals()[&("order".to_owned(), "4".to_owned())].contains("no price"));
        for (id, (title, total)) in (1..).zip(titles.into_iter().zip([1_020_050, 990_050, 500])) {
            let order = shop.customer("7").sale(shared_id(id).order_id()).await.order;
            assert_eq!((order.items[0].title.as_str(), order.total), (title, total));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_may_hold_the_link_to_its_conversation() {
    let (shop, mut database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    for statement in [
        "ALTER TABLE sales ADD conversationId INT",
        "UPDATE sales SET conversationId = (SELECT MIN(id) FROM conversations WHERE saleId = sales.id)",
        "ALTER TABLE conversations DROP COLUMN saleId",
    ] {
        database.run(statement).await;
    }
    importer.run(&database.url, &shop).await.unwrap();
    let id = first(Shape::Talk);
    let messages = owner(&shop, id).messages(shared_id(id).conversation_id()).await;
    let bodies: Vec<_> = messages.into_iter().skip(1).map(|message| message.body).collect();
    assert_eq!(bodies, (0..6).map(|n| format!("message {n} 😀")).collect::<Vec<_>>());
}

/// If a joined table has two rows for one order, the order is imported once, and the second row is
/// reported.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_doubled_by_a_join_is_imported_once() {
    let (shop, mut database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    let usual = importer.run(&database.url, &shop).await.unwrap();
    for statement in ["ALTER TABLE customers DROP PRIMARY KEY", "INSERT INTO customers SELECT * FROM customers"] {
        database.run(statement).await;
    }
    let (shop, importer) = (Shop::open().await, Importer::new());
    let import_counts = importer.run(&database.url, &shop).await.unwrap();
    assert_eq!(import_counts.created, usual.created);
    assert!(importer.refusals().into_values().any(|reason| reason == "a joined table has several rows for this order"));
    assert_eq!(shop.admin("91").stats().await.total, usual.created);
}
