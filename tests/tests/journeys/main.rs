//! The whole protocol, tested only through HTTP, a WebSocket and the table. The tests run at the
//! local gateway and at a deployed system (`cargo xtask sam`).

mod access;
mod attacks;
mod authorizer;
mod errors;
mod history;
mod idempotency;
mod inbox;
mod messaging;
mod older_heads;
mod orders;
mod presence;
mod receipts;
mod reconnect;
mod search;
mod typing;
mod user_id_isolation;
