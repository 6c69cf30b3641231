//! The status of a conversation.

use serde::{Deserialize, Serialize};

use crate::OrderStatus;

/// The status of a conversation. It decides whether text messages can be sent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ConversationStatus {
    /// Messages can be sent.
    Active,
    /// An admin archived it. The next text message makes it active again.
    Archived,
    /// No text messages can be sent until an admin reopens it.
    Closed,
}

impl ConversationStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Archived, Self::Closed];

    /// Returns true if a conversation with this status is archived by itself, given the status of its
    /// order.
    pub fn is_archived_by_itself(self, order: OrderStatus) -> bool {
        self == Self::Active && order.is_final()
    }

    /// The status as the protocol spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
            Self::Closed => "closed",
        }
    }
}
