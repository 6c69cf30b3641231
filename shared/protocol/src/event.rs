//! What the server sends over WebSocket: one event a frame.

use domain::{ConversationId, Message, Order, Role, Summary, Time};
use serde::{Deserialize, Serialize};

use crate::{Code, Conversation, Shop};

/// One frame of the server.
#[expect(clippy::large_enum_variant, reason = "an event is made, printed and dropped; it lies in no collection")]
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "describe", ts(rename = "ServerEvent"), schemars(rename = "ServerEvent"))]
pub enum Event {
    /// A message, to connections that joined its conversation.
    NewMessage {
        /// Where.
        conversation_id: ConversationId,
        /// What.
        message: Message,
    },
    /// A message, to the participants' other connections.
    OrderMessageUpdate {
        /// Where.
        conversation_id: ConversationId,
        /// What the list shows of the order.
        order: Summary,
        /// What.
        message: Message,
        /// The conversation's last `seq`: the message's own.
        last_seq: u64,
    },
    /// Somebody's delivery cursor moved.
    MessageDelivered {
        /// Where.
        conversation_id: ConversationId,
        /// Whose.
        user_id: String,
        /// Theirs.
        role: Role,
        /// Everything up to here.
        seq: u64,
    },
    /// Somebody's read cursor moved.
    MessageRead {
        /// Where.
        conversation_id: ConversationId,
        /// Whose.
        user_id: String,
        /// Theirs.
        role: Role,
        /// Everything up to here.
        seq: u64,
    },
    /// Somebody types.
    UserTyping {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: String,
        /// Theirs.
        role: Role,
        /// How they are shown.
        name: String,
        /// Milliseconds after which it counts as stopped, unless it is repeated.
        expires_in_ms: u64,
    },
    /// Somebody stopped typing.
    UserStoppedTyping {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        user_id: String,
        /// Theirs.
        role: Role,
        /// How they are shown.
        name: String,
    },
    /// A customer came or went.
    Presence {
        /// Who.
        user_id: String,
        /// Theirs.
        role: Role,
        /// Whether they are there.
        online: bool,
        /// When they left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        last_seen_at: Option<Time>,
    },
    /// An order was placed.
    OrderCreated {
        /// The order.
        order: Order,
        /// Its conversation, nobody's `unread`.
        conversation: Conversation,
    },
    /// An order's status moved.
    OrderUpdated {
        /// The order as it is now.
        order: Order,
        /// The system message that reports it.
        message: Message,
        /// The conversation's last `seq`: the message's own.
        last_seq: u64,
    },
    /// A conversation was archived, closed or opened again.
    ConversationUpdated {
        /// The conversation, nobody's `unread`.
        conversation: Conversation,
    },
    /// A request was done.
    Ack {
        /// Whose.
        request_id: String,
        /// What it answers.
        #[serde(flatten)]
        body: AckBody,
    },
    /// A request was refused, or a frame was none.
    Error {
        /// Whose; absent where the frame had none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        request_id: Option<String>,
        /// The stable name.
        code: Code,
        /// What is wrong, and what helps.
        message: String,
        /// Only with `rate_limited`: milliseconds until the same request would pass.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        retry_after_ms: Option<i64>,
    },
}

/// What an acknowledgement carries, by what was asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum AckBody {
    /// `send_message`.
    Sent {
        /// The stored message.
        message: Box<Message>,
        /// Whether it was stored before.
        duplicate: bool,
    },
    /// `join_conversation`.
    Joined {
        /// With `online`, and for a customer `shop`.
        conversation: Box<Conversation>,
    },
    /// `message_read`.
    Read {
        /// Where the cursor stands.
        read_seq: u64,
        /// What is left unread.
        unread: u64,
    },
    /// `message_delivered`.
    Delivered {
        /// Where the cursor stands.
        delivered_seq: u64,
    },
    /// `ping`.
    Pong {
        /// The server's clock.
        server_time: Time,
        /// Whether any admin is there; for customers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        shop: Option<Shop>,
    },
    /// `leave_conversation`, `typing_start`, `typing_stop`.
    Done {},
}

impl Event {
    /// The frame's text.
    pub fn to_text(&self) -> String {
        // A map with string keys and no foreign types cannot fail to serialize.
        serde_json::to_string(self).expect("an event is JSON")
    }
}
