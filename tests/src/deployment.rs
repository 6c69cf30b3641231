//! A system that runs elsewhere. The same end-to-end tests (journeys) run against it, behind a
//! gateway that is not ours.
//!
//! Environment variables describe the system. `cargo xtask sam` sets them: the address of the REST
//! API, the origin that browsers may use, the secret that signs tokens, the name of the table, and
//! the AWS SDK's own variables for the address of DynamoDB. There is only one such system, so
//! journeys run one after another (`RUST_TEST_THREADS=1`), each with an empty table.

use std::collections::HashMap;
use std::env;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

/// If no new row appears for this long, no more rows are expected.
const SETTLED: Duration = Duration::from_millis(300);

/// The longest wait for connections to end, as a multiple of `SETTLED`.
const LEAVING: usize = 15;

type Key = HashMap<String, AttributeValue>;

/// A deployed system.
pub(crate) struct Deployment {
    pub(crate) base_url: String,
    pub(crate) origin: String,
    pub(crate) secret: String,
    pub(crate) table: String,
    pub(crate) sdk: SdkConfig,
}

impl Deployment {
    /// Returns true if the environment names a deployed system.
    pub(crate) fn is_named() -> bool {
        env::var_os("ORDER_CHAT_HTTP").is_some()
    }

    /// The deployed system that the environment names, with an empty table. `None` if it names
    /// none.
    pub(crate) async fn named() -> Option<Self> {
        let base_url = env::var("ORDER_CHAT_HTTP").ok()?;
        let deployment = Self {
            base_url,
            origin: env::var("ORDER_CHAT_ORIGIN").unwrap(),
            secret: env::var("ORDER_CHAT_JWT_SECRET").unwrap(),
            table: env::var("ORDER_CHAT_TABLE").unwrap(),
            sdk: aws_config::load_defaults(BehaviorVersion::latest()).await,
        };
        // Connections of the previous journey may still be ending. Each end deletes the row of the
        // connection and then writes another row. This loop waits until the rows of connections are
        // deleted. It has a limit because the row of a connection that never existed stays. The
        // second loop deletes all rows until no new ones appear.
        for _ in 0..LEAVING {
            if deployment.keys().await.iter().all(|key| !is_connection(key)) {
                break;
            }
            tokio::time::sleep(SETTLED).await;
        }
        while deployment.empty().await > 0 {
            tokio::time::sleep(SETTLED).await;
        }
        Some(deployment)
    }

    /// Deletes every row. Returns how many there were.
    async fn empty(&self) -> usize {
        let (client, keys) = (Client::new(&self.sdk), self.keys().await);
        for key in &keys {
            client.delete_item().table_name(&self.table).set_key(Some(key.clone())).send().await.unwrap();
        }
        keys.len()
    }

    async fn keys(&self) -> Vec<Key> {
        let scan = Client::new(&self.sdk).scan().table_name(&self.table).projection_expression("pk, sk");
        let found = scan.consistent_read(true).into_paginator().items().send();
        found.collect::<Result<_, _>>().await.unwrap()
    }
}

fn is_connection(key: &Key) -> bool {
    key["sk"].as_s().unwrap().starts_with("C#")
}
