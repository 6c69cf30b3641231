//! What goes over the wire for the shop's desk. Only admins send and get it.

use std::collections::BTreeSet;

use domain::{
    CannedResponse, ConversationId, ConversationStatus, DeskEntry, OrderStatus, Priority, SlaClock, SlaPolicy, Snooze,
    Tag, TagColor, TagId, Time,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Problem;

/// What the shop decided about a conversation.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Desk {
    /// The user id of the admin who takes care of it; absent for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub assignee: Option<String>,
    /// Its priority.
    pub priority: Priority,
    /// The ids of its tags.
    pub tags: BTreeSet<TagId>,
    /// Present while it is snoozed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub snooze: Option<Snooze>,
    /// Since when the customer waits for an answer; absent if the customer does not wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub waiting_since: Option<Time>,
    /// The clocks of the SLA that run, the one that ends first at the beginning. Empty if the shop has
    /// no SLA. Absent in lists of a server that does not know the SLA.
    #[serde(default)]
    pub sla: Vec<SlaClock>,
}

impl Desk {
    /// The desk of a conversation, with the clocks of its SLA.
    pub fn of(desk: &domain::Desk, sla: Vec<SlaClock>) -> Self {
        Self {
            assignee: desk.assignee.clone(),
            priority: desk.priority,
            tags: desk.tags.clone(),
            snooze: desk.snooze,
            waiting_since: desk.waiting_since,
            sla,
        }
    }
}

/// A note for the other admins.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct NewNote {
    /// The text, 1 to 4,000 characters.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 4_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub body: String,
}

/// Who takes care of a conversation from now on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Assign {
    /// The admin's user id; absent for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub to: Option<String>,
    /// With true, it is refused with `already_assigned` if another admin has the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub if_unassigned: Option<bool>,
}

/// Tags to add and to remove.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TagChange {
    /// The ids of the tags to add.
    #[serde(default)]
    #[cfg_attr(feature = "describe", ts(optional, as = "Option<Vec<TagId>>"))]
    pub add: BTreeSet<TagId>,
    /// The ids of the tags to remove.
    #[serde(default)]
    #[cfg_attr(feature = "describe", ts(optional, as = "Option<Vec<TagId>>"))]
    pub remove: BTreeSet<TagId>,
}

/// A priority to set.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Prioritize {
    /// The priority.
    pub to: Priority,
}

/// How long to put a conversation off.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename = "SnoozeRequest")]
#[cfg_attr(feature = "describe", ts(rename = "SnoozeRequest"))]
pub struct SnoozeRequest {
    /// When it wakes by itself: in the future, at most a year from now. Absent: only with the
    /// customer's next message, which wakes it in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub until: Option<Time>,
}

/// The end of a snooze. It has no fields.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Wake {}

/// The customer waits for no answer. It has no fields.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Settle {}

/// What to do with a conversation at the desk.
#[derive(Clone, Debug)]
pub enum DeskAction {
    /// Write a note for the other admins.
    Note(NewNote),
    /// Assign the conversation.
    Assign(Assign),
    /// Add and remove tags.
    Tag(TagChange),
    /// Set the priority.
    Prioritize(Prioritize),
    /// Snooze the conversation.
    Snooze(SnoozeRequest),
    /// End a snooze.
    Wake,
    /// Say that the customer waits for no answer.
    Settle,
}

/// Declares a request with the actions of the desk among its fields. `serde(flatten)` would do the
/// same, but an error would not tell which field is invalid.
macro_rules! with_desk_actions {
    ($(#[$meta:meta])* pub struct $name:ident { $($fields:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($fields)*
            /// Writes a note for the other admins.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[cfg_attr(feature = "describe", ts(optional))]
            pub note: Option<NewNote>,
            /// Assigns the conversation.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[cfg_attr(feature = "describe", ts(optional))]
            pub assign: Option<Assign>,
            /// Adds and removes tags.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[cfg_attr(feature = "describe", ts(optional))]
            pub tag: Option<TagChange>,
            /// Sets the priority.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[cfg_attr(feature = "describe", ts(optional))]
            pub prioritize: Option<Prioritize>,
            /// Snoozes the conversation.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[cfg_attr(feature = "describe", ts(optional))]
            pub snooze: Option<SnoozeRequest>,
            /// Ends a snooze.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[cfg_attr(feature = "describe", ts(optional))]
            pub wake: Option<Wake>,
            /// Says that the customer waits for no answer.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[cfg_attr(feature = "describe", ts(optional))]
            pub settle: Option<Settle>,
        }

        impl $name {
            /// The actions of the desk that the request asks for.
            pub fn desk_actions(self) -> Vec<DeskAction> {
                [
                    self.note.map(DeskAction::Note),
                    self.assign.map(DeskAction::Assign),
                    self.tag.map(DeskAction::Tag),
                    self.prioritize.map(DeskAction::Prioritize),
                    self.snooze.map(DeskAction::Snooze),
                    self.wake.map(|Wake {}| DeskAction::Wake),
                    self.settle.map(|Settle {}| DeskAction::Settle),
                ]
                .into_iter()
                .flatten()
                .collect()
            }
        }
    };
}

