//! Journeys through real sockets: what the protocol promises, checked from outside.
//!
//! A [`Shop`] is the whole system in this process with its own empty table, or one that is deployed (see `deployment`). It makes [`User`]s, who call the REST
//! API, place orders and [`connect`](User::connect) as [`Client`]s over WebSocket. Nothing here sleeps: a test waits
//! for what can be seen, and knows that nothing more comes once a later answer has arrived (see [`Client::drain`]).
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test, here")]

mod answer;
mod cases;
mod client;
mod delayed_push;
mod deployment;
pub mod gateway;
pub mod importer;
mod interceptor;
mod keys;
pub mod legacy_shop;
pub mod mariadb;
mod meter;
pub mod modules;
pub mod monitored_metrics;
mod outage;
pub mod reconnecting_client;
mod replica;
mod rows;
pub mod running;
mod shop;
pub mod simulation;
pub mod throttle;
mod user;

pub use answer::Answer;
pub use cases::{Variables, cases, seeds};
pub use client::{Client, Receipt, Refused, Sent, client_message_id};
pub use delayed_push::DelayedPush;
pub use keys::{es256_key, rs256_key};
pub use meter::{Call, Cost, Meter, Need, item_size};
pub use outage::Outage;
pub use replica::{Began, Replica, ReplicaConversation};
pub use rows::StaleConnection;
pub use shop::Shop;
pub use user::{User, lamp};

/// How much of something: what the environment says, or a little.
pub fn number<N: std::str::FromStr>(variable: &str, little: N) -> N {
    asked(variable).unwrap_or(little)
}

/// What the environment says, where it says something.
fn asked<N: std::str::FromStr>(variable: &str) -> Option<N> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}: no number")))
}

/// Milliseconds since 1970 began, by this machine's clock, which is also the server's.
pub fn now_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
