//! The bodies and queries that clients send over REST. Unknown fields are ignored.

use domain::{ConversationStatus, Emoji, Item, OrderStatus, Priority, TagId, Time};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Code, Problem};

/// `POST /api/sales`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderRequest {
    /// The items of the order, 1 to 100.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 100)))]
    pub items: Vec<Item>,
    /// The currency as an ISO 4217 code, such as `EUR`.
    #[cfg_attr(feature = "describe", schemars(regex(pattern = r"^[A-Z]{3}$")))]
    pub currency: String,
    /// A note for the shop, at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional), schemars(length(min = 1, max = 1_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub note: Option<String>,
    /// The customer's user id, 1 to 128 bytes, when an admin places the order. Ignored when a
    /// customer does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub customer_id: Option<String>,
    /// The customer's name, 1 to 200 characters, when an admin places the order. Ignored when a
    /// customer does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub customer_name: Option<String>,
}

/// `PATCH /api/sales/{orderId}/status`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SetOrderStatus {
    /// The new status.
    pub status: OrderStatus,
}

/// `PATCH /api/chat/conversations/{id}`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SetConversationStatus {
    /// The new status.
    pub status: ConversationStatus,
}

/// `POST /api/chat/conversations/{id}/messages`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageRequest {
    /// The sender's own id of this message, a UUID. It must be the same in every repeat.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub client_message_id: Uuid,
    /// The text, 1 to 4,000 characters.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 4_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub body: String,
    /// The `seq` up to which the sender had every message when it created `clientMessageId`. It
    /// must be the same in every repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub seen_seq: Option<u64>,
    /// The `seq` of the message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub reply_to: Option<u64>,
    /// With true, the message is refused with `overtaken` if another admin has answered after
    /// `seenSeq`. Only for admins; needs `seenSeq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub expect_last: Option<bool>,
    /// The sender's connection that needs no push of the message, because the answer brings it:
    /// `connectionId` in the acknowledgement of `join_conversation`. Ignored if it is not an open
    /// connection of the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub connection_id: Option<String>,
}

/// A new text of a message.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Edit {
    /// The text, 1 to 4,000 characters.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 4_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub body: String,
}

/// A deletion of a message. It has no fields.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Delete {}

/// A reaction to add or to remove.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct React {
    /// The emoji.
    pub emoji: Emoji,
    /// True adds the caller's reaction, false removes it.
    pub on: bool,
}

/// `POST /api/chat/conversations/{id}/messages/{seq}/changes`. Exactly one of `edit`, `delete` and
/// `react` is present.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeRequest {
    /// The caller's own id of this change, a UUID. It must be the same in every repeat.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub change_id: Uuid,
    /// The `seq` up to which the caller had every entry when it created `changeId`. It must be the
    /// same in every repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub seen_seq: Option<u64>,
    /// Changes the text. Only the sender may, for a limited time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub edit: Option<Edit>,
    /// Deletes the message. The sender may, and every admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub delete: Option<Delete>,
    /// Adds or removes a reaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub react: Option<React>,
}

/// `POST /api/chat/conversations/{id}/read`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ReadRequest {
    /// The last `seq` that the caller has read.
    pub seq: u64,
}

/// The query of a list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct PageQuery {
    /// The most entries in the page, 1 to 100; the default is 25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
    /// The `nextCursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The query of the inbox.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct InboxQuery {
    /// Only conversations with this status; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ConversationStatus>,
    /// Only conversations whose order contains every word of this text in its number, its
    /// customer's name or an item's title. 2 to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(length(min = 2, max = 100)))]
    pub q: Option<String>,
    /// Only for admins: active conversations of the admin with this user id that are not snoozed;
    /// `none` for those of nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Only for admins: with `true`, only snoozed conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<bool>,
    /// Only for admins: only conversations with the tag of this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<TagId>,
    /// Only for admins: only conversations with this priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Only conversations with activity at or after this time. A time less than a minute ago counts
    /// as absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// The most entries in the page, 1 to 100; the default is 25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
    /// The `nextCursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The query of a history page.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct HistoryQuery {
    /// Only entries with a lower `seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Only entries with a higher `seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// The most messages and changes in the page, 1 to 100; the default is 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
}

/// The query of a search among the messages of a conversation.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct MessageSearchQuery {
    /// 2 to 100 Unicode characters. Only messages that contain every word of it; case and accents do
    /// not matter.
    #[cfg_attr(feature = "describe", schemars(length(min = 2, max = 100)))]
    pub q: String,
    /// Only messages with a lower `seq`. To look further, the `searchedTo` of the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// The most messages in the answer, 1 to 100; the default is 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
}

/// The most bytes in a REST body.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Parses a body. Errors: `payload_too_large`, `bad_request` if it is not JSON, and
/// `invalid_request` if a field is invalid.
pub fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Problem::new(Code::PayloadTooLarge, "The body is larger than 64 KiB."));
    }
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| Problem::new(Code::BadRequest, not_json(&error)))?;
    parse_value(value)
}

/// The text of the error for a body that is not JSON. It contains nothing of the body.
pub(crate) fn not_json(error: &serde_json::Error) -> String {
    format!("The body is not valid JSON (line {}, column {}).", error.line(), error.column())
}

pub(crate) fn parse_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body" } else { &path };
        Problem::invalid(field, &error.inner().to_string())
    })
}

/// The page size: `asked`, which must be 1 to 100, or `default` if absent.
pub fn limit(asked: Option<u32>, default: u32) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(default);
    if (1..=100).contains(&limit) { Ok(limit) } else { Err(Problem::invalid("limit", "must be 1 to 100")) }
}
