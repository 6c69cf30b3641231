//! `docs/openapi.json`: the REST API. Paths and descriptions are written here. Every schema is
//! generated from a type.

use anyhow::Result;
use protocol::Problem;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::schema::Schemas;

mod conversations;
mod desk;
mod operation;
mod orders;

const ABOUT: &str = "Orders, and a chat between the customer and the shop's staff about each order.\n\n\
    Errors of the API itself are `application/problem+json` with a stable `code`. API Gateway refuses some requests itself \
    (a missing or invalid token, an unknown route, too many requests). Its errors are `application/json` with a `message` \
    and no `code`. A 403 with a `message` and without a `code` means that the client needs a new token.\n\n\
    Unknown fields in a request are ignored. `docs/protocol.md` says what clients can rely on. `docs/asyncapi.json` \
    describes the WebSocket events.";

pub(super) fn document() -> Result<Value> {
    let mut schemas = Schemas::new(SchemaSettings::draft2020_12());
    let mut paths: Map<String, Value> = Map::new();
    let (orders, conversations) = (orders::operations(&mut schemas)?, conversations::operations(&mut schemas)?);
    let operations = [orders, conversations, desk::operations(&mut schemas)].concat();
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
            { "name": "conversations", "description": "The conversation of each order: messages, read cursors, and tickets for the WebSocket." },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "`sub` is the user's id, `role` is `customer`, `admin` or `agent`, `name` is shown to others, \
                        `exp` is required. It is signed with HS256, RS256 or ES256, as configured in the deployment.",
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
        "description": "An error of API Gateway itself. No function was called.",
        "properties": { "message": { "type": "string", "description": "The error as text, which may change." } },
        "required": ["message"],
    })
}
