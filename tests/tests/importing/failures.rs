//! Failures of an import: a lost database connection, a throttled table, and errors at the start.

use std::time::Duration;

use store::Store;
use tests::Shop;
use tests::importer::{Importer, Running, table};
use tests::legacy_shop;
use tests::mariadb::{Database, MariaDb};
use tests::throttle::Throttle;

use crate::{ORDERS, database_of, imported_orders};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_made_anew() {
    let (shop, mut database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
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
    let (import_counts, ()) = tokio::join!(run, kicks);
    assert_eq!(import_counts.unwrap().created, imported_orders(ORDERS).count() as u64 + 1_500);
}

/// More orders than the importer reads ahead of its writes.
const MANY: u64 = 3_000;

/// A separate database server with many orders.
async fn many() -> (MariaDb, Database) {
    let server = MariaDb::start();
    let mut database = server.database().await;
    legacy_shop::fill(&mut database, 1).await;
    let rows = "SELECT seq, CONCAT('M-', seq), 101, 1, 10, 'new', '2021-01-01', '2021-01-01' FROM seq_2_to_3000";
    let columns = "id, saleNumber, customerId, carId, price, status, createdAt, updatedAt";
    database.run(&format!("INSERT INTO sales ({columns}) {rows}")).await;
    (server, database)
}

/// Starts an import and waits until some orders are imported, but not all.
async fn in_the_middle(importer: &Importer, database: &Database, shop: &Shop, more: &[&str]) -> Running {
    let (mut child, some) = (importer.spawn(&database.url, shop, more), shop.admin("91").stats().await.total + 300);
    while shop.admin("91").stats().await.total < some {
        assert!(child.runs());
    }
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_comes_back_is_waited_for() {
    let (shop, (server, database), importer) = (Shop::open().await, many().await, Importer::new());
    let child = in_the_middle(&importer, &database, &shop, &[]).await;
    server.stop();
    assert!(shop.admin("91").stats().await.total < MANY);
    server.start_again();
    let (code, out, error) = child.outcome().await;
    assert_eq!(code, 0, "{out}{error}");
    assert!(error.contains("the database cannot be reached") && error.contains("retry 1 of 8"), "{error}");
    assert!(out.contains(&format!("{MANY:>10} created")), "{out}");
    assert_eq!(shop.admin("91").stats().await.total, MANY);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_database_ends_a_run_and_the_next_continues() {
    let (shop, (server, database), importer) = (Shop::open().await, many().await, Importer::new());
    let child = in_the_middle(&importer, &database, &shop, &["--retries", "2"]).await;
    server.stop();
    let (code, out, error) = child.outcome().await;
    assert_eq!(code, 2, "{out}{error}");
    assert!(error.contains("the database cannot be reached, after 2 retries"), "{error}");
    assert!(error.contains("Start it again"), "{error}");
    let came = shop.admin("91").stats().await.total;
    assert!(came < MANY && out.contains(&format!("{came:>10} created")), "{out}");

    server.start_again();
    let (code, out, error) = importer.process(&database.url, &shop, &[]).await;
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.contains(&format!("{:>10} created", MANY - came)), "{out}");
    assert!(out.contains(&format!("{came:>10} unchanged")), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_table_gets_everything() {
    let (shop, database, importer) = (Shop::open().await, database_of(ORDERS).await, Importer::new());
    let whole = Shop::open().await;
    importer.run(&database.url, &whole).await.unwrap();
    let throttle = Throttle::default();
    let gateway = shop.gateway();
    let store = Store::new(&throttle.sdk(gateway.sdk()), gateway.table().unwrap());
    let import_counts = importer.run_into(&database.url, store).await.unwrap();
    assert_eq!(import_counts.created, imported_orders(ORDERS).count() as u64);
    assert_eq!(table(&shop).await, table(&whole).await);
    assert!(throttle.refused() > 30, "{}", throttle.refused());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_start_gives_the_reason() {
    let (shop, importer) = (Shop::open().await, Importer::new());
    let server = MariaDb::start();
    let mut database = server.database().await;
    let (code, _, error) = importer.process(&database.url, &shop, &[]).await;
    assert_eq!(code, 2);
    assert!(error.contains("no table sales or orders: set `table` under [tables.sales]"), "{error}");
    legacy_shop::fill(&mut database, 1).await;
    let (code, _, error) = importer.process(&database.url.replace("root@", "who:secret@"), &shop, &[]).await;
    assert!(code == 2 && error.contains("Access denied") && !error.contains("secret"), "{error}");
    let nowhere = database.url.replace(&database.name, "nowhere");
    let (code, _, error) = importer.process(&nowhere, &shop, &[]).await;
    assert!(code == 2 && error.contains("Unknown database 'nowhere'"), "{error}");
    server.end();
    let (code, _, error) = importer.process(&database.url, &shop, &["--retries", "1"]).await;
    assert!(code == 2 && error.contains("cannot be reached, after 1 retries"), "{error}");
    let (code, _, error) = importer.process("mysql://a:b#c@127.0.0.1/shop", &shop, &[]).await;
    assert!(code == 2 && error.contains("%23"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_files_and_tables_give_the_reason() {
    let (shop, importer) = (Shop::open().await, Importer::new());
    let none = importer.file("none.jsonl", "");
    let (code, out, _) = importer.process(&none, &shop, &[]).await;
    assert!(code == 0 && out.contains("0 orders read"), "{out}");
    let (semicolons, latin) = (importer.file("a.csv", "id;status\n"), importer.file("b.csv", ""));
    std::fs::write(&latin, b"id,n\xe4me").unwrap();
    for (file, why) in [
        ("orders.txt", ".jsonl"),
        ("no-such-file.jsonl", "no-such-file.jsonl: No such file"),
        (&semicolons, r#"no column id; it has ["id;status"]"#),
        (&latin, "not UTF-8"),
    ] {
        let (code, _, error) = importer.process(file, &shop, &[]).await;
        assert!(code == 2 && error.contains(why), "{error}");
    }
    for (config, why) in [
        ("curency = 1", "curency"),
        ("currency = 'euro'", "ISO 4217"),
        ("time_zone = 'Europe/Romulus'", "Europe/Rome"),
        ("tables.cars.table = 'x'", "[tables.cars] is unknown: use one of sales"),
    ] {
        let (code, _, error) = Importer::configured(config).process(&none, &shop, &[]).await;
        assert!(code == 2 && error.contains(why), "{error}");
    }

    let (code, _, error) = importer.process_into("other", &none, &shop).await;
    assert!(code == 2 && error.contains("the table other at http") && error.contains("not found"), "{error}");
    let (code, _, error) = importer.process_on_aws(&none, &[]).await;
    assert!(code == 2 && error.contains("AWS_REGION"), "{error}");
    let (code, _, error) = importer.process_on_aws(&none, &[("AWS_REGION", "eu-west-1")]).await;
    assert!(code == 2 && error.contains("no credentials for AWS"), "{error}");
}
