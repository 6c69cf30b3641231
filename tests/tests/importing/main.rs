//! Imports of orders with their conversations, from a real MariaDB server and from files. An import
//! is idempotent, may crash at any point, and may run while people use the table.
#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

mod configuration;
mod crash_recovery;
mod data_shapes;
mod failures;
mod files;
mod large_import;
mod repeated_runs;
mod timestamps;

use tests::importer::become_importer;
use tests::legacy_shop::{self, Shape};
use tests::mariadb::{Database, MariaDb};
use tests::{Shop, User};

/// Enough orders that each shape occurs three times.
const ORDERS: u32 = 57;

#[test]
#[ignore = "what a test starts to have the importer in a process of its own"]
fn importer_process() {
    become_importer();
}

async fn database_of(orders: u32) -> Database {
    let mut database = MariaDb::running().database().await;
    legacy_shop::fill(&mut database, orders).await;
    database
}

/// The first order of a shape.
fn first(shape: Shape) -> u32 {
    (1..=ORDERS).find(|id| Shape::of(*id) == shape).unwrap()
}

fn imported_orders(orders: u32) -> impl Iterator<Item = u32> {
    (1..=orders).filter(|id| !Shape::of(*id).is_refused())
}

fn owner(shop: &Shop, id: u32) -> User {
    shop.customer(&legacy_shop::customer(id))
}
