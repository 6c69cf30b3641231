//! The clients of a function, made once per cold start.

use std::sync::Arc;

use aws_config::SdkConfig;
use domain::Time;
use push::Push;
use store::Store;

use crate::metrics::Metrics;
use crate::{Clock, Environment, StartError};

/// What a function works with: the table, the way to connected clients, and where clients connect.
#[derive(Clone, Debug)]
pub struct App {
    /// The table.
    pub store: Store,
    /// The way to connected clients.
    pub push: Push,
    /// Where clients connect: `wss://host/stage`.
    pub websocket_url: String,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<Metrics>,
}

impl App {
    /// From `TABLE_NAME` and `WEBSOCKET_URL`.
    pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Self, StartError> {
        let websocket_url = environment.required("WEBSOCKET_URL")?;
        let push =
            Push::new(sdk, websocket_url).map_err(|error| StartError::invalid("WEBSOCKET_URL", error.to_string()))?;
        Ok(Self {
            store: Store::new(sdk, environment.required("TABLE_NAME")?),
            push,
            websocket_url: websocket_url.to_owned(),
            clock: Clock::of(sdk),
            metrics: Arc::new(Metrics::of(environment)),
        })
    }

    /// The time. Operations get it as a parameter; nothing below `functions/` asks for it itself.
    pub fn now(&self) -> Time {
        self.clock.now()
    }
}
