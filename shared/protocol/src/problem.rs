//! Every error that a client can get from a function: a stable code, and words a person can act on.

use serde::{Deserialize, Serialize};

/// The stable name of an error. Clients decide by it; the words beside it may change.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Not JSON, or over WebSocket no JSON object.
    BadRequest,
    /// A page cursor that this caller did not get for this query.
    InvalidCursor,
    /// Not for this role.
    Forbidden,
    /// There is no such thing, or it is somebody else's.
    NotFound,
    /// The order's status may not move that way.
    InvalidTransition,
    /// Nothing more may be said here.
    ConversationClosed,
    /// More than 64 KiB.
    PayloadTooLarge,
    /// A field is wrong; the detail names it.
    InvalidRequest,
    /// The idempotency key was used for another order.
    IdempotencyMismatch,
    /// Too fast; wait as told.
    RateLimited,
    /// Our fault; trying again is safe.
    Internal,
    /// WebSocket only: there is no such action.
    UnknownAction,
    /// WebSocket only: the server no longer knows this connection; open a new one.
    Reconnect,
    /// WebSocket only: the JWT behind the connection is past; get a new one, a ticket, connect.
    TokenExpired,
}

impl Code {
    /// The HTTP status that goes with it; `None` for those that only WebSocket has.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::BadRequest | Self::InvalidCursor => Some(400),
            Self::Forbidden => Some(403),
            Self::NotFound => Some(404),
            Self::InvalidTransition | Self::ConversationClosed => Some(409),
            Self::PayloadTooLarge => Some(413),
            Self::InvalidRequest | Self::IdempotencyMismatch => Some(422),
            Self::RateLimited => Some(429),
            Self::Internal => Some(500),
            Self::UnknownAction | Self::Reconnect | Self::TokenExpired => None,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request is not JSON",
            Self::InvalidCursor => "The cursor does not belong to this query",
            Self::Forbidden => "Not for this role",
            Self::NotFound => "No such resource",
            Self::InvalidTransition => "The status may not change that way",
            Self::ConversationClosed => "The conversation is closed",
            Self::PayloadTooLarge => "The body is too large",
            Self::InvalidRequest => "A field is wrong",
            Self::IdempotencyMismatch => "The idempotency key was used for another order",
            Self::RateLimited => "Too many messages",
            Self::Internal => "Something went wrong on our side",
            Self::UnknownAction => "No such action",
            Self::Reconnect => "The connection is not known any more",
            Self::TokenExpired => "The token has expired",
        }
    }

    /// The word the protocol uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::InvalidCursor => "invalid_cursor",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::InvalidTransition => "invalid_transition",
            Self::ConversationClosed => "conversation_closed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::InvalidRequest => "invalid_request",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::RateLimited => "rate_limited",
            Self::Internal => "internal",
            Self::UnknownAction => "unknown_action",
            Self::Reconnect => "reconnect",
            Self::TokenExpired => "token_expired",
        }
    }
}

/// An error for the client, as RFC 9457 writes it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Names the kind of problem; not an address to open.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, and what helps.
    pub detail: String,
    /// The stable name.
    pub code: Code,
    /// Only with `rate_limited`: milliseconds until the same request would pass. Also in `Retry-After`, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub retry_after_ms: Option<i64>,
}

/// The most characters in which it is said what is wrong with a field.
const MAX_DETAIL_CHARS: usize = 200;

impl Problem {
    /// An error with this `code` and these words.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:order-chat:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status().unwrap_or(400),
            detail: detail.into(),
            code,
            retry_after_ms: None,
        }
    }

    /// There is no such thing. The same words whether it never was or is somebody else's.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing of yours under this id.")
    }

    /// The caller's role may not do this.
    pub fn forbidden() -> Self {
        Self::new(Code::Forbidden, "Your role may not do this.")
    }

    /// A field is wrong.
    pub fn invalid(field: &str, problem: &str) -> Self {
        // The parser repeats the wrong value, escaped: what was sent in one frame could fill seven, more than can be sent back.
        let end = problem.char_indices().nth(MAX_DETAIL_CHARS).map_or(problem.len(), |(end, _)| end);
        let more = if end < problem.len() { "…" } else { "" };
        Self::new(Code::InvalidRequest, format!("{field}: {}{more}", &problem[..end]))
    }

    /// The conversation takes no more text messages.
    pub fn closed() -> Self {
        Self::new(Code::ConversationClosed, "This conversation is closed; an admin can open it again.")
    }

    /// The server does not know this WebSocket connection.
    pub fn reconnect() -> Self {
        Self::new(Code::Reconnect, "This connection is no longer known: open a new one.")
    }

    /// Too fast.
    pub fn rate_limited(retry_after_ms: i64) -> Self {
        let detail = format!("Wait {retry_after_ms} ms, then send the same again.");
        Self { retry_after_ms: Some(retry_after_ms), ..Self::new(Code::RateLimited, detail) }
    }

    /// Our fault. Why is in the logs, not here.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "Trying again is safe.")
    }
}

impl From<domain::InvalidField> for Problem {
    fn from(invalid: domain::InvalidField) -> Self {
        Self::invalid(&invalid.field, &invalid.problem)
    }
}
