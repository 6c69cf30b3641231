//! The WebSocket API: one path, `/{stage}`, on which a client gets a connection, and `@connections` below it, by
//! which functions reach that client.
//!
//! A connection's life: `handshake` asks the authorizer and `$connect` and enters it among the [`Connections`];
//! `socket` reads and writes frames until somebody closes it; `frames` takes each frame to its route; `$disconnect`
//! is told at the end, by the next start if need be: `open_connections` has on disk which are open. `management` is the other side: posts find the connection by its id.

mod connections;
mod event;
mod frames;
mod handshake;
mod management;
mod open_connections;
mod socket;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub(crate) use connections::Connections;
pub(crate) use management::Management;
pub(crate) use open_connections::{LeftBehind, OpenConnections};

use connections::Connection;

use crate::aws::request_time;
use crate::lambda::Lambdas;
use crate::settings::Timers;
use crate::stopping::Stopping;
use crate::template::WebSocketSpec;
use crate::undocumented::VANISHED;

/// How many connections of an earlier process are ended at once.
const AT_ONCE: usize = 32;

/// The served WebSocket API.
pub(crate) struct WebSocketApi {
    spec: WebSocketSpec,
    lambdas: Lambdas,
    connections: Arc<Connections>,
    kept: OpenConnections,
    timers: Timers,
    stopping: Stopping,
    /// Every open connection holds a clone; when all are gone, the last `$disconnect` has been answered.
    alive: mpsc::Sender<()>,
}

impl WebSocketApi {
    /// The API of the template.
    pub(crate) fn new(
        spec: WebSocketSpec,
        lambdas: Lambdas,
        connections: Arc<Connections>,
        kept: OpenConnections,
        timers: Timers,
        stopping: Stopping,
        alive: mpsc::Sender<()>,
    ) -> Self {
        Self { spec, lambdas, connections, kept, timers, stopping, alive }
    }

    /// Tells `$disconnect` of the connections that an earlier process left behind, as if they had ended when that process
    /// was last known to run.
    pub(crate) async fn end_left_behind(&self, left: LeftBehind) {
        let LeftBehind { connections, alive_at } = left;
        let ends = connections.into_iter().map(|connection| async move {
            let now = Timestamp::now().as_millisecond();
            let ended_at = alive_at.max(connection.connected_at).min(now);
            let mut event = self.disconnect_event(&connection, VANISHED.0, VANISHED.1).value;
            let context = &mut event["requestContext"];
            context["requestTimeEpoch"] = json!(ended_at);
            context["requestTime"] = json!(request_time(Timestamp::from_millisecond(ended_at).unwrap_or_default()));
            self.tell_disconnect(&connection, event).await;
        });
        stream::iter(ends).buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    /// Calls `$disconnect`. Best effort, as on AWS: whoever is not told now finds out by a post that answers 410.
    async fn tell_disconnect(&self, connection: &Connection, event: Value) {
        if let Some(route) = self.spec.routes.get("$disconnect") {
            let _told = self.lambdas.call(&route.function, event, self.timers.websocket).await;
        }
        self.kept.remove(&connection.id);
    }

    /// The stage, and so the path.
    pub(crate) fn stage(&self) -> &str {
        &self.spec.stage
    }
}
