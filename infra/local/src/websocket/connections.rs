//! Who is connected: every open connection under its id, with what waits to be sent to it.

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
    /// Its id, as `TWegAcC4EowCHnA=`.
    pub(super) id: String,
    /// When its handshake began, in milliseconds since 1970.
    pub(super) connected_at: i64,
    /// The client's address.
    pub(super) source_ip: String,
    /// What the client says it is.
    pub(super) user_agent: Option<String>,
    /// The host the client asked for.
    pub(super) domain: String,
    /// What the authorizer said about it, for every event of its life.
    pub(super) authorizer: Option<Map<String, Value>>,
    last_active: AtomicI64,
    queued_bytes: AtomicUsize,
    outbox: UnboundedSender<Outgoing>,
}

/// What waits for a client.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A text frame.
    Text(Utf8Bytes),
    /// The end, after all that came before it.
    Close,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// It is on its way.
    Queued,
    /// The client takes less than it is sent.
    Full,
    /// The connection has ended.
    Gone,
}

impl Connection {
    /// A connection whose handshake begins now, and the receiving end of its queue.
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

    /// What is needed to tell of its end once this process has ended, as JSON.
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

    /// The connection of an earlier process, by what [`Connection::to_json`] kept of it. Nothing reaches its client.
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

    /// Queues a frame, and never waits: a client that reads slowly delays nobody.
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

    /// Ends the connection once what is queued has been sent.
    pub(super) fn close(&self) -> Pushed {
        self.outbox.send(Outgoing::Close).map_or(Pushed::Gone, |()| Pushed::Queued)
    }

    /// A frame of this many bytes has left the queue.
    pub(super) fn sent(&self, length: usize) {
        self.queued_bytes.fetch_sub(length + FRAME_COST, Ordering::AcqRel);
    }

    /// Data went over the connection.
    pub(super) fn touch(&self) {
        self.last_active.store(Timestamp::now().as_millisecond(), Ordering::Relaxed);
    }

    /// When data last went over it.
    pub(super) fn last_active(&self) -> i64 {
        self.last_active.load(Ordering::Relaxed)
    }
}

/// Every connection whose handshake has ended and that has not.
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
