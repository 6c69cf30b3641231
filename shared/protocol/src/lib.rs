//! The wire types: REST bodies, WebSocket frames in both directions, and errors.
//!
//! The protocol is described in `docs/protocol.md`. The TypeScript types and the JSON Schemas are
//! generated from these types (feature `describe`).

mod desk;
mod event;
mod frame;
mod page_cursor;
mod problem;
mod request;
mod resource;

pub use desk::{
    AdminEntry, AdminList, Assign, BulkAction, BulkAnswer, BulkMessage, BulkRequest, BulkResult, CannedResponseAnswer,
    CannedResponseList, CannedResponseRequest, Desk, DeskAction, DeskAnswer, DeskPage, DeskQuery, DeskRequest, NewNote,
    Prioritize, SetSla, SetStatusOfConversation, SetStatusOfOrder, Settle, Sla, SnoozeRequest, TagAnswer, TagChange,
    TagList, TagRequest, Views, Wake,
};
pub use event::{AckBody, Event, Settings};
pub use frame::{Action, ChangeFrame, Frame, InConversation, InvalidFrame, PingFrame, ReceiptFrame, SendFrame};
pub use page_cursor::PageCursor;
pub use problem::{Code, Problem};
pub use request::{
    ChangeRequest, Delete, Edit, HistoryQuery, InboxQuery, MessageRequest, MessageSearchQuery, OrderRequest, PageQuery,
    React, ReadRequest, SetConversationStatus, SetOrderStatus, limit, parse_body,
};
pub use resource::{
    Caller, ChangeAnswer, ClosedAnswer, Conversation, ConversationAnswer, ConversationPage, ConversationUpdate, Counts,
    FoundMessage, Health, History, MessageAnswer, MessagesFound, OrderAnswer, OrderPage, OrderUpdate, Participant,
    ReadAnswer, Shop, TextRange, TicketAnswer,
};
