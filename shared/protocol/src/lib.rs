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
pub use frame::{Action, ChangeFrame, Frame, InConversation, InvalidFrame, PingFrame, ReceiptFrame, SendFrame};
pub use page_cursor::PageCursor;
pub use problem::{Code, Problem};
pub use request::{
    ChangeRequest, Delete, DeskQuery, DeskRequest, Edit, HistoryQuery, InboxQuery, MessageRequest, NewNote,
    OrderRequest, PageQuery, React, ReadRequest, SetConversationStatus, SetOrderStatus, limit, parse_body,
};
pub use resource::{
    Caller, ChangeAnswer, ClosedAnswer, Conversation, ConversationAnswer, ConversationPage, ConversationUpdate, Counts,
    DeskAnswer, DeskPage, Health, History, MessageAnswer, OrderAnswer, OrderPage, OrderUpdate, Participant, ReadAnswer,
    Shop, TicketAnswer,
};
