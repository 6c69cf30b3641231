//! `docs/asyncapi.json`: the WebSocket, described from the server's side. The server receives
//! actions and sends events.

use anyhow::{Context, Result};
use protocol::{Event, Frame};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::schema::{Schemas, variants};

const ABOUT: &str = "A client gets a ticket from `POST /api/chat/ticket` (see `docs/openapi.json`) and connects to the `url` \
    in the answer. Each frame is one JSON object. A client's frame has an `action`, a server's frame has an `event`.\n\n\
    API Gateway itself can send empty frames and frames without an `event`: ignore them. Every frame can be lost, \
    repeated, or overtaken by a later one. `docs/protocol.md` says how a client gets every message nevertheless.";

const CHANNEL: &str = "#/channels/socket";

pub(super) fn document() -> Result<Value> {
    // AsyncAPI's own schema language is a superset of draft 7.
    let mut schemas = Schemas::new(SchemaSettings::draft07());
    schemas.sent::<Frame>();
    schemas.got::<Event>();
    let mut components = schemas.into_components();
    let frame = components.remove("ClientFrame").context("frames have a schema")?;
    let event = components.remove("ServerEvent").context("events have a schema")?;

    let mut messages = Map::new();
    let mut operations = Map::new();
    for (name, mut payload) in variants(&frame, "action")? {
        payload["properties"]["requestId"] = frame["properties"]["requestId"].clone();
        let id = format!("action_{name}");
        operations.insert(id.clone(), receive(&id, &name, &payload));
        messages.insert(id, message(&name, payload));
    }
    for (name, payload) in variants(&event, "event")? {
        let id = format!("event_{name}");
        if name != "ack" && name != "error" {
            operations.insert(id.clone(), send(&id, &name, &payload));
        }
        messages.insert(id, message(&name, payload));
    }
    let in_channel = messages.keys().map(|id| (id.clone(), json!({ "$ref": format!("#/components/messages/{id}") })));
    let in_channel: Map<String, Value> = in_channel.collect();

    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "order-chat",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": { "host": "127.0.0.1:3000", "protocol": "ws", "description": "`cargo run`" },
            "deployed": {
                "host": "{api}.execute-api.{region}.amazonaws.com",
                "protocol": "wss",
                "variables": {
                    "api": { "description": "The WebSocket API's id" },
                    "region": { "default": "eu-central-1" },
                },
            },
        },
        "channels": { "socket": channel(&in_channel) },
        "operations": operations,
        "components": { "messages": messages, "schemas": components },
    }))
}

fn channel(messages: &Map<String, Value>) -> Value {
    json!({
        "address": "/{stage}",
        "description": "One connection. Frames are UTF-8 text of at most 32 KB. API Gateway closes a connection after two hours, or after \
                        ten minutes without data.",
        "parameters": { "stage": { "default": "prod", "description": "The API's stage." } },
        "messages": messages,
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "properties": {
                        "ticket": { "type": "string", "description": "Valid for one connection and for at most 60 seconds." },
                    },
                    "required": ["ticket"],
                },
            },
        },
    })
}

fn message(name: &str, mut payload: Value) -> Value {
    let summary = payload.as_object_mut().and_then(|fields| fields.remove("description"));
    json!({ "name": name, "summary": summary, "payload": payload })
}

/// An action of a client, and its answer. A client gets the answer only if it sent a `requestId`.
fn receive(id: &str, name: &str, payload: &Value) -> Value {
    let answers = ["event_ack", "event_error"].map(|answer| json!({ "$ref": format!("{CHANNEL}/messages/{answer}") }));
    json!({
        "action": "receive",
        "title": name,
        "summary": payload["description"],
        "channel": { "$ref": CHANNEL },
        "messages": [{ "$ref": format!("{CHANNEL}/messages/{id}") }],
        "reply": { "channel": { "$ref": CHANNEL }, "messages": answers },
    })
}

fn send(id: &str, name: &str, payload: &Value) -> Value {
    json!({
        "action": "send",
        "title": name,
        "summary": payload["description"],
        "channel": { "$ref": CHANNEL },
        "messages": [{ "$ref": format!("{CHANNEL}/messages/{id}") }],
    })
}
