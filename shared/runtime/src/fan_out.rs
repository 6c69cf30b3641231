//! Sends a frame to many connections concurrently.

use domain::Time;
use futures_util::{StreamExt, stream};
use push::Outcome;
use store::{Audience, Connection};

use crate::App;

/// Pushes under way at once. Each takes a few milliseconds, and two seconds at most.
const MAX_CONCURRENT: usize = 128;

/// A connection younger than this may still be in its handshake, when the gateway answers as if it were gone.
const HANDSHAKE_MS: u64 = 30_000;

/// Whether "gone" means gone. A connection that is to begin later than now is of before the clock was set back.
pub fn is_past_handshake(connection: &Connection, now: Time) -> bool {
    now.millis().abs_diff(connection.connected_at.millis()) > HANDSHAKE_MS
}

/// How the pushes of one frame went, as far as it says something of the connections.
#[derive(Default)]
pub(crate) struct Pushed<'c> {
    /// The gateway took the frame for them.
    pub(crate) taken: Vec<&'c Connection>,
    /// They have ended.
    pub(crate) gone: Vec<&'c Connection>,
}

impl App {
    /// Sends each live connection of `audience` the frame that `frame` picks for it, if any. Returns when all offers are
    /// done; those that are gone are forgotten, and whoever should hear that somebody went hears it.
    pub async fn fan_out<'a>(&self, audience: &Audience, now: Time, frame: impl Fn(&Connection) -> Option<&'a str>) {
        let Pushed { taken, gone } = self.push_to_all(audience.connections(), now, frame).await;
        let forget =
            async |gone: &Connection| crate::connection_ended(self, &gone.user_id, gone.role, &gone.id, now, now).await;
        stream::iter(gone).for_each_concurrent(MAX_CONCURRENT, forget).await;
        let due = taken.into_iter().filter(|connection| connection.is_due_for_refresh(now));
        let due: Vec<_> = due.collect();
        stream::iter(due)
            .for_each_concurrent(MAX_CONCURRENT, async |connection| self.refresh(connection, now).await)
            .await;
    }

    /// Writes that a connection was heard of: its client may have no reason to send anything.
    async fn refresh(&self, connection: &Connection, now: Time) {
        if let Err(error) = self.store.refresh(&connection.user_id, connection.role, &connection.id, now).await {
            tracing::error!(%error, connection_id = connection.id, "a connection could not be refreshed");
        }
    }

    /// Offers, and answers which connections took the frame and which are gone.
    pub(crate) async fn push_to_all<'a, 'c>(
        &self,
        connections: impl Iterator<Item = &'c Connection>,
        now: Time,
        frame: impl Fn(&Connection) -> Option<&'a str>,
    ) -> Pushed<'c> {
        let pushes = connections.filter(|connection| connection.is_live(now)).filter_map(|connection| {
            let frame = frame(connection)?;
            Some(async move { (connection, self.push.post(&connection.id, frame).await) })
        });
        // Collected first: a stream over a borrowing iterator would make every caller's future hard to send between threads.
        let pushes: Vec<_> = pushes.collect();
        stream::iter(pushes)
            .buffer_unordered(MAX_CONCURRENT)
            .fold(Pushed::default(), async |mut pushed, (connection, outcome)| {
                self.metrics.count_push(outcome);
                match outcome {
                    Outcome::Accepted => pushed.taken.push(connection),
                    Outcome::Gone if is_past_handshake(connection, now) => pushed.gone.push(connection),
                    Outcome::Gone | Outcome::Failed => {}
                }
                pushed
            })
            .await
    }
}
