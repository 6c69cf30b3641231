//! The caller, as the authorizer identified it. API Gateway adds it to every event, so no request
//! reads it from the table.

use std::collections::HashMap;

use domain::{Person, Role, Time};
use serde_json::Value;

/// A user with a valid token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The user.
    pub person: Person,
    /// When the token expires, in seconds since 1970.
    pub token_expires: i64,
    /// True for the role `agent`: an admin who may not change what the shop has set. Unknown, and false,
    /// over WebSocket, where nothing is set.
    pub is_agent: bool,
}

impl Caller {
    /// Reads the authorizer's context. All values are text, because a WebSocket API passes on
    /// nothing else. Returns `None` if a field is missing or invalid.
    pub(crate) fn from_context(fields: &HashMap<String, Value>) -> Option<Self> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let role = match text("role")?.as_str() {
            "customer" => Role::Customer,
            "admin" => Role::Admin,
            _ => return None,
        };
        let person = Person { user_id: text("userId")?, role, name: text("name")? };
        Some(Self { person, token_expires: text("expires")?.parse().ok()?, is_agent: text("agent").is_some() })
    }

    /// Returns true if the token has expired at `now`. API Gateway caches the authorizer's answer
    /// and can use it after the token has expired.
    pub fn is_expired(&self, now: Time) -> bool {
        now.seconds() >= self.token_expires
    }
}
