//! The types in the answers of the REST API and in events.

use std::collections::BTreeMap;

use domain::{
    Change, ConversationId, ConversationStatus, Cursors, Head, Message, Order, OrderId, Person, Role, SlaClock,
    Summary, Time,
};
use serde::{Deserialize, Serialize};

use crate::Desk;

/// The presence of the shop, for customers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Shop {
    /// Whether any admin has an open connection.
    pub online: bool,
    /// When the last admin's connection ended; absent while one is online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub last_seen_at: Option<Time>,
}

/// A participant of a conversation: the customer or an admin.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// The participant's user id.
    pub user_id: String,
    /// `customer` or `admin`.
    pub role: Role,
    /// The display name.
    pub name: String,
    /// The participant has read every message up to this `seq`; 0 = none.
    pub read_seq: u64,
    /// Every message up to this `seq` is delivered to the participant; never below `readSeq`. What
    /// is delivered to one admin is delivered to all, because they are one side.
    pub delivered_seq: u64,
    /// Whether the participant has an open connection. Only in the answer for a single
    /// conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub online: Option<bool>,
    /// When the participant's last connection ended; absent while online. Only in the answer for a
    /// single conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub last_seen_at: Option<Time>,
}

/// A conversation, as a participant sees it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// The conversation's id, `cnv_X`.
    pub id: ConversationId,
    /// The order's id, `ord_X` with the same X.
    pub order_id: OrderId,
    /// The customer's user id.
    pub customer_id: String,
    /// The customer's name.
    pub customer_name: String,
    /// Whether the conversation is active, archived or closed.
    pub status: ConversationStatus,
    /// The summary of the order.
    pub order: Summary,
    /// The `seq` of the last message or change.
    pub last_seq: u64,
    /// The last message, as it is now but without its reactions.
    pub last_message: Message,
    /// When the last message was sent or the last change was made.
    pub last_activity_at: Time,
    /// How many messages of the other side the caller has not read. Absent in events, because an
    /// event goes to several users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub unread: Option<u64>,
    /// The customer first, then the admin who has read furthest and, in an answer, the caller;
    /// admins by user id.
    pub participants: Vec<Participant>,
    /// When the conversation and its order were created.
    pub created_at: Time,
    /// The shop's presence. Only for customers, in the answer for a single conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub shop: Option<Shop>,
    /// The number of entries of the shop's log. Only for admins; absent in events, which customers
    /// get too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub desk_seq: Option<u64>,
    /// What the shop decided. Only for admins; absent in events, which customers get too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub desk: Option<Desk>,
}

impl Conversation {
    /// The conversation for an event, which goes to several users: without `unread`.
    pub fn of(head: &Head) -> Self {
        Self {
            id: head.shared_id.conversation_id(),
            order_id: head.shared_id.order_id(),
            customer_id: head.customer_id.clone(),
            customer_name: head.customer_name.clone(),
            status: head.status,
            order: head.order.clone(),
            last_seq: head.last_seq(),
            last_message: head.last_message.clone(),
            last_activity_at: head.last_activity_at(),
            unread: None,
            participants: participants(head, None),
            created_at: head.order.created_at,
            shop: None,
            desk_seq: None,
            desk: None,
        }
    }

    /// The conversation for an entry in the list of `caller`.
    pub fn seen_by(head: &Head, caller: &Person) -> Self {
        let (unread, desk_seq) = (Some(head.unread(caller)), caller.is_admin().then_some(head.desk_seq));
        let desk = caller.is_admin().then(|| Desk::of(&head.desk, Vec::new()));
        Self { unread, desk_seq, desk, participants: participants(head, Some(caller)), ..Self::of(head) }
    }

    /// This conversation with the clocks of its SLA. Only an admin's has a desk.
    #[must_use]
    pub fn with_sla(mut self, clocks: Vec<SlaClock>) -> Self {
        if let Some(desk) = &mut self.desk {
            desk.sla = clocks;
        }
        self
    }
}

fn participants(head: &Head, caller: Option<&Person>) -> Vec<Participant> {
    let participant = |user_id: &str, role, name: &str, cursors: Cursors| Participant {
        user_id: user_id.to_owned(),
        role,
        name: name.to_owned(),
        read_seq: cursors.read,
        delivered_seq: cursors.delivered(),
        online: None,
        last_seen_at: None,
    };
    let customer = participant(&head.customer_id, Role::Customer, &head.customer_name, head.customer);
    let known = head.admins.iter().chain(head.furthest.as_ref().map(|(user_id, admin)| (user_id, admin)));
    let known = known.map(|(user_id, admin)| (user_id.as_str(), admin.name.as_str()));
    let caller =
        caller.filter(|caller| caller.is_admin()).map(|caller| (caller.user_id.as_str(), caller.name.as_str()));
    let admins: BTreeMap<&str, &str> = known.chain(caller).collect();
    let admins =
        admins.into_iter().map(|(user_id, name)| participant(user_id, Role::Admin, name, head.admin_cursors(user_id)));
    std::iter::once(customer).chain(admins).collect()
}

