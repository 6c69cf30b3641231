//! DynamoDB in this process: an embedded database engine that answers the SDK's requests.

mod actions;
mod engine;
pub(crate) mod http_endpoint;

pub(crate) use actions::required_actions;
pub(crate) use engine::Engine;
