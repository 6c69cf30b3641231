//! Sends a frame to many connections concurrently.

use domain::Time;
use futures_util::{StreamExt, stream};
use push::Outcome;
use store::{Audience, Connection};

use crate::App;

/// The most pushes in progress at once. A push takes a few milliseconds, at most two seconds.
const MAX_CONCURRENT: usize = 128;

/// The time in milliseconds after which the handshake of a connection is surely over. During the
/// handshake API Gateway answers a push with 410, as for a closed connection.
const HANDSHAKE_MS: u64 = 30_000;

/// Returns true once a connection is old enough that a 410 response means it has closed.
/// A connection that began later than `now` was stored before the clock was set back.
pub fn is_past_handshake(connection: &Connection, now: Time) -> bool {
    now.millis().abs_diff(connection.connected_at.millis()) > HANDSHAKE_MS
}

/// The connections whose push succeeded or found them closed. A push that failed otherwise says
/// nothing about its connection.
#[derive(Default)]
pub(crate) struct Pushed<'c> {
    /// API Gateway accepted the frame for these.
    pub(crate) accepted: Vec<&'c Connection>,
    /// These have closed.
    pub(crate) gone: Vec<&'c Connection>,
}

impl App {
    /// Pushes to each live connection of `audience` the frame that `frame` returns for it, if any.
    /// Returns when all pushes are done. Deletes connections that have closed, and pushes the
    /// presence of their users to the admins who joined.
    pub async fn fan_out<'a>(&self, audience: &Audience, now: Time, frame: impl Fn(&Connection) -> Option<&'a str>) {
        let Pushed { accepted, gone } = self.push_to_all(audience.connections(), now, frame).await;
        let end =
            async |gone: &Connection| crate::connection_ended(self, &gone.user_id, gone.role, &gone.id, now, now).await;
        stream::iter(gone).for_each_concurrent(MAX_CONCURRENT, end).await;
        let due = accepted.into_iter().filter(|connection| connection.is_due_for_refresh(now));
        let due: Vec<_> = due.collect();
        stream::iter(due)
            .for_each_concurrent(MAX_CONCURRENT, async |connection| self.refresh(connection, now).await)
            .await;
    }

    /// Stores that a connection is open. A client that only receives may send nothing for a long
    /// time.
    async fn refresh(&self, connection: &Connection, now: Time) {
        if let Err(error) = self.store.refresh(&connection.user_id, connection.role, &connection.id, now).await {
            tracing::error!(%error, connection_id = connection.id, "the row of a connection could not be refreshed");
        }
    }

    /// Pushes frames, and returns which connections accepted theirs and which have closed.
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
        // Collected first, because a stream over a borrowing iterator makes the future of every
        // caller `!Send`.
        let pushes: Vec<_> = pushes.collect();
        stream::iter(pushes)
            .buffer_unordered(MAX_CONCURRENT)
            .fold(Pushed::default(), async |mut pushed, (connection, outcome)| {
                self.metrics.count_push(outcome);
                match outcome {
                    Outcome::Accepted => pushed.accepted.push(connection),
                    Outcome::Gone if is_past_handshake(connection, now) => pushed.gone.push(connection),
                    Outcome::Gone | Outcome::Failed => {}
                }
                pushed
            })
            .await
    }
}
