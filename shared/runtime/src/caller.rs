//! Who is calling, as the authorizer found out. It is in every event, so no request pays a read for it.

use std::collections::HashMap;

use domain::{Person, Role, Time};
use serde_json::Value;

/// Somebody with a valid token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// Who.
    pub person: Person,
    /// When their token ends, in seconds since 1970.
    pub token_expires: i64,
}

impl Caller {
    /// From the authorizer's context: text on a WebSocket, where API Gateway makes everything text, and so over HTTP.
    pub(crate) fn from_context(fields: &HashMap<String, Value>) -> Option<Self> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let role = match text("role")?.as_str() {
            "customer" => Role::Customer,
            "admin" => Role::Admin,
            _ => return None,
        };
        let person = Person { user_id: text("userId")?, role, name: text("name")? };
        Some(Self { person, token_expires: text("expires")?.parse().ok()? })
    }

    /// Whether the token is past at `now`. A gateway caches what the authorizer said, also beyond the token's end.
    pub fn is_expired(&self, now: Time) -> bool {
        now.seconds() >= self.token_expires
    }
}
