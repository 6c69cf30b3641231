//! The shop's log of a conversation: what only admins see.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ConversationId, Person, Time};

/// What an entry of the shop's log is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DeskKind {
    /// A note of an admin for the other admins.
    Note {
        /// The text exactly as it was sent. It is plain text, never markup.
        body: String,
    },
}

/// An entry of the shop's log. No customer ever gets it, its number or its author.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeskEntry {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The number of the entry in the shop's log of its conversation: 1, 2, 3, …
    #[cfg_attr(feature = "describe", schemars(range(min = 1)))]
    pub desk_seq: u64,
    /// The id that the client gave the entry. It makes a repeated request idempotent.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub change_id: Uuid,
    /// What it is.
    #[serde(flatten)]
    pub kind: DeskKind,
    /// The admin who made it.
    pub by: Person,
    /// The `seq` of the last entry of the conversation at that time. A client shows this entry after
    /// that one.
    pub after_seq: u64,
    /// When the server received it, by the server's clock.
    pub created_at: Time,
}

impl DeskEntry {
    /// Returns true if `person` made this entry with this `change_id`.
    pub fn is_from(&self, person: &Person, change_id: Uuid) -> bool {
        self.change_id == change_id && self.by.is_same(person)
    }
}
