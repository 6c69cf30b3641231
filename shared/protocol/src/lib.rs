//! What goes over the wire, typed once: REST bodies, WebSocket frames both ways, and errors.
//!
//! The protocol itself, with who gets what when, is `docs/protocol.md`. TypeScript and JSON Schema are made from
//! these types (feature `describe`), so a field that is added here is added everywhere.

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
