//! What all functions share: configuration, AWS clients, the caller and the request in an event,
//! replies and errors, and pushing to connected clients.

mod app;
mod aws;
mod background;
mod caller;
mod clock_and_random;
mod environment;
mod event;
mod failure;
mod fan_out;
mod function;
mod log;
mod metrics;
mod presence;
mod serve;
mod shutdown;

pub use app::App;
pub use aws_config::SdkConfig;
pub use background::serve_background;
pub use caller::Caller;
pub use clock_and_random::{Clock, random};
pub use environment::{Environment, StartError};
pub use event::{ConnectedCaller, Event, RestRequest, SocketFrame};
pub use failure::{Failure, Reply};
pub use fan_out::is_past_handshake;
pub use function::{Function, Start, run};
pub use lambda_runtime::{Context, Error, LambdaEvent};
pub use log::{log_conversation_id, log_to};
pub use presence::{connection_ended, connection_opened, shop_presence, with_presence};
pub use serve::serve;
