//! The only user of `@connections`: one frame to one connection, tried once.
//!
//! A push is an offer, never a promise: what fails here is found by the client's next sync. So there are no retries, and a
//! connection that is slow holds up its own push for two seconds at most and nobody else's.

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

/// The most a single push may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How an offer went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The gateway took it.
    Accepted,
    /// There is no such connection: it has ended, or its handshake has not.
    Gone,
    /// Too slow, full, or the gateway refused; the client will sync.
    Failed,
}

/// The address is none that WebSocket clients can connect to.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("is not a ws:// or wss:// address")]
pub struct NotAWebSocketUrl;

/// The WebSocket API's way back to its clients.
#[derive(Clone, Debug)]
pub struct Push {
    config: Config,
    /// Made with the first push: it costs a third of a function's start, and half of the functions seldom push.
    client: Arc<OnceLock<Client>>,
}

impl Push {
    /// Pushes to the connections of the API that clients reach at `websocket_url`, such as `wss://host/stage`: the same
    /// address over HTTP takes the pushes.
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

    /// Offers `frame` to a connection.
    pub async fn post(&self, connection_id: &str, frame: &str) -> Outcome {
        let post = self.client().post_to_connection().connection_id(connection_id).data(Blob::new(frame));
        match post.send().await {
            Ok(_) => Outcome::Accepted,
            Err(error) if error.as_service_error().is_some_and(PostToConnectionError::is_gone_exception) => {
                Outcome::Gone
            }
            Err(error) => {
                // A code where the service has answered; otherwise the transport's words. Neither has the frame in it.
                let reason = error.code().map_or_else(|| DisplayErrorContext(&error).to_string(), str::to_owned);
                tracing::warn!(connection_id, reason, "push failed");
                Outcome::Failed
            }
        }
    }

    /// Closes a connection.
    pub async fn close(&self, connection_id: &str) -> Outcome {
        match self.client().delete_connection().connection_id(connection_id).send().await {
            Ok(_) => Outcome::Accepted,
            Err(error) if error.as_service_error().is_some_and(DeleteConnectionError::is_gone_exception) => {
                Outcome::Gone
            }
            Err(error) => {
                let reason = error.code().unwrap_or("no answer").to_owned();
                tracing::warn!(connection_id, reason, "close failed");
                Outcome::Failed
            }
        }
    }
}
