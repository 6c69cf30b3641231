//! The WebSocket API: one path, `/{stage}`, on which a client gets a connection, and `@connections` below it, by
//! which functions reach that client.
//!
//! A connection's life: `handshake` asks the authorizer and `$connect` and enters it among the [`Connections`];
//! `socket` reads and writes frames until somebody closes it; `frames` takes each frame to its route; `$disconnect`
//! is told at the end. `management` is the other side: posts find the connection by its id.

mod connections;
mod event;
mod frames;
mod handshake;
mod management;
mod socket;

use std::sync::Arc;

use tokio::sync::mpsc;

pub(crate) use connections::Connections;
pub(crate) use management::Management;

use crate::lambda::Lambdas;
use crate::settings::Timers;
use crate::stopping::Stopping;
use crate::template::WebSocketSpec;

/// The served WebSocket API.
pub(crate) struct WebSocketApi {
    spec: WebSocketSpec,
    lambdas: Lambdas,
    connections: Arc<Connections>,
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
        timers: Timers,
        stopping: Stopping,
        alive: mpsc::Sender<()>,
    ) -> Self {
        Self { spec, lambdas, connections, timers, stopping, alive }
    }

    /// The stage, and so the path.
    pub(crate) fn stage(&self) -> &str {
        &self.spec.stage
    }
}
