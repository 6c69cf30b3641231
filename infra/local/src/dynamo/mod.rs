//! DynamoDB in this process: the embedded engine behind the SDK's own requests.

mod actions;
pub(crate) mod door;
mod engine;

pub(crate) use actions::needed;
pub(crate) use engine::Engine;
