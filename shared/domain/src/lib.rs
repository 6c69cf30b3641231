//! The types and rules of orders and conversations.
//!
//! This crate does no I/O, reads no clock and uses no random numbers. The time and random bytes are
//! parameters, so the same input always gives the same result. The types that clients see serialize
//! to their wire form; `store` has its own form for them.

mod calendar;
mod canned_response;
mod change;
mod conversation;
mod conversation_status;
mod desk;
mod desk_history;
mod id;
mod message;
mod opening_hours;
mod order;
mod person;
mod position;
mod rate;
mod search;
mod since;
mod sla;
mod sla_clock;
mod sla_policy;
mod tag;
mod text;
mod ticket;
mod time;

pub use calendar::Calendar;
pub use canned_response::{CannedResponse, MAX_CANNED_RESPONSES, MAX_QUICK_REPLIES, PLACEHOLDERS, check_placeholders};
pub use change::{Change, ChangeKind, Effect, Emoji};
pub use conversation::{Admin, Counts, Cursors, Entry, Head, LogEntry};
pub use conversation_status::ConversationStatus;
pub use desk::{Desk, DeskEntry, DeskKind, InvalidTagId, MAX_PAUSES, MAX_TAGS, Pause, Priority, Snooze, TagId};
pub use desk_history::DeskEvent;
pub use id::{ConversationId, MessageId, OrderId, SharedId, legacy_client_message_id};
pub use message::{Deletion, Kind, Message, Reaction, System, group_reactions};
pub use order::{Item, NewOrder, Order, OrderStatus, Summary};
pub use person::{MAX_NAME_BYTES, Person, Role, Side, cut_name, is_user_id};
pub use position::{InvalidPosition, Position};
pub use rate::{BURST, INTERVAL_MS, RateLimited, admit, limits};
pub use search::{Search, order_number};
pub use since::{as_of, valid_since};
pub use sla::SlaKind;
pub use sla_clock::{SlaClock, SlaFacts};
pub use sla_policy::{InvalidMinutes, Minutes, SlaPolicy, SlaTarget};
pub use tag::{MAX_SHOP_TAGS, Tag, TagColor};
#[cfg(feature = "describe")]
pub use text::TEXT_PATTERN;
pub use text::Text;
pub use ticket::Ticket;
pub use time::Time;

/// The error for a value that breaks a rule. Its text is written for the client.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidField {
    /// The field, named as in the request, such as `items[0].title`.
    pub field: String,
    /// What is wrong with the field.
    pub problem: String,
}

impl InvalidField {
    /// The error for a `field` with this `problem`.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}
