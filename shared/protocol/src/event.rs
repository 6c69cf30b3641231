//! The events that the server sends over WebSocket, one in each frame.

use domain::{Change, ConversationId, DeskEntry, Message, Order, Role, Summary, Time};
use serde::{Deserialize, Serialize};

use crate::{Code, Conversation, Desk, Shop};

/// A frame that the server sends.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "describe", ts(rename = "ServerEvent"), schemars(rename = "ServerEvent"))]
pub enum Event {
    /// A new message, sent to connections that joined its conversation.
    NewMessage {
        /// The conversation.
        conversation_id: ConversationId,
        /// The message.
        message: Message,
    },
    /// A new message, sent to the participants' connections that did not join its conversation.
    OrderMessageUpdate {
        /// The conversation.
        conversation_id: ConversationId,
        /// The summary of the order, for the list.
        order: Summary,
        /// The message.
        message: Message,
        /// The conversation's last `seq`, which is this message's `seq`.
        last_seq: u64,
    },
    /// A participant's delivery cursor moved.
    MessageDelivered {
        /// The conversation.
        conversation_id: ConversationId,
        /// The participant's user id.
        user_id: String,
        /// The participant's role.
        role: Role,
        /// Every message up to this `seq` is delivered to the participant.
        seq: u64,
    },
    /// A participant's read cursor moved.
    MessageRead {
        /// The conversation.
        conversation_id: ConversationId,
        /// The participant's user id.
        user_id: String,
        /// The participant's role.
        role: Role,
        /// Every message up to this `seq` is read by the participant.
        seq: u64,
    },
    /// A participant is typing.
    UserTyping {
        /// The conversation.
        conversation_id: ConversationId,
        /// The participant's user id.
        user_id: String,
        /// The participant's role.
        role: Role,
        /// The participant's display name.
        name: String,
        /// How long to show the typing indicator, in milliseconds, unless the event comes again.
        expires_in_ms: u64,
    },
    /// A participant stopped typing.
    UserStoppedTyping {
        /// The conversation.
        conversation_id: ConversationId,
        /// The participant's user id.
        user_id: String,
        /// The participant's role.
        role: Role,
        /// The participant's display name.
        name: String,
    },
    /// A customer connected or disconnected. Sent to admins who joined one of their conversations.
    Presence {
        /// The customer's user id.
        user_id: String,
        /// The customer's role.
        role: Role,
        /// Whether the customer has an open connection.
        online: bool,
        /// When the customer's last connection ended; absent while online.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        last_seen_at: Option<Time>,
    },
    /// An order was placed.
    OrderCreated {
        /// The order.
        order: Order,
        /// The order's conversation, without `unread`.
        conversation: Conversation,
    },
    /// An order's status changed.
    OrderUpdated {
        /// The order after the change.
        order: Order,
        /// The system message that reports the change.
        message: Message,
        /// The conversation's last `seq`, which is this message's `seq`.
        last_seq: u64,
    },
    /// A conversation was archived, closed or opened again.
    ConversationUpdated {
        /// The conversation, without `unread`.
        conversation: Conversation,
        /// The change.
        change: Change,
    },
    /// A message was edited or deleted, or a reaction was added or removed.
    MessageChanged {
        /// The conversation.
        conversation_id: ConversationId,
        /// The change.
        change: Change,
        /// The whole message, as it is now.
        message: Message,
        /// The conversation's last `seq`.
        last_seq: u64,
    },
    /// The shop's log has a new entry. Sent to admins only.
    DeskUpdated {
        /// The conversation.
        conversation_id: ConversationId,
        /// The entry.
        entry: DeskEntry,
        /// What the shop decided, as it is after `deskSeq` entries.
        desk: Desk,
        /// The number of entries of the shop's log. It is higher than that of the entry if the event is
        /// repeated.
        desk_seq: u64,
    },
    /// The shop's tags or canned responses have changed: fetch them again. Sent to admins only.
    SettingsUpdated {
        /// What has changed.
        what: Settings,
    },
    /// A request succeeded.
    Ack {
        /// The `requestId` of the request.
        request_id: String,
        /// The result of the request.
        #[serde(flatten)]
        body: AckBody,
    },
    /// A request failed, or a frame could not be parsed.
    Error {
        /// The `requestId` of the request; absent if the frame had none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        request_id: Option<String>,
        /// The error code. Clients decide by the code.
        code: Code,
        /// What is wrong and what the client can do.
        message: String,
        /// Only with `rate_limited`: milliseconds until the same request would be accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        retry_after_ms: Option<i64>,
        /// Only with `overtaken`: the newest answer of another admin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        overtaken_by: Option<Box<Message>>,
    },
}

/// What the shop has set.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Settings {
    /// The tags.
    Tags,
    /// The canned responses.
    CannedResponses,
    /// The SLA. The `sla` of every conversation can be different.
    Sla,
}

/// The result in an acknowledgement. Each action has its own fields.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum AckBody {
    /// The result of `change_message`.
    Changed {
        /// The stored change.
        change: Box<Change>,
        /// The message as it is now.
        message: Box<Message>,
        /// Whether an earlier request had stored the change.
        duplicate: bool,
    },
    /// The result of `send_message`.
    Sent {
        /// The stored message.
        message: Box<Message>,
        /// Whether an earlier request had stored it.
        duplicate: bool,
    },
    /// The result of `join_conversation`.
    Joined {
        /// The conversation with its participants' `online`, and for customers with `shop`.
        conversation: Box<Conversation>,
        /// The id of this connection. A request over REST may name it.
        connection_id: String,
    },
    /// The result of `message_read`.
    Read {
        /// The position of the caller's read cursor.
        read_seq: u64,
        /// How many messages of the other side the caller has not read.
        unread: u64,
    },
    /// The result of `message_delivered`.
    Delivered {
        /// The position of the caller's delivery cursor.
        delivered_seq: u64,
    },
    /// The result of `ping`.
    Pong {
        /// The server's time.
        server_time: Time,
        /// The shop's presence; only for customers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        shop: Option<Shop>,
        /// Whether a sync would find something; only if the `ping` had `asOf`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        changed: Option<bool>,
    },
    /// The result of `leave_conversation`, `typing_start` and `typing_stop`.
    Done {},
}

impl Event {
    /// The text of the frame, as JSON.
    pub fn to_text(&self) -> String {
        // Serialization fails only for maps with other keys than strings, and for types that refuse
        // it. An event has neither.
        serde_json::to_string(self).expect("an event is JSON")
    }
}
