//! The messages of a conversation.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ConversationId, MessageId, OrderStatus, Person, Role, Side, Time};

/// The kind of a message: written by a person or by the system.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person wrote it.
    Text,
    /// The system reports a change of the order.
    System,
}

/// The event that a system message reports. `by` is the person who caused it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum System {
    /// The order was placed. This is the first message of every conversation.
    OrderCreated {
        /// The person who placed it: the customer, or an admin for the customer.
        by: Person,
    },
    /// The order's status changed.
    StatusChanged {
        /// The status before.
        from: OrderStatus,
        /// The status after.
        to: OrderStatus,
        /// The admin who changed it.
        by: Person,
    },
}

impl System {
    /// The person who caused the event.
    pub fn by(&self) -> &Person {
        match self {
            Self::OrderCreated { by } | Self::StatusChanged { by, .. } => by,
        }
    }

    /// The message's text, for clients that do not know this event.
    pub fn body(&self) -> String {
        match self {
            Self::OrderCreated { .. } => "Order placed".to_owned(),
            Self::StatusChanged { to, .. } => format!("Order {}", to.as_str()),
        }
    }
}

/// A message of a conversation. It never changes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The number of the message in its conversation: 1, 2, 3, … It is the same for everyone.
    #[cfg_attr(feature = "describe", schemars(range(min = 1)))]
    pub seq: u64,
    /// The message's id.
    pub id: MessageId,
    /// The id that the sender gave the message. It makes a repeated send idempotent. Only text
    /// messages have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional, type = "string"), schemars(with = "Option<String>", extend("format" = "uuid")))]
    pub client_message_id: Option<Uuid>,
    /// The sender.
    pub sender: Person,
    /// Whether it is a text or a system message.
    pub kind: Kind,
    /// The text exactly as it was sent. It is plain text, never markup.
    pub body: String,
    /// The event that a system message reports; absent in text messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub system: Option<System>,
    /// When the server received it, by the server's clock.
    pub created_at: Time,
}

impl Message {
    /// Makes a system message.
    pub fn system(conversation_id: ConversationId, seq: u64, id: MessageId, system: System, now: Time) -> Self {
        Self {
            conversation_id,
            seq,
            id,
            client_message_id: None,
            sender: Person::system(),
            kind: Kind::System,
            body: system.body(),
            system: Some(system),
            created_at: now,
        }
    }

    /// The side that the message counts for: the sender's, or for a system message the side of the
    /// person who caused the event.
    pub fn side(&self) -> Side {
        self.system.as_ref().map_or(&self.sender, System::by).side()
    }

    /// Returns true if `sender` sent this message with this `client_message_id`.
    pub fn is_from(&self, sender: &Person, client_message_id: Uuid) -> bool {
        self.client_message_id == Some(client_message_id)
            && self.sender.user_id == sender.user_id
            && self.sender.role == sender.role
            && self.sender.role != Role::System
    }
}
