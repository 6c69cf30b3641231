//! What an order and its conversation are, and the rules they follow.
//!
//! Nothing here does I/O, reads a clock or draws a random number: time and randomness come in as
//! parameters, so the same input always gives the same answer. The types that clients see serialize as
//! they see them; `store` keeps them in a shape of its own.

mod conversation;
mod id;
mod message;
mod order;
mod person;
mod position;
mod rate;
mod search;
mod text;
mod ticket;
mod time;

pub use conversation::{Admin, ConversationStatus, Cursors, Head, LogEntry};
pub use id::{ConversationId, MessageId, OrderId, SharedId, legacy_client_message_id};
pub use message::{Kind, Message, System};
pub use order::{Item, NewOrder, Order, OrderStatus, Summary};
pub use person::{Person, Role, Side, is_user_id};
pub use position::{InvalidPosition, Position};
pub use rate::{BURST, INTERVAL_MS, RateLimited, admit};
pub use search::Search;
#[cfg(feature = "describe")]
pub use text::TEXT_PATTERN;
pub use text::Text;
pub use ticket::Ticket;
pub use time::Time;

/// A value that breaks a rule, said so that whoever sent it can mend it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidField {
    /// The field as the client named it, such as `items[0].title`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl InvalidField {
    /// `field` has this `problem`.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}
