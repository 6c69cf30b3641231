//! The only code that calls API Gateway's `@connections`. Sends one frame to one connection,
//! without retries.
//!
//! A push is best effort: a client that misses one gets the message with its next sync. So there
//! are no retries. A slow connection delays only its own push, by two seconds at most.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_apigatewaymanagement::operation::delete_connection::DeleteConnectionError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_apigatewaymanagement::{Client, Config};

/// The time limit of one push.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The outcome of a push.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The gateway accepted the frame.
    Accepted,
    /// The gateway answered 410: the connection has closed, or its handshake has not ended yet.
    Gone,
    /// The push timed out, was throttled or failed in another way. The client gets the message with
    /// its next sync.
    Failed,
}

/// The address does not start with `ws://` or `wss://`.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("must be a ws:// or wss:// URL")]
pub struct NotAWebSocketUrl;

/// Sends frames to the clients of a WebSocket API.
#[derive(Clone, Debug)]
pub struct Push {
    config: Config,
    /// Created with the first push: creating it takes a third of a function's start time, and half
    /// of the functions seldom push.
    client: Arc<OnceLock<Client>>,
}

impl Push {
    /// A client for the API that WebSocket clients reach at `websocket_url`, such as
    /// `wss://host/stage`. Pushes go to the same address over HTTP. Fails if it is not a WebSocket
    /// address.
    pub fn new(sdk: &SdkConfig, websocket_url: &str) -> Result<Self, NotAWebSocketUrl> {
        let endpoint = match websocket_url.split_once("://") {
            Some(("wss", rest)) => format!("https://{rest}"),
            Some(("ws", rest)) => format!("http://{rest}"),
            _ => return Err(NotAWebSocketUrl),
        };
        let config = Builder::from(sdk)
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(TIMEOUT).build())
            .build();
        Ok(Self { config, client: Arc::default() })
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::from_conf(self.config.clone()))
    }

    /// Sends `frame` to a connection. A failure is logged.
    pub async fn post(&self, connection_id: &str, frame: &str) -> Outcome {
        let post = self.client().post_to_connection().connection_id(connection_id).data(Blob::new(frame));
        match post.send().await {
            Ok(_) => Outcome::Accepted,
            Err(error) if error.as_service_error().is_some_and(PostToConnectionError::is_gone_exception) => {
                Outcome::Gone
            }
            Err(error) => {
                // An error code if the service answered, otherwise the transport's error. Neither
                // contains the frame.
                let reason = error.code().map_or_else(|| DisplayErrorContext(&error).to_string(), str::to_owned);
                tracing::warn!(connection_id, reason, "push failed");
                Outcome::Failed
            }
        }
    }

    /// Closes a connection. A failure is logged.
    pub async fn close(&self, connection_id: &str) -> Outcome {
        match self.client().delete_connection().connection_id(connection_id).send().await {
            Ok(_) => Outcome::Accepted,
            Err(error) if error.as_service_error().is_some_and(DeleteConnectionError::is_gone_exception) => {
                Outcome::Gone
            }
            Err(error) => {
                let reason = error.code().unwrap_or("no response").to_owned();
                tracing::warn!(connection_id, reason, "close failed");
                Outcome::Failed
            }
        }
    }
}
