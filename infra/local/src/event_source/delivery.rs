//! Delivers one batch of records to its function: in order, again after a failure, and in halves, so
//! that one record that the function cannot handle does not stop the others.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Progress;
use crate::aws::{function_arn, stream_arn};
use crate::lambda::{Lambdas, MAX_TIMEOUT};
use crate::template::EventSource;
use crate::undocumented::{RETRY_PAUSES, TOO_OLD};

/// The `condition` in the message about a batch whose attempts were used up.
const EXHAUSTED: &str = "RetryAttemptsExhausted";

/// Delivers the batches of one event source mapping.
pub(super) struct Delivery {
    pub(super) source: EventSource,
    pub(super) lambdas: Lambdas,
    pub(super) progress: Progress,
}

impl Delivery {
    /// Delivers a batch. When this returns, every record was handled or given up.
    pub(super) async fn deliver(&self, batch: Vec<Value>) {
        let mut waiting = VecDeque::from([batch]);
        while let Some(batch) = waiting.pop_front() {
            if let Some((first, second)) = self.handle(batch).await {
                waiting.push_front(second);
                waiting.push_front(first);
            }
        }
    }

    /// Calls the function until it has handled the batch, or the batch is given up. Returns the
    /// halves of a batch that has to be split.
    async fn handle(&self, mut batch: Vec<Value>) -> Option<(Vec<Value>, Vec<Value>)> {
        let mut attempts = 0;
        loop {
            let (old, young): (Vec<_>, Vec<_>) = batch.into_iter().partition(|record| self.is_too_old(record));
            self.give_up(&old, TOO_OLD, attempts);
            batch = young;
            if batch.is_empty() || self.call(&batch).await {
                return None;
            }
            // Splitting does not count as an attempt.
            if self.source.bisect && batch.len() > 1 {
                let second = batch.split_off(batch.len() / 2);
                return Some((batch, second));
            }
            attempts += 1;
            if self.source.retries.is_some_and(|retries| attempts > retries) {
                self.give_up(&batch, EXHAUSTED, attempts);
                return None;
            }
            let (first, longest) = RETRY_PAUSES;
            tokio::time::sleep(first.saturating_mul(1 << (attempts - 1).min(16)).min(longest)).await;
        }
    }

    async fn call(&self, batch: &[Value]) -> bool {
        self.lambdas.call(&self.source.function, json!({ "Records": batch }), MAX_TIMEOUT).await.is_ok()
    }

    fn is_too_old(&self, record: &Value) -> bool {
        let Some(most) = self.source.max_age.and_then(|age| SignedDuration::try_from(age).ok()) else { return false };
        created_at(record).is_some_and(|created| Timestamp::now().duration_since(created) > most)
    }

    /// Tells the mapping's queue which records were not handled. The records themselves stay in the
    /// stream for a day.
    fn give_up(&self, batch: &[Value], condition: &str, attempts: u32) {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return };
        let source = &self.source;
        tracing::error!(function = source.function, condition, records = batch.len(), "records were given up");
        let Some(queue) = &source.on_failure else { return };
        let arrival = |record| created_at(record).map(|at| at.to_string());
        let message = json!({
            "requestContext": {
                "requestId": uuid::Uuid::new_v4(),
                "functionArn": function_arn(&source.function),
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "version": "1.0",
            "timestamp": Timestamp::now().to_string(),
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000001",
                "startSequenceNumber": first["dynamodb"]["SequenceNumber"],
                "endSequenceNumber": last["dynamodb"]["SequenceNumber"],
                "approximateArrivalOfFirstRecord": arrival(first),
                "approximateArrivalOfLastRecord": arrival(last),
                "batchSize": batch.len(),
                "streamArn": stream_arn(&source.table),
            },
        });
        if let Err(problem) = self.progress.send(queue, &message) {
            tracing::error!(%problem, queue, %message, "a message could not be queued");
        }
    }
}

/// When the record's write was made.
fn created_at(record: &Value) -> Option<Timestamp> {
    let seconds = record["dynamodb"]["ApproximateCreationDateTime"].as_f64()?;
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}
