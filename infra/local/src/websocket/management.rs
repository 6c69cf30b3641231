//! The `@connections` API, with which functions push to clients, in this process or over HTTP.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::json;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::connections::{Connections, Pushed};

/// The largest body of a post, in bytes.
const MESSAGE: usize = 128 * 1024;

/// The management API of the WebSocket API.
pub(crate) struct Management {
    connections: Arc<Connections>,
    authority: String,
    api: String,
    prefix: String,
}

impl Management {
    /// The management API at `http://{authority}/{stage}/@connections/`.
    pub(crate) fn new(connections: Arc<Connections>, authority: &str, api: &str, stage: &str) -> Self {
        let prefix = format!("/{stage}/@connections/");
        Self { connections, authority: authority.to_owned(), api: api.to_owned(), prefix }
    }

    /// The id of the WebSocket API, which is part of ARNs in policies.
    pub(crate) fn api(&self) -> &str {
        &self.api
    }

    /// Returns true if a request to `uri` is for this API.
    pub(crate) fn serves(&self, uri: &http::Uri) -> bool {
        uri.authority().is_some_and(|authority| authority == self.authority.as_str()) && self.owns(uri.path())
    }

    /// Returns true if `path` belongs to this API.
    pub(crate) fn owns(&self, path: &str) -> bool {
        self.id_in(path).is_some()
    }

    /// Answers one request with a status and a body. Never waits for a client.
    pub(crate) fn answer(&self, method: &str, path: &str, signature: Option<&str>, body: Bytes) -> (u16, String) {
        if !signature.is_some_and(|signature| signature.starts_with("AWS4-HMAC-SHA256 ")) {
            return refusal(403, "ForbiddenException", "Missing Authentication Token");
        }
        let Some(id) = self.id_in(path) else { return refusal(403, "ForbiddenException", "Forbidden") };
        match method {
            "POST" => self.post(&id, body),
            "GET" => self.get(&id),
            "DELETE" => self.delete(&id),
            _ => refusal(403, "ForbiddenException", "Forbidden"),
        }
    }

    fn post(&self, id: &str, body: Bytes) -> (u16, String) {
        if body.len() > MESSAGE {
            return refusal(413, "PayloadTooLargeException", "Message too long");
        }
        let Ok(text) = Utf8Bytes::try_from(body) else {
            return refusal(400, "BadRequestException", "Invalid message");
        };
        match self.connections.get(id).map_or(Pushed::Gone, |connection| connection.push(text)) {
            Pushed::Queued => (200, String::new()),
            Pushed::Full => refusal(429, "LimitExceededException", "The client's buffer is full"),
            Pushed::Gone => gone(),
        }
    }

    fn get(&self, id: &str) -> (u16, String) {
        let Some(connection) = self.connections.get(id) else { return gone() };
        let time = |ms| Timestamp::from_millisecond(ms).unwrap_or_default().to_string();
        let mut status = json!({
            "connectedAt": time(connection.connected_at),
            "identity": { "sourceIp": connection.source_ip },
            "lastActiveAt": time(connection.last_active()),
        });
        if let Some(user_agent) = &connection.user_agent {
            status["identity"]["userAgent"] = json!(user_agent);
        }
        (200, status.to_string())
    }

    fn delete(&self, id: &str) -> (u16, String) {
        match self.connections.leave(id).map_or(Pushed::Gone, |connection| connection.close()) {
            Pushed::Queued | Pushed::Full => (204, String::new()),
            Pushed::Gone => gone(),
        }
    }

    fn id_in(&self, path: &str) -> Option<String> {
        let path = percent_decode_str(path).decode_utf8().ok()?;
        path.strip_prefix(self.prefix.as_str()).filter(|id| !id.is_empty()).map(str::to_owned)
    }
}

fn gone() -> (u16, String) {
    refusal(410, "GoneException", "The connection is gone")
}

fn refusal(status: u16, kind: &str, message: &str) -> (u16, String) {
    (status, json!({ "__type": kind, "message": message }).to_string())
}
