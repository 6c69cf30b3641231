//! The open connections by id, each with its queue of outgoing frames.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::aws::short_id;
use crate::undocumented::{CLIENT_BUFFER, FRAME_COST};

/// One connection, from the start of its handshake.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its id, such as `TWegAcC4EowCHnA=`.
    pub(super) id: String,
    /// When its handshake began, in milliseconds since 1970.
    pub(super) connected_at: i64,
    /// The client's address.
    pub(super) source_ip: String,
    /// The `User-Agent` header.
    pub(super) user_agent: Option<String>,
    /// The `Host` header.
    pub(super) domain: String,
    /// The authorizer's context, which is part of every event of this connection.
    pub(super) authorizer: Option<Map<String, Value>>,
    last_active: AtomicI64,
    queued_bytes: AtomicUsize,
    outbox: UnboundedSender<Outgoing>,
}

/// An entry of the queue.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A text frame.
    Text(Utf8Bytes),
    /// Close the connection after all earlier entries are sent.
    Close,
}

/// The result of queueing a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// The frame is in the queue.
    Queued,
    /// The queue is full (backpressure): the client reads too slowly.
    Full,
    /// The connection has ended.
    Gone,
}

impl Connection {
    /// Creates a connection at the start of its handshake, and the receiving end of its queue.
    pub(super) fn new(
        source_ip: String,
        user_agent: Option<String>,
        domain: String,
    ) -> (Self, UnboundedReceiver<Outgoing>) {
        let now = Timestamp::now().as_millisecond();
        let (outbox, outgoing) = unbounded_channel();
        let connection = Self {
            id: short_id(),
            connected_at: now,
            source_ip,
            user_agent,
            domain,
            authorizer: None,
            last_active: AtomicI64::new(now),
            queued_bytes: AtomicUsize::new(0),
            outbox,
        };
        (connection, outgoing)
    }

    /// The connection as JSON, with what its `$disconnect` event needs. A later process may have to
    /// send that event.
    pub(super) fn to_json(&self) -> String {
        json!({
            "connectedAt": self.connected_at,
            "sourceIp": self.source_ip,
            "userAgent": self.user_agent,
            "domain": self.domain,
            "authorizer": self.authorizer,
        })
        .to_string()
    }

    /// Reads a connection of an earlier process from what [`Connection::to_json`] wrote. It has no
    /// client: what is queued goes nowhere.
    pub(super) fn from_json(id: &str, json: &str) -> Option<Self> {
        let kept: Value = serde_json::from_str(json).ok()?;
        let text = |name: &str| kept[name].as_str().map(str::to_owned);
        let connected_at = kept["connectedAt"].as_i64()?;
        Some(Self {
            id: id.to_owned(),
            connected_at,
            source_ip: text("sourceIp")?,
            user_agent: text("userAgent"),
            domain: text("domain")?,
            authorizer: kept["authorizer"].as_object().cloned(),
            last_active: AtomicI64::new(connected_at),
            queued_bytes: AtomicUsize::new(0),
            outbox: unbounded_channel().0,
        })
    }

    /// Queues a frame and never waits, so a client that reads slowly delays nobody.
    pub(super) fn push(&self, text: Utf8Bytes) -> Pushed {
        let cost = text.len() + FRAME_COST;
        let before = self.queued_bytes.fetch_add(cost, Ordering::AcqRel);
        if before > 0 && before + cost > CLIENT_BUFFER {
            self.queued_bytes.fetch_sub(cost, Ordering::AcqRel);
            return Pushed::Full;
        }
        match self.outbox.send(Outgoing::Text(text)) {
            Ok(()) => Pushed::Queued,
            Err(_) => Pushed::Gone,
        }
    }

    /// Closes the connection after the queued frames are sent.
    pub(super) fn close(&self) -> Pushed {
        self.outbox.send(Outgoing::Close).map_or(Pushed::Gone, |()| Pushed::Queued)
    }

    /// Counts a frame of this many bytes as sent.
    pub(super) fn sent(&self, length: usize) {
        self.queued_bytes.fetch_sub(length + FRAME_COST, Ordering::AcqRel);
    }

    /// Records that data was transferred now.
    pub(super) fn touch(&self) {
        self.last_active.store(Timestamp::now().as_millisecond(), Ordering::Relaxed);
    }

    /// When data was last transferred, in milliseconds since 1970.
    pub(super) fn last_active(&self) -> i64 {
        self.last_active.load(Ordering::Relaxed)
    }
}

/// All connections whose handshake is complete and that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<HashMap<String, Arc<Connection>>>);

impl Connections {
    pub(super) fn enter(&self, connection: Arc<Connection>) {
        self.locked().insert(connection.id.clone(), connection);
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Connection>> {
        self.locked().get(id).cloned()
    }

    pub(super) fn leave(&self, id: &str) -> Option<Arc<Connection>> {
        self.locked().remove(id)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