with_desk_actions! {
    /// `POST /api/chat/conversations/{id}/desk`. Exactly one of the fields behind `seenDeskSeq` is
    /// present.
    pub struct DeskRequest {
        /// The caller's own id of this entry, a UUID. It must be the same in every repeat.
        #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
        pub change_id: Uuid,
        /// The `deskSeq` up to which the caller had every entry of the shop's log when it created
        /// `changeId`. It must be the same in every repeat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        pub seen_desk_seq: Option<u64>,
    }
}

/// The answer to a new entry of the shop's log.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeskAnswer {
    /// The stored entry; absent if all was as it was asked for, so nothing was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub entry: Option<DeskEntry>,
    /// What the shop decided, as it is now.
    pub desk: Desk,
    /// The number of entries of the shop's log.
    pub desk_seq: u64,
}

/// A page of the shop's log.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeskPage {
    /// The entries, by ascending `deskSeq`.
    pub entries: Vec<DeskEntry>,
    /// The number of entries of the whole log.
    pub desk_seq: u64,
    /// Whether there are more entries.
    pub has_more: bool,
}

/// The query of a page of the shop's log.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct DeskQuery {
    /// Only entries with a higher `deskSeq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// The most entries in the page, 1 to 100; the default is 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
}

/// The answer of `GET /api/chat/views`: how many active conversations each view has, at most 100. 100
/// means 100 or more.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Views {
    /// Those of the caller that are not snoozed.
    pub mine: u32,
    /// Those of nobody that are not snoozed.
    pub unassigned: u32,
    /// Those that are snoozed.
    pub snoozed: u32,
    /// All of them.
    pub all: u32,
}

/// An admin whom a conversation can be assigned to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AdminEntry {
    /// The admin's user id.
    pub user_id: String,
    /// The admin's name.
    pub name: String,
}

/// The admins who have used the chat, by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct AdminList {
    /// The admins.
    pub items: Vec<AdminEntry>,
}

/// `POST /api/chat/tags` and `PATCH /api/chat/tags/{id}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TagRequest {
    /// Its name, 1 to 40 characters.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 40)))]
    pub name: String,
    /// Its color.
    pub color: TagColor,
}

/// The shop's tags, by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TagList {
    /// The tags.
    pub items: Vec<Tag>,
}

/// A tag.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TagAnswer {
    /// The tag.
    pub tag: Tag,
}

/// `POST /api/chat/canned-responses` and `PATCH /api/chat/canned-responses/{id}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CannedResponseRequest {
    /// What finds it fastest: 1 to 32 small letters, digits, `-` and `_`.
    #[cfg_attr(feature = "describe", schemars(regex(pattern = r"^[a-z0-9_-]{1,32}$")))]
    pub shortcut: String,
    /// What it is about, 1 to 100 characters.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 100)))]
    pub title: String,
    /// The text, 1 to 4,000 characters. It can have placeholders.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 4_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub body: String,
    /// Whether only the caller has it. It cannot be changed later: `PATCH` ignores it.
    #[serde(default)]
    #[cfg_attr(feature = "describe", ts(optional, as = "Option<bool>"))]
    pub personal: bool,
    /// Whether pages offer it as a button: at most five of the shop's and five of the caller's.
    #[serde(default)]
    #[cfg_attr(feature = "describe", ts(optional, as = "Option<bool>"))]
    pub quick_reply: bool,
}

/// The shop's and the caller's canned responses, by shortcut.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CannedResponseList {
    /// The canned responses.
    pub items: Vec<CannedResponse>,
}

/// A canned response.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CannedResponseAnswer {
    /// The canned response.
    pub canned_response: CannedResponse,
}

/// `PUT /api/chat/sla`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SetSla {
    /// The policy; absent to have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub policy: Option<SlaPolicy>,
}

/// The shop's SLA.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Sla {
    /// The policy; absent if the shop has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub policy: Option<SlaPolicy>,
}

/// An order's status to set.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SetStatusOfOrder {
    /// The status.
    pub to: OrderStatus,
}

/// A conversation's status to set.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SetStatusOfConversation {
    /// The status.
    pub to: ConversationStatus,
}

/// A message to send in each conversation.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct BulkMessage {
    /// The text, 1 to 4,000 characters. Placeholders of canned responses are filled in for each
    /// conversation.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 4_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub body: String,
}

with_desk_actions! {
    /// What to do with each conversation. Exactly one field is present.
    #[derive(Default)]
    pub struct BulkAction {
        /// Sends a message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        pub message: Option<BulkMessage>,
        /// Changes the status of the order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        pub order_status: Option<SetStatusOfOrder>,
        /// Archives, closes or opens the conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        pub status: Option<SetStatusOfConversation>,
    }
}

/// `POST /api/chat/bulk`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkRequest {
    /// The caller's own id of this bulk action, a UUID. It must be the same in every repeat, and in
    /// the requests for the other conversations of the same bulk action.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub id: Uuid,
    /// The conversations, 1 to 25.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 25)))]
    pub conversation_ids: Vec<ConversationId>,
    /// What to do with each of them.
    #[serde(rename = "do")]
    pub action: BulkAction,
}

/// What became of one conversation of a bulk action.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Why it failed; absent if it was done, now or by an earlier request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub problem: Option<Problem>,
}

/// The answer to a bulk action.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct BulkAnswer {
    /// One result for each conversation, in the order of the request.
    pub results: Vec<BulkResult>,
}
