//! What every function needs around its operation: its environment, its clients made once per cold start, the caller and the
//! request in an event, answers and errors in the form the caller expects, and pushing to whoever is connected.

mod app;
mod aws;
mod caller;
mod environment;
mod event;
mod failure;
mod function;
mod log;
mod metrics;
mod offer;
mod outside;
mod presence;
mod serve;

pub use app::App;
pub use aws_config::SdkConfig;
pub use caller::Caller;
pub use environment::{Environment, StartError};
pub use event::{Event, Link, Rest, SocketFrame};
pub use failure::{Failure, Reply};
pub use function::{Function, Start, run};
pub use lambda_runtime::{Context, Error, LambdaEvent};
pub use log::{concerns, log_to};
pub use offer::is_past_handshake;
pub use outside::{Clock, random};
pub use presence::{came, left, shop, with_presence};
pub use serve::serve;
