//! The AWS clients and settings of a function, made once per cold start.

use std::sync::Arc;

use aws_config::SdkConfig;
use domain::{Person, Time};
use push::Push;
use store::{Error, Sla, Store};

use crate::log::Sampling;
use crate::metrics::Metrics;
use crate::{Clock, Environment, StartError};

/// What an operation works with: the table, the push client, and the address of the WebSocket API.
#[derive(Clone, Debug)]
pub struct App {
    /// The DynamoDB table.
    pub store: Store,
    /// Sends frames to connected clients.
    pub push: Push,
    /// The address of the WebSocket API: `wss://host/stage`.
    pub websocket_url: String,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) sampling: Arc<Sampling>,
}

impl App {
    /// Reads `TABLE_NAME`, `WEBSOCKET_URL` and `LOG_SAMPLING`. Returns an error if one is missing or invalid.
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
            sampling: Arc::new(Sampling::one_in(environment.number("LOG_SAMPLING")?)),
        })
    }

    /// The current time. Only `functions/` calls this; everything below gets the time as a
    /// parameter.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// The SLA, if `person` is an admin. No customer learns of it.
    pub async fn sla_for(&self, person: &Person) -> Result<Sla, Error> {
        if person.is_admin() { self.store.sla().await } else { Ok(Sla::default()) }
    }

    /// Counts a time of the SLA that the shop has missed.
    pub fn count_sla_breach(&self) {
        self.metrics.count_sla_breach();
    }

    /// Writes the metrics of a function that answers nobody, if it counted any. Such a function is
    /// in no number of requests, and its events are minutes apart.
    pub fn record_background(&self) {
        self.metrics.record_background(self.now());
    }
}
