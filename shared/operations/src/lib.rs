//! Operations that more than one function has: alone, and as a part of a bulk action. Each one stores
//! first, then pushes.

mod conversation_status;
mod desk;
mod order_status;
mod send;

pub use conversation_status::set_conversation_status;
pub use desk::{DeskState, add_to_desk, desk_operation};
pub use order_status::change_order_status;
pub use send::send;
