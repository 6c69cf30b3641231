//! The whole protocol, tested only through HTTP, a WebSocket and the table. The tests run at the
//! local gateway and at a deployed system (`cargo xtask sam`).

mod access;
mod archiving;
mod attacks;
mod authorizer;
mod bulk;
mod changed_conversations;
mod changes;
mod desk;
mod errors;
mod heartbeat;
mod history;
mod history_with_changes;
mod idempotency;
mod inbox;
mod leaks;
mod message_search;
mod messaging;
mod named_connections;
mod notes;
mod older_heads;
mod orders;
mod presence;
mod receipts;
mod reconnect;
mod refused_changes;
mod repeated_changes;
mod replies;
mod search;
mod settings;
mod sla;
mod typing;
mod user_id_isolation;
