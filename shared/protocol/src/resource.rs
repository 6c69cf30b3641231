//! What the REST API answers with, and events carry.

use domain::{ConversationId, ConversationStatus, Cursors, Head, Message, Order, OrderId, Person, Role, Summary, Time};
use serde::{Deserialize, Serialize};

/// Whether any admin is there, for customers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Shop {
    /// Whether any admin is connected.
    pub online: bool,
    /// When the last admin left; absent while one is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub last_seen_at: Option<Time>,
}

/// Somebody who takes part in a conversation: the customer, and each admin who did something in it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// Who.
    pub user_id: String,
    /// `customer` or `admin`.
    pub role: Role,
    /// How they are shown.
    pub name: String,
    /// Everything up to this `seq` is read by them; 0 = nothing.
    pub read_seq: u64,
    /// Everything up to this `seq` is delivered to them; never below `readSeq`.
    pub delivered_seq: u64,
    /// Whether they are there. Only where one conversation is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub online: Option<bool>,
    /// When they left. Only where one conversation is asked for, and while they are away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub last_seen_at: Option<Time>,
}

/// A conversation as its participants see it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// `cnv_X`.
    pub id: ConversationId,
    /// `ord_X`, with the same X.
    pub order_id: OrderId,
    /// Whose it is.
    pub customer_id: String,
    /// Their name.
    pub customer_name: String,
    /// Whether anything may be said.
    pub status: ConversationStatus,
    /// What to show of the order.
    pub order: Summary,
    /// The `seq` of the last message.
    pub last_seq: u64,
    /// The last message.
    pub last_message: Message,
    /// When it was said.
    pub last_activity_at: Time,
    /// How many messages of the other side the caller has not read. Absent in pushed events: it would be somebody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub unread: Option<u64>,
    /// The customer first, then the admins who did something, by user id.
    pub participants: Vec<Participant>,
    /// When it was born, with its order.
    pub created_at: Time,
    /// Whether any admin is there. Only for customers, where one conversation is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub shop: Option<Shop>,
}

impl Conversation {
    /// As pushed to several people: nobody's `unread`.
    pub fn of(head: &Head) -> Self {
        let participant = |user_id: &str, role, name: &str, cursors: &Cursors| Participant {
            user_id: user_id.to_owned(),
            role,
            name: name.to_owned(),
            read_seq: cursors.read,
            delivered_seq: cursors.delivered(),
            online: None,
            last_seen_at: None,
        };
        let customer = participant(&head.customer_id, Role::Customer, &head.customer_name, &head.customer);
        let admins = head.admins.iter().map(|(id, admin)| participant(id, Role::Admin, &admin.name, &admin.cursors));
        Self {
            id: head.shared_id.conversation_id(),
            order_id: head.shared_id.order_id(),
            customer_id: head.customer_id.clone(),
            customer_name: head.customer_name.clone(),
            status: head.status,
            order: head.order.clone(),
            last_seq: head.last_seq(),
            last_message: head.last.message.clone(),
            last_activity_at: head.last_activity_at(),
            unread: None,
            participants: std::iter::once(customer).chain(admins).collect(),
            created_at: head.order.created_at,
            shop: None,
        }
    }

    /// As `caller` sees it in a list.
    pub fn seen_by(head: &Head, caller: &Person) -> Self {
        Self { unread: Some(head.unread(caller)), ..Self::of(head) }
    }
}

/// `{order, conversation}`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OrderAnswer {
    /// The order.
    pub order: Order,
    /// Its conversation.
    pub conversation: Conversation,
}

/// A page of a customer's orders.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderPage {
    /// Newest first.
    pub items: Vec<OrderAnswer>,
    /// Where the next page starts; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub next_cursor: Option<String>,
}

/// The answer to a status change.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OrderUpdate {
    /// The order as it is now.
    pub order: Order,
    /// The system message that reports the change; absent where the order had that status already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub message: Option<Message>,
}

/// How many orders there are by status.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Counts {
    /// Waiting for the shop.
    pub pending: u64,
    /// Taken on.
    pub confirmed: u64,
    /// Done.
    pub completed: u64,
    /// Called off.
    pub cancelled: u64,
    /// All of them.
    pub total: u64,
}

/// A page of the inbox.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConversationPage {
    /// Last activity first, as read.
    pub items: Vec<Conversation>,
    /// Where the next page starts; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub next_cursor: Option<String>,
    /// The `since` of the next sync: what moved up while paging is found by it.
    pub as_of: Time,
    /// Only of a search that goes on under `nextCursor`: all conversations that were active later have been looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub searched_to: Option<Time>,
}

/// `{conversation}`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ConversationAnswer {
    /// The conversation.
    pub conversation: Conversation,
}

/// A page of messages.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// Ascending `seq`.
    pub messages: Vec<Message>,
    /// The `seq` of the conversation's last message.
    pub last_seq: u64,
    /// Whether there are more in the direction asked: older ones, unless `after` was given.
    pub has_more: bool,
}

/// `{message}`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct MessageAnswer {
    /// The stored message.
    pub message: Message,
}

/// Where the caller's read cursor now stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadAnswer {
    /// Everything up to this `seq` is read.
    pub read_seq: u64,
    /// What is left unread.
    pub unread: u64,
}

/// Who the caller is, as the server understood the token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "describe", ts(rename = "User"), schemars(rename = "User"))]
pub struct Caller {
    /// The token's `sub`.
    pub user_id: String,
    /// The token's `role`.
    pub role: Role,
    /// The token's `name`.
    pub name: String,
}

/// What it takes to open a WebSocket.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketAnswer {
    /// Good for one connection.
    pub ticket: String,
    /// Seconds until it is no longer good; at most 60.
    pub expires_in: u64,
    /// Where to connect; the ticket is in it.
    pub url: String,
    /// Who the connection will be.
    pub user: Caller,
    /// The server's clock.
    pub server_time: Time,
}

/// The answer to closing a user's connections.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ClosedAnswer {
    /// How many connections there were.
    pub closed: usize,
}

/// The answer of `GET /api/health`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The version that answers.
    pub version: String,
}
