//! The whole protocol, through HTTP, a WebSocket and the table alone: at the local gateway, and at a deployed system
//! (`cargo xtask sam`).

mod access;
mod attacks;
mod authorizer;
mod errors;
mod history;
mod inbox;
mod orders;
mod presence;
mod receipts;
mod repeats;
mod resume;
mod talking;
mod typing;
mod user_ids;
