//! Reads a table's stream, and gathers the records that match into batches.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Progress;
use super::delivery::Delivery;
use crate::aws::stream_arn;
use crate::dynamo::Engine;
use crate::lambda::Lambdas;
use crate::stopping::Stopping;
use crate::template::EventSource;

/// The pause between two reads. Lambda reads a stream four times a second.
const PAUSE: Duration = Duration::from_millis(250);

/// The most records of one read. No request can use the database meanwhile, for about 1 ms.
const PAGE: usize = 50;

/// One event source mapping at work.
pub(crate) struct Poller {
    engine: Engine,
    delivery: Delivery,
    /// The name under which the position is kept.
    mapping: String,
    /// The sequence number of the last record that was read, and of the last that is done with.
    read: Option<String>,
    done: Option<String>,
    batch: Vec<Value>,
    /// When the first record of the batch was read.
    since: Instant,
}

impl Poller {
    pub(crate) fn new(source: EventSource, engine: Engine, lambdas: Lambdas, progress: Progress) -> Self {
        let mapping = format!("{} of {}", source.function, source.table);
        let delivery = Delivery { source, lambdas, progress };
        Self { engine, delivery, mapping, read: None, done: None, batch: Vec::new(), since: Instant::now() }
    }

    /// Delivers records until the gateway stops. A batch that is under way then is delivered again
    /// after the next start.
    pub(crate) async fn run(mut self, stopping: Stopping) {
        tokio::select! {
            () = self.poll_for_ever() => {}
            () = stopping.wait() => {}
        }
    }

    async fn poll_for_ever(&mut self) {
        match self.delivery.progress.position(&self.mapping) {
            Ok(position) => self.read = position,
            Err(problem) => tracing::error!(%problem, mapping = self.mapping, "the stream is read from its beginning"),
        }
        loop {
            let page = self.page().await;
            let is_full = page.len() == PAGE;
            for record in page {
                self.take(record).await;
            }
            if self.batch.is_empty() {
                self.advance();
            } else if self.since.elapsed() >= self.delivery.source.window {
                self.deliver().await;
            }
            if !is_full {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn page(&self) -> Vec<Value> {
        let (engine, table, read) = (self.engine.clone(), self.delivery.source.table.clone(), self.read.clone());
        let page = tokio::task::spawn_blocking(move || engine.stream_records(&table, read.as_deref(), PAGE)).await;
        let problem = match page {
            Ok(Ok(page)) => return page,
            Ok(Err(problem)) => problem,
            Err(panicked) => panicked.to_string(),
        };
        tracing::error!(problem, mapping = self.mapping, "the stream cannot be read");
        Vec::new()
    }

    async fn take(&mut self, mut record: Value) {
        self.read = record["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned);
        let source = &self.delivery.source;
        if !source.patterns.is_empty() && !source.patterns.iter().any(|pattern| pattern.matches(&record)) {
            return;
        }
        if self.batch.is_empty() {
            self.since = Instant::now();
        }
        record["eventSourceARN"] = stream_arn(&source.table).into();
        self.batch.push(record);
        if self.batch.len() >= self.delivery.source.batch_size {
            self.deliver().await;
        }
    }

    async fn deliver(&mut self) {
        self.delivery.deliver(std::mem::take(&mut self.batch)).await;
        self.advance();
    }

    /// Stores the position once everything up to it was handled, given up or left out.
    fn advance(&mut self) {
        let Some(read) = self.read.clone().filter(|read| self.done.as_ref() != Some(read)) else { return };
        if let Err(problem) = self.delivery.progress.advance(&self.mapping, &read) {
            tracing::error!(%problem, mapping = self.mapping, "records will be delivered again after a restart");
        }
        self.done = Some(read);
    }
}
