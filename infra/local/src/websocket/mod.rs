//! The WebSocket API. Clients connect to the path `/{stage}`. Functions push to them through
//! `@connections` below that path.
//!
//! The steps of a connection: `handshake` calls the authorizer and `$connect`, and adds the
//! connection to [`Connections`]. `socket` reads and writes frames until one side closes. `frames`
//! sends each frame to its route. At the end `$disconnect` is called. If the process was killed
//! before that, the next start calls it: `open_connections` keeps the list of open connections on
//! disk. `management` finds the connection of a post by its id.

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

/// How many `$disconnect` events are sent concurrently for connections of an earlier process.
const MAX_CONCURRENT_DISCONNECTS: usize = 32;

/// The WebSocket API of the template.
pub(crate) struct WebSocketApi {
    spec: WebSocketSpec,
    lambdas: Lambdas,
    connections: Arc<Connections>,
    kept: OpenConnections,
    timers: Timers,
    stopping: Stopping,
    /// Every open connection holds a clone. When all clones are dropped, the last `$disconnect` has
    /// been answered.
    alive: mpsc::Sender<()>,
}

impl WebSocketApi {
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

    /// Calls `$disconnect` for the connections that an earlier process left open. The time in the
    /// events is the time at which that process was last known to run.
    pub(crate) async fn end_left_behind(&self, left: LeftBehind) {
        let LeftBehind { connections, alive_at } = left;
        let ends = connections.into_iter().map(|connection| async move {
            let now = Timestamp::now().as_millisecond();
            let ended_at = alive_at.max(connection.connected_at).min(now);
            let mut event = self.disconnect_event(&connection, VANISHED.0, VANISHED.1).value;
            let context = &mut event["requestContext"];
            context["requestTimeEpoch"] = json!(ended_at);
            context["requestTime"] = json!(request_time(Timestamp::from_millisecond(ended_at).unwrap_or_default()));
            self.call_disconnect(&connection, event).await;
        });
        stream::iter(ends).buffer_unordered(MAX_CONCURRENT_DISCONNECTS).collect::<()>().await;
    }

    /// Calls `$disconnect` once, without a retry, as AWS does. If the call fails, a later push
    /// finds out by a 410 response.
    async fn call_disconnect(&self, connection: &Connection, event: Value) {
        if let Some(route) = self.spec.routes.get("$disconnect") {
            let _answer = self.lambdas.call(&route.function, event, self.timers.websocket).await;
        }
        self.kept.remove(&connection.id);
    }

    /// The stage, which is also the path.
    pub(crate) fn stage(&self) -> &str {
        &self.spec.stage
    }
}
