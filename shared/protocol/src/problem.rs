//! The errors that functions answer with: a stable code, and a text that says what a person can do.

use domain::Message;
use serde::{Deserialize, Serialize};

/// The stable code of an error. Clients decide by the code; the texts may change.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The body or frame is not JSON, or the frame is not a JSON object.
    BadRequest,
    /// The page cursor was not issued to this caller for this query.
    InvalidCursor,
    /// The caller's role is not allowed to make this request.
    Forbidden,
    /// The resource does not exist, or it belongs to another user.
    NotFound,
    /// The order's current status cannot change to the requested status.
    InvalidTransition,
    /// The conversation accepts no more messages.
    ConversationClosed,
    /// The message cannot be changed: its time is over, it was deleted, it is a system message, or
    /// it has too many reactions.
    NotChangeable,
    /// Another admin has answered since `seenSeq`.
    Overtaken,
    /// Another admin has the conversation.
    AlreadyAssigned,
    /// The body is larger than 64 KiB.
    PayloadTooLarge,
    /// A field is invalid; the detail names it.
    InvalidRequest,
    /// The idempotency key was used for a different order.
    IdempotencyMismatch,
    /// Too many messages, or too many concurrent writes to one conversation. Send the same request
    /// again after the given time.
    RateLimited,
    /// An internal error. The same request can be sent again, `POST /api/sales` only with its
    /// `Idempotency-Key`.
    Internal,
    /// WebSocket only: the action does not exist.
    UnknownAction,
    /// WebSocket only: the server does not know this connection. Open a new one.
    Reconnect,
    /// WebSocket only: the JWT that the connection was opened with has expired. Get a new JWT and a
    /// new ticket, and connect again.
    TokenExpired,
}

impl Code {
    /// The HTTP status of this code; `None` for codes that only WebSocket has.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::BadRequest | Self::InvalidCursor => Some(400),
            Self::Forbidden => Some(403),
            Self::NotFound => Some(404),
            Self::InvalidTransition
            | Self::ConversationClosed
            | Self::NotChangeable
            | Self::Overtaken
            | Self::AlreadyAssigned => Some(409),
            Self::PayloadTooLarge => Some(413),
            Self::InvalidRequest | Self::IdempotencyMismatch => Some(422),
            Self::RateLimited => Some(429),
            Self::Internal => Some(500),
            Self::UnknownAction | Self::Reconnect | Self::TokenExpired => None,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request is not valid JSON",
            Self::InvalidCursor => "The page cursor is invalid",
            Self::Forbidden => "Not allowed for this role",
            Self::NotFound => "Not found",
            Self::InvalidTransition => "This status change is not allowed",
            Self::ConversationClosed => "The conversation is closed",
            Self::NotChangeable => "The message cannot be changed",
            Self::Overtaken => "Another admin has answered",
            Self::AlreadyAssigned => "Another admin has the conversation",
            Self::PayloadTooLarge => "The request body is too large",
            Self::InvalidRequest => "A field is invalid",
            Self::IdempotencyMismatch => "The idempotency key was used for a different order",
            Self::RateLimited => "Too many requests",
            Self::Internal => "Internal server error",
            Self::UnknownAction => "Unknown action",
            Self::Reconnect => "The connection is unknown",
            Self::TokenExpired => "The token has expired",
        }
    }

    /// The code as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::InvalidCursor => "invalid_cursor",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::InvalidTransition => "invalid_transition",
            Self::ConversationClosed => "conversation_closed",
            Self::NotChangeable => "not_changeable",
            Self::Overtaken => "overtaken",
            Self::AlreadyAssigned => "already_assigned",
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

/// An error as in RFC 9457 (problem details).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The kind of the problem, as a URI. It is an identifier, not an address to open.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short text for the kind of the problem.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong in this case, and what the client can do.
    pub detail: String,
    /// The error code.
    pub code: Code,
    /// Only with `rate_limited`: milliseconds until the same request would be accepted. The header
    /// `Retry-After` has the same time in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub retry_after_ms: Option<i64>,
    /// Only with `overtaken`: the newest answer of another admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub overtaken_by: Option<Box<Message>>,
}

/// The most characters of the text about an invalid field.
const MAX_DETAIL_CHARS: usize = 200;

impl Problem {
    /// A problem with this `code` and `detail`.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:order-chat:problem:{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status().unwrap_or(400),
            detail: detail.into(),
            code,
            retry_after_ms: None,
            overtaken_by: None,
        }
    }

    /// `not_found`. The text is the same for something that does not exist and for something of
    /// another user.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "Nothing with this id exists, or you have no access to it.")
    }

    /// `forbidden`: the caller's role is not allowed to make this request.
    pub fn forbidden() -> Self {
        Self::new(Code::Forbidden, "Your role is not allowed to do this.")
    }

    /// `invalid_request`: `field` has this `problem`.
    pub fn invalid(field: &str, problem: &str) -> Self {
        // The parser's error repeats the invalid value in escaped form. That could be seven times
        // as long as the frame, and too long for an answer.
        let end = problem.char_indices().nth(MAX_DETAIL_CHARS).map_or(problem.len(), |(end, _)| end);
        let more = if end < problem.len() { "…" } else { "" };
        Self::new(Code::InvalidRequest, format!("{field}: {}{more}", &problem[..end]))
    }

    /// `conversation_closed`: the conversation accepts no more messages.
    pub fn closed() -> Self {
        Self::new(Code::ConversationClosed, "This conversation is closed. An admin can reopen it.")
    }

    /// `not_changeable`: the message cannot be changed, because of `reason`.
    pub fn not_changeable(reason: &str) -> Self {
        Self::new(Code::NotChangeable, reason)
    }

    /// `overtaken`: another admin has answered with `by`.
    pub fn overtaken(by: Message) -> Self {
        let detail = "Another admin has answered. Read the answer, then send again without `expectLast`.";
        Self { overtaken_by: Some(Box::new(by)), ..Self::new(Code::Overtaken, detail) }
    }

    /// `reconnect`: the server does not know this WebSocket connection.
    pub fn reconnect() -> Self {
        Self::new(Code::Reconnect, "The server does not know this connection. Open a new connection.")
    }

    /// `rate_limited`: too many messages or concurrent writes. `retry_after_ms` is in milliseconds.
    pub fn rate_limited(retry_after_ms: i64) -> Self {
        let detail = format!("Too many requests. Wait {retry_after_ms} ms, then send the same request again.");
        Self { retry_after_ms: Some(retry_after_ms), ..Self::new(Code::RateLimited, detail) }
    }

    /// `internal`. The cause is in the log, not in the problem.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "The server had an internal error. Try again.")
    }
}

impl From<domain::InvalidField> for Problem {
    fn from(invalid: domain::InvalidField) -> Self {
        Self::invalid(&invalid.field, &invalid.problem)
    }
}
