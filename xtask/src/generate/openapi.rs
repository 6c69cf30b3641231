//! `docs/openapi.json`: the REST API. Paths and descriptions are written here. Every schema is
//! generated from a type.

use anyhow::Result;
use protocol::Problem;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::schema::Schemas;

mod conversations;
mod operation;
mod orders;

const ABOUT: &str = "Customers and a shop's staff talk about an order where the order is.\n\n\
    Errors of the API itself are `application/problem+json` with a stable `code`. What the gateway in front of it refuses \
    (a missing or bad token, an unknown route, too many requests at once) is `application/json` with a `message` and no \
    `code`: a 403 without a `code` means that the token has to be renewed.\n\n\
    Unknown fields in a request are ignored. The promises behind all this are in `docs/protocol.md`, the WebSocket \
    events in `docs/asyncapi.json`.";

pub(super) fn document() -> Result<Value> {
    let mut schemas = Schemas::new(SchemaSettings::draft2020_12());
    let mut paths: Map<String, Value> = Map::new();
    let operations = [orders::operations(&mut schemas)?, conversations::operations(&mut schemas)?].concat();
    for operation in operations {
        let methods = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        let method = operation.method;
        methods[method] = operation.into_content();
    }
    schemas.got::<Problem>();
    let mut components = schemas.into_components();
    components.insert("GatewayMessage".to_owned(), gateway_message());
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "order-chat",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [
            { "url": "http://127.0.0.1:3000", "description": "`cargo run`" },
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "description": "Deployed",
                "variables": {
                    "api": { "default": "api", "description": "The HTTP API's id" },
                    "region": { "default": "eu-central-1" },
                },
            },
        ],
        "security": [{ "token": [] }],
        "tags": [
            { "name": "orders", "description": "Orders and their status." },
            { "name": "conversations", "description": "One for each order: messages, cursors, tickets for WebSocket." },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "`sub` is the user's id, `role` is `customer` or `admin`, `name` is shown to others, \
                        `exp` is mandatory. Signed with HS256, RS256 or ES256, as the deployment is configured.",
                },
            },
            "responses": operation::gateway_responses(),
            "schemas": components,
        },
    }))
}

fn gateway_message() -> Value {
    json!({
        "type": "object",
        "description": "What the gateway itself answers, before a function sees the request.",
        "properties": { "message": { "type": "string", "description": "In words; not stable." } },
        "required": ["message"],
    })
}
