//! Persons, their roles and their sides.

use serde::{Deserialize, Serialize};

/// The role of a person.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees their own orders and conversations.
    Customer,
    /// The shop's staff: takes part in every conversation.
    Admin,
    /// The system itself. It is only the sender of system messages.
    System,
}

/// The side of a conversation. Messages of one side are unread for the other side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The customer.
    Customer,
    /// Every admin.
    Shop,
}

/// A person with id, role and name: a caller, a sender, or the cause of a system message.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The user id, which is the `sub` of the JWT: 1 to 128 bytes. Only the system has the id
    /// `system`.
    pub user_id: String,
    /// The person's role.
    pub role: Role,
    /// The display name.
    pub name: String,
}

/// Returns true if a token may have this user id: 1 to 128 bytes, no control characters, and not
/// `system`.
pub fn is_user_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text != "system" && !text.chars().any(char::is_control)
}

impl Person {
    /// The sender of every system message.
    pub fn system() -> Self {
        Self { user_id: "system".to_owned(), role: Role::System, name: "System".to_owned() }
    }

    /// Returns true for the shop's staff.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// The person's side. Do not use it for the system: its messages count for the person who
    /// caused them.
    pub fn side(&self) -> Side {
        if self.role == Role::Customer { Side::Customer } else { Side::Shop }
    }
}
