//! The wire types: REST bodies, WebSocket frames in both directions, and errors.
//!
//! The protocol is described in `docs/protocol.md`. The TypeScript types and the JSON Schemas are
//! generated from these types (feature `describe`).

mod event;
mod frame;
mod page_cursor;
mod problem;
mod request;
mod resource;

pub use event::{AckBody, Event};
pub use frame::{Action, Frame, InConversation, InvalidFrame, ReceiptFrame, SendFrame};
pub use page_cursor::PageCursor;
pub use problem::{Code, Problem};
pub use request::{
    HistoryQuery, InboxQuery, MessageRequest, OrderRequest, PageQuery, ReadRequest, SetConversationStatus,
    SetOrderStatus, limit, parse_body,
};
pub use resource::{
    Caller, ClosedAnswer, Conversation, ConversationAnswer, ConversationPage, Counts, Health, History, MessageAnswer,
    OrderAnswer, OrderPage, OrderUpdate, Participant, ReadAnswer, Shop, TicketAnswer,
};
