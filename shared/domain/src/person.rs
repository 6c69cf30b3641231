//! Who acts.

use serde::{Deserialize, Serialize};

/// What somebody may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees their own orders and conversations.
    Customer,
    /// The shop's staff: takes part in every conversation.
    Admin,
    /// The system itself, which only ever appears as a sender.
    System,
}

/// A conversation has two sides; what one side sends is unread for the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The customer.
    Customer,
    /// Every admin.
    Shop,
}

/// Somebody by id, role and name: a caller, a sender, whoever caused a system message.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The `sub` of their JWT: 1 to 128 bytes, never `system` for a caller.
    pub user_id: String,
    /// What they may do.
    pub role: Role,
    /// How they are shown.
    pub name: String,
}

/// Whether a token may name this user: 1 to 128 bytes, no control characters, and never the system itself.
pub fn is_user_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text != "system" && !text.chars().any(char::is_control)
}

impl Person {
    /// The sender of every system message.
    pub fn system() -> Self {
        Self { user_id: "system".to_owned(), role: Role::System, name: "System".to_owned() }
    }

    /// Whether this is one of the shop's staff.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// The side they are on. The system itself is on neither; what it says counts for whoever caused it.
    pub fn side(&self) -> Side {
        if self.role == Role::Customer { Side::Customer } else { Side::Shop }
    }
}
