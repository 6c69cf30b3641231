//! DynamoDB in this process: the embedded engine behind the SDK's own requests.

mod actions;
mod engine;
pub(crate) mod http_endpoint;

pub(crate) use actions::required_actions;
pub(crate) use engine::Engine;
