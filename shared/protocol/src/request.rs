//! What clients send over REST. Unknown fields are ignored; what a body may not set is simply not here.

use domain::{ConversationStatus, Item, OrderStatus, Time};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Code, Problem};

/// `POST /api/sales`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderRequest {
    /// 1 to 100.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 100)))]
    pub items: Vec<Item>,
    /// ISO 4217.
    #[cfg_attr(feature = "describe", schemars(regex(pattern = r"^[A-Z]{3}$")))]
    pub currency: String,
    /// At most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional), schemars(length(min = 1, max = 1_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub note: Option<String>,
    /// For whom, when an admin places it: 1 to 128 bytes. A customer's is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub customer_id: Option<String>,
    /// Their name, when an admin places it: 1 to 200 characters. A customer's is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub customer_name: Option<String>,
}

/// `PATCH /api/sales/{orderId}/status`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SetOrderStatus {
    /// Where to.
    pub status: OrderStatus,
}

/// `PATCH /api/chat/conversations/{id}`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SetConversationStatus {
    /// Where to.
    pub status: ConversationStatus,
}

/// `POST /api/chat/conversations/{id}/messages`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageRequest {
    /// The sender's own id for this message; the same on every repeat.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub client_message_id: Uuid,
    /// At most 4,000 characters.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 4_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub body: String,
    /// Up to where the sender held the conversation without a gap when it made `clientMessageId`; the same on every repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub seen_seq: Option<u64>,
}

/// `POST /api/chat/conversations/{id}/read`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ReadRequest {
    /// Everything up to here is read.
    pub seq: u64,
}

/// The query of a list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct PageQuery {
    /// 1 to 100, default 25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The query of the inbox.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct InboxQuery {
    /// Only these; absent = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ConversationStatus>,
    /// Only those whose order has every word of this, 2 to 100 characters, in its number, its customer's name or an item's title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(length(min = 2, max = 100)))]
    pub q: Option<String>,
    /// Only those active at or after this time. A time that the server's clock has not reached counts as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// 1 to 100, default 25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The query of a history page.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(schemars::JsonSchema))]
pub struct HistoryQuery {
    /// Only messages with a lower `seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Only messages with a higher `seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// 1 to 100, default 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 100)))]
    pub limit: Option<u32>,
}

/// The most bytes in a REST body.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Reads a body: too large, not JSON, and a wrong field each get their own answer.
pub fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Problem::new(Code::PayloadTooLarge, "A body may have at most 64 KiB."));
    }
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| Problem::new(Code::BadRequest, not_json(&error)))?;
    parse_value(value)
}

/// What is wrong with text that is not JSON, without a word of the text itself.
pub(crate) fn not_json(error: &serde_json::Error) -> String {
    format!("The body is not JSON (line {}, column {}).", error.line(), error.column())
}

pub(crate) fn parse_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body" } else { &path };
        Problem::invalid(field, &error.inner().to_string())
    })
}

/// How many entries a page may have: 1 to 100, or `default` where nothing is asked.
pub fn limit(asked: Option<u32>, default: u32) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(default);
    if (1..=100).contains(&limit) { Ok(limit) } else { Err(Problem::invalid("limit", "must be 1 to 100")) }
}
