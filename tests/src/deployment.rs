//! A system that runs elsewhere: the same journeys go through somebody else's gateway.
//!
//! It is named by the environment, which `cargo xtask sam` sets: where its REST API is, the origin it lets browsers come
//! from, the secret that signs its tokens, the name of its table, and, by the AWS SDK's own variables, where its DynamoDB is.
//! There is only one, so journeys take turns there (`RUST_TEST_THREADS=1`), each with an empty table.

use std::collections::HashMap;
use std::env;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

/// After this long without a new row there will be none.
const SETTLED: Duration = Duration::from_millis(300);

/// How many times as long connections may take to end.
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
    /// Whether the environment names one.
    pub(crate) fn is_named() -> bool {
        env::var_os("ORDER_CHAT_HTTP").is_some()
    }

    /// The one that the environment names, with an empty table; `None` if it names none.
    pub(crate) async fn named() -> Option<Self> {
        let base_url = env::var("ORDER_CHAT_HTTP").ok()?;
        let deployment = Self {
            base_url,
            origin: env::var("ORDER_CHAT_ORIGIN").unwrap(),
            secret: env::var("ORDER_CHAT_JWT_SECRET").unwrap(),
            table: env::var("ORDER_CHAT_TABLE").unwrap(),
            sdk: aws_config::load_defaults(BehaviorVersion::latest()).await,
        };
        // The journey before this one has left connections, whose ends are still being written down: first their rows go,
        // and then comes one that cannot be waited for. Rows of connections that never were stay.
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

    /// Deletes every row; how many there were.
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
