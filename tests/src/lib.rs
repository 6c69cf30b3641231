//! Support code for tests that check the protocol from outside, over real sockets.
//!
//! A [`Shop`] is the whole system in this process with its own empty table, or a deployed one (see
//! `deployment`). It creates [`User`]s, who call the REST API, place orders and
//! [`connect`](User::connect) as [`Client`]s over WebSocket. Nothing here sleeps: a test waits for
//! an observable result. To know that nothing more comes, it waits for an answer that comes after
//! it (see [`Client::drain`]).
#![allow(clippy::unwrap_used, reason = "a failing helper should fail its test where it happens")]

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
pub use client::{Changed, Client, Receipt, Refused, Sent, client_message_id};
pub use delayed_push::DelayedPush;
pub use keys::{es256_key, rs256_key};
pub use meter::{Call, Cost, Meter, Need, as_json, item_size};
pub use outage::Outage;
pub use replica::{Replica, ReplicaConversation};
pub use rows::{ListedAdmin, StaleConnection};
pub use shop::Shop;
pub use user::{User, lamp};

/// A number from an environment variable, or `default`.
pub fn number<N: std::str::FromStr>(variable: &str, default: N) -> N {
    asked(variable).unwrap_or(default)
}

/// A number from an environment variable, if the variable is set.
fn asked<N: std::str::FromStr>(variable: &str) -> Option<N> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

/// The current time in milliseconds since 1970, by this machine's clock, which is also the
/// server's.
pub fn now_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