/// An order and its conversation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OrderAnswer {
    /// The order.
    pub order: Order,
    /// The order's conversation.
    pub conversation: Conversation,
}

/// A page of a customer's orders.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderPage {
    /// The orders, newest first.
    pub items: Vec<OrderAnswer>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub next_cursor: Option<String>,
}

/// The answer to a status change.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OrderUpdate {
    /// The order after the change.
    pub order: Order,
    /// The system message that reports the change; absent if the order already had that status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub message: Option<Message>,
}

/// The number of orders by status.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Counts {
    /// Orders that the shop has not confirmed yet.
    pub pending: u64,
    /// Orders that the shop has confirmed.
    pub confirmed: u64,
    /// Orders that are done.
    pub completed: u64,
    /// Orders that were cancelled.
    pub cancelled: u64,
    /// All orders.
    pub total: u64,
}

/// A page of the inbox.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConversationPage {
    /// The conversations, last activity first.
    pub items: Vec<Conversation>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub next_cursor: Option<String>,
    /// The `since` to use in the next sync. With it the next sync also finds conversations that
    /// were active while the pages were read.
    pub as_of: Time,
    /// Only in a search that has a `nextCursor`: the search has covered all conversations whose
    /// last activity is later than this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub searched_to: Option<Time>,
}

/// A single conversation.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ConversationAnswer {
    /// The conversation.
    pub conversation: Conversation,
}

/// The answer to a change of a conversation's status.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ConversationUpdate {
    /// The conversation after the change.
    pub conversation: Conversation,
    /// The change; absent if the conversation already had that status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub change: Option<Change>,
}

/// A page of messages and changes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// The messages as they are now, by ascending `seq`.
    pub messages: Vec<Message>,
    /// The changes, by ascending `seq`. Together with the messages they have no gap.
    pub changes: Vec<Change>,
    /// The messages, as they are now, that the page refers to but does not contain: those that its
    /// changes change, and those that its messages answer.
    pub others: Vec<Message>,
    /// The `seq` of the conversation's last message or change.
    pub last_seq: u64,
    /// Whether there are more entries: newer ones if `after` was given, otherwise older ones.
    pub has_more: bool,
}

/// The messages of a conversation that a search has found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessagesFound {
    /// What was found, newest first.
    pub items: Vec<FoundMessage>,
    /// The search has covered all messages from this `seq` on. Absent if it has reached the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub searched_to: Option<u64>,
}

/// A message that a search has found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct FoundMessage {
    /// The message as it is now.
    pub message: Message,
    /// Where the words are in its `body`, in order and without overlaps. At most 100.
    pub matches: Vec<TextRange>,
}

/// A part of a text, in UTF-16 code units, as JavaScript counts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TextRange {
    /// The index of the first code unit.
    pub start: usize,
    /// The index after the last code unit.
    pub end: usize,
}

/// A single message.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct MessageAnswer {
    /// The stored message.
    pub message: Message,
}

/// The answer to a change of a message.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ChangeAnswer {
    /// The stored change.
    pub change: Change,
    /// The message as it is now.
    pub message: Message,
}

/// The position of the caller's read cursor.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReadAnswer {
    /// The caller has read every message up to this `seq`.
    pub read_seq: u64,
    /// How many messages of the other side the caller has not read.
    pub unread: u64,
}

/// The caller, with the values of the token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "describe", ts(rename = "User"), schemars(rename = "User"))]
pub struct Caller {
    /// The token's `sub`.
    pub user_id: String,
    /// The token's `role`; `admin` also for an agent.
    pub role: Role,
    /// The token's `name`.
    pub name: String,
    /// True if the token's `role` is `agent`: an admin who may not change what the shop has set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "describe", ts(optional, as = "Option<bool>"))]
    pub agent: bool,
}

/// A ticket for opening a WebSocket connection.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketAnswer {
    /// The ticket. It opens one connection.
    pub ticket: String,
    /// Seconds until the ticket expires; at most 60.
    pub expires_in: u64,
    /// The WebSocket URL to connect to. It contains the ticket.
    pub url: String,
    /// The user that the connection will belong to.
    pub user: Caller,
    /// The server's time.
    pub server_time: Time,
}

/// The answer to closing a user's connections.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ClosedAnswer {
    /// How many connections were closed.
    pub closed: usize,
}

/// The answer of `GET /api/health`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    /// The server's version.
    pub version: String,
}
