//! Reads `prices.toml`: the prices of AWS and of hosted services.

use anyhow::Result;
use serde::Deserialize;

use crate::interceptor::Delays;
use crate::system::root;

#[derive(Debug, Deserialize)]
pub(crate) struct Prices {
    pub(crate) date: String,
    pub(crate) api_gateway: ApiGateway,
    pub(crate) lambda: Lambda,
    pub(crate) dynamodb: DynamoDb,
    pub(crate) logs: Logs,
    pub(crate) transfer: Transfer,
    pub(crate) server: Server,
    pub(crate) hosted: Vec<Hosted>,
    pub(crate) latency: Delays,
}

/// By the million.
#[derive(Debug, Deserialize)]
pub(crate) struct ApiGateway {
    pub(crate) messages: f64,
    pub(crate) requests: f64,
    pub(crate) connection_minutes: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Lambda {
    pub(crate) million_requests: f64,
    pub(crate) gb_second: f64,
    pub(crate) gb: f64,
}

impl Lambda {
    /// A million invocations of so many seconds.
    pub(crate) fn million_invocations(&self, seconds: f64) -> f64 {
        self.million_requests + 1e6 * seconds * self.gb * self.gb_second
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct DynamoDb {
    pub(crate) million_writes: f64,
    pub(crate) million_reads: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Logs {
    pub(crate) gb: f64,
    pub(crate) bytes_an_answer: f64,
    pub(crate) answers_a_line: f64,
    pub(crate) bytes_of_metrics: f64,
    pub(crate) answers_a_line_of_metrics: f64,
}

impl Logs {
    /// The bytes that are written for one invocation.
    pub(crate) fn bytes_an_invocation(&self) -> f64 {
        self.bytes_an_answer / self.answers_a_line + self.bytes_of_metrics / self.answers_a_line_of_metrics
    }

    /// The logs of a million invocations.
    pub(crate) fn million_invocations(&self) -> f64 {
        // A million times a number of bytes is that number of megabytes.
        self.bytes_an_invocation() / 1e3 * self.gb
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) gb: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Server {
    pub(crate) month: f64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Hosted {
    pub(crate) name: String,
    pub(crate) million: f64,
    pub(crate) messages: f64,
    pub(crate) source: String,
}

/// Reads the file.
pub(crate) fn read() -> Result<Prices> {
    Ok(toml::from_str(&std::fs::read_to_string(root().join("bench/prices.toml"))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read_and_names_its_sources() {
        let prices = read().unwrap();
        assert!(prices.hosted.iter().all(|hosted| !hosted.source.is_empty() && hosted.million > 0.0));
    }
}
