//! An import of many orders needs little memory.

use std::time::{Duration, Instant};

use tests::Shop;
use tests::importer::{Importer, peak_memory};

use crate::database_of;

const MANY: u64 = 100_000;

/// Imports all orders of the legacy shop. A second run finds that all of them exist.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo test -p tests --test importing -- --ignored many_orders --nocapture"]
async fn many_orders_need_little_memory() {
    let (shop, mut database, importer) = (Shop::open().await, database_of(1).await, Importer::new());
    for statement in [
        "INSERT INTO sales (id, customerId, carId, price, status, createdAt, updatedAt) SELECT seq, 101 + seq % 5, 1, \
         seq, 'pending', '2021-01-01', '2021-01-01' FROM seq_2_to_100000",
        "INSERT INTO conversations SELECT seq, seq, 'active' FROM seq_2_to_100000 WHERE seq % 4 = 0",
        "INSERT INTO messages (conversationId, senderId, type, content, createdAt) SELECT c.id, 1, 'text', \
         REPEAT('word ', 40), '2021-01-02' FROM conversations c, seq_1_to_4",
    ] {
        database.run(statement).await;
    }
    for outcome in ["created", "unchanged"] {
        let began = Instant::now();
        let mut child = importer.spawn(&database.url, &shop, &[]);
        let (process, mut peak) = (child.id(), 0);
        while child.runs() {
            peak = peak_memory(process).unwrap_or(peak);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let (_, out, error) = child.outcome().await;
        println!("{MANY} {outcome} in {:.0?}, at most {peak} MB", began.elapsed());
        assert!(out.contains(&format!("{MANY:>10} {outcome}")), "{out}{error}");
        assert!(peak < 256, "{peak} MB");
    }
    assert_eq!(shop.admin("91").stats().await.total, MANY);
}
