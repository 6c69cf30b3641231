//! What is said in a conversation.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ConversationId, MessageId, OrderStatus, Person, Role, Side, Time};

/// Who wrote it: a person or the system.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person wrote it.
    Text,
    /// Something happened to the order.
    System,
}

/// What a system message reports. `by` is whoever caused it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum System {
    /// The order was placed; the first message of every conversation.
    OrderCreated {
        /// Whoever placed it: the customer, or an admin for them.
        by: Person,
    },
    /// The order's status moved.
    StatusChanged {
        /// From here.
        from: OrderStatus,
        /// To there.
        to: OrderStatus,
        /// The admin who moved it.
        by: Person,
    },
}

impl System {
    /// Whoever caused it.
    pub fn by(&self) -> &Person {
        match self {
            Self::OrderCreated { by } | Self::StatusChanged { by, .. } => by,
        }
    }

    /// The message's text, for clients that show nothing better.
    pub fn body(&self) -> String {
        match self {
            Self::OrderCreated { .. } => "Order placed".to_owned(),
            Self::StatusChanged { to, .. } => format!("Order {}", to.as_str()),
        }
    }
}

/// One entry of a conversation, which never changes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Where it was said.
    pub conversation_id: ConversationId,
    /// Its place: 1, 2, 3, … within the conversation, for everyone.
    #[cfg_attr(feature = "describe", schemars(range(min = 1)))]
    pub seq: u64,
    /// Its name.
    pub id: MessageId,
    /// The id its sender gave it, by which a repeated send is known. Only on text messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional, type = "string"), schemars(with = "Option<String>", extend("format" = "uuid")))]
    pub client_message_id: Option<Uuid>,
    /// Who says it.
    pub sender: Person,
    /// Text or system.
    pub kind: Kind,
    /// What is said, byte for byte as it was sent: text, never markup.
    pub body: String,
    /// What a system message reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub system: Option<System>,
    /// The server's time.
    pub created_at: Time,
}

impl Message {
    /// A system message.
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

    /// The side it counts for: its sender's, or for a system message that of whoever caused it.
    pub fn side(&self) -> Side {
        self.system.as_ref().map_or(&self.sender, System::by).side()
    }

    /// Whether this is what `sender` sent under `client_message_id`, now or earlier.
    pub fn is_from(&self, sender: &Person, client_message_id: Uuid) -> bool {
        self.client_message_id == Some(client_message_id)
            && self.sender.user_id == sender.user_id
            && self.sender.role == sender.role
            && self.sender.role != Role::System
    }
}
