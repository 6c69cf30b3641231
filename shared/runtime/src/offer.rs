//! The fan-out: offering a frame to every connection that should have it, all at once.

use domain::Time;
use futures_util::{StreamExt, stream};
use push::Outcome;
use store::{Audience, Connection};

use crate::App;

/// Pushes under way at once. Each takes a few milliseconds, and two seconds at most.
const AT_ONCE: usize = 128;

/// A connection younger than this may still be in its handshake, when the gateway answers as if it were gone.
const HANDSHAKE_MS: i64 = 30_000;

/// Whether "gone" means gone.
pub fn is_past_handshake(connection: &Connection, now: Time) -> bool {
    now.millis() - connection.connected_at.millis() > HANDSHAKE_MS
}

impl App {
    /// Offers each living connection of `audience` the frame that `frame` picks for it, if any. Returns when all offers are
    /// done; those that are gone are forgotten, and whoever should hear that somebody went hears it.
    pub async fn offer<'a>(&self, audience: &Audience, now: Time, frame: impl Fn(&Connection) -> Option<&'a str>) {
        let gone = self.post_all(audience.connections(), now, frame).await;
        let forget = async |gone: &Connection| crate::left(self, &gone.user_id, gone.role, &gone.id, now).await;
        stream::iter(gone).for_each_concurrent(AT_ONCE, forget).await;
    }

    /// Offers, and answers which connections are gone.
    pub(crate) async fn post_all<'a, 'c>(
        &self,
        connections: impl Iterator<Item = &'c Connection>,
        now: Time,
        frame: impl Fn(&Connection) -> Option<&'a str>,
    ) -> Vec<&'c Connection> {
        let offers = connections.filter(|connection| connection.lives(now)).filter_map(|connection| {
            let frame = frame(connection)?;
            Some(async move { (connection, self.push.post(&connection.id, frame).await) })
        });
        // Collected first: a stream over a borrowing iterator would make every caller's future hard to send between threads.
        let offers: Vec<_> = offers.collect();
        stream::iter(offers)
            .buffer_unordered(AT_ONCE)
            .filter_map(|(connection, outcome)| async move {
                self.metrics.offered(outcome);
                (outcome == Outcome::Gone && is_past_handshake(connection, now)).then_some(connection)
            })
            .collect()
            .await
    }
}
