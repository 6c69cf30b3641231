//! Finds the route of a frame, calls its function, and sends the answer.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::WebSocketApi;
use super::connections::{Connection, Pushed};
use super::event::Event;
use crate::aws::short_id;
use crate::lambda::Failure;
use crate::template::WebSocketRoute;
use crate::undocumented::NO_BODY;

impl WebSocketApi {
    /// Handles one frame until its answer is queued. Frames of one connection are handled
    /// concurrently, so answers may come in another order.
    pub(super) async fn frame(self: Arc<Self>, connection: Arc<Connection>, text: Utf8Bytes) {
        let Some((key, route)) = self.route(&text) else {
            return send_error(&connection, "Forbidden", &short_id());
        };
        let Event { value, request_id } = self.message_event(&connection, key, &text);
        let timeout = route.timeout.map_or(self.timers.websocket, |own| own.min(self.timers.websocket));
        match self.lambdas.call(&route.function, value, timeout).await {
            Ok(answer) if route.two_way => send(&connection, answer["body"].as_str().unwrap_or(NO_BODY)),
            Ok(_) => {}
            Err(Failure::Integration) => send_error(&connection, "Endpoint request timed out", &request_id),
            Err(_) => send_error(&connection, "Internal server error", &request_id),
        }
    }

    /// The route that the selection expression names, otherwise `$default`. A client cannot call
    /// `$connect` and `$disconnect`.
    fn route(&self, text: &str) -> Option<(&str, &WebSocketRoute)> {
        let document: Value = serde_json::from_str(text).unwrap_or_default();
        let selected = self.spec.selection.iter().fold(&document, |value, field| &value[field.as_str()]);
        let selected = selected.as_str().filter(|key| !key.starts_with('$')).unwrap_or("$default");
        let routes = &self.spec.routes;
        let (key, route) = routes.get_key_value(selected).or_else(|| routes.get_key_value("$default"))?;
        Some((key.as_str(), route))
    }
}

fn send_error(connection: &Connection, message: &str, request_id: &str) {
    let frame = json!({ "message": message, "connectionId": connection.id, "requestId": request_id });
    send(connection, &frame.to_string());
}

fn send(connection: &Connection, text: &str) {
    if connection.push(Utf8Bytes::from(text)) != Pushed::Queued {
        tracing::warn!(connection = connection.id, "an answer could not be queued for its client");
    }
}
