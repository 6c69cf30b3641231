//! Metrics that AWS does not have, in CloudWatch's *embedded metric format*: lines of the log from
//! which CloudWatch makes metrics.
//!
//! | metric | counts |
//! |---|---|
//! | `Requests` | answered REST requests, frames, connects and disconnects |
//! | `Errors`, by `Code` | those answered with an error, by the protocol's code |
//! | `PushesOffered` | attempts to push a frame to a connection |
//! | `PushesGone` | those whose connection had closed (410) |
//! | `PushesFailed` | those that failed otherwise: timeout, throttling, no response |
//! | `LostRaces` | conditional writes repeated because of a concurrent write to the same conversation |
//! | `SlaBreaches` | times of the SLA that the shop has missed |
//! | `ColdStarts` | processes that answered their first event |
//!
//! All are sums, in the namespace `order-chat`, with the dimension `Stack`. A metric that is zero
//! is left out.
//!
//! A line for each event would cost as much as the rest of an invocation. So a process adds up what
//! it counts in ten seconds. An internal error is written at once, because an alarm waits for it.
//! Lambda freezes a process between two events, so nothing else is written by the clock: the next
//! event writes what was counted before, with the time at which it was counted, and so does the end
//! of the process. What a process had counted and not written is lost only if it is killed: after a
//! timeout, or if it crashes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Time;
use protocol::Code;
use push::Outcome;
use serde_json::{Map, Value, json};

use crate::Environment;

/// The log target of metric lines, which are written without a JSON object around them. Locally
/// they appear only if `RUST_LOG` names this target.
pub(crate) const TARGET: &str = "metrics";

/// The CloudWatch namespace.
const NAMESPACE: &str = "order-chat";

/// The time in which counts are added up, in milliseconds.
const PERIOD_MS: i64 = 10_000;

/// What a process has counted and not written yet.
#[derive(Debug)]
pub(crate) struct Metrics {
    stack: String,
    warm: AtomicBool,
    // The pushes of events that are not answered yet.
    pushes_offered: AtomicU64,
    gone: AtomicU64,
    failed: AtomicU64,
    sla_breaches: AtomicU64,
    answered: Mutex<Counts>,
}

/// The counts of answered events.
#[derive(Debug, Default)]
struct Counts {
    /// When the first of them was answered; `None` if there are none.
    since: Option<Time>,
    sums: BTreeMap<&'static str, u64>,
    errors: BTreeMap<&'static str, u64>,
}

impl Metrics {
    /// Metrics of the stack in `STACK_NAME`. Without it no lines are written.
    pub(crate) fn of(environment: &Environment) -> Self {
        Self {
            stack: environment.optional("STACK_NAME").unwrap_or_default().to_owned(),
            warm: AtomicBool::default(),
            pushes_offered: AtomicU64::default(),
            gone: AtomicU64::default(),
            failed: AtomicU64::default(),
            sla_breaches: AtomicU64::default(),
            answered: Mutex::default(),
        }
    }

    /// Counts a push to one connection.
    pub(crate) fn count_push(&self, outcome: Outcome) {
        self.pushes_offered.fetch_add(1, Relaxed);
        match outcome {
            Outcome::Accepted => {}
            Outcome::Gone => _ = self.gone.fetch_add(1, Relaxed),
            Outcome::Failed => _ = self.failed.fetch_add(1, Relaxed),
        }
    }

    /// Counts a time of the SLA that the shop has missed.
    pub(crate) fn count_sla_breach(&self) {
        self.sla_breaches.fetch_add(1, Relaxed);
    }

    /// Counts an event answered at `now`, with its error code if it has one. Writes what was counted
    /// before if that began ten seconds ago, and everything after an internal error.
    pub(crate) fn record_answer(&self, code: Option<Code>, lost_races: u64, now: Time) {
        let mut answered = self.answered();
        // Also if the clock was set back.
        if answered.since.is_some_and(|since| (now.millis() - since.millis()).abs() >= PERIOD_MS) {
            self.write_and_reset(&mut answered);
        }
        self.add(&mut answered, &[("Requests", 1), ("LostRaces", lost_races)], now);
        if let Some(code) = code {
            *answered.errors.entry(code.as_str()).or_default() += 1;
        }
        if code == Some(Code::Internal) {
            self.write_and_reset(&mut answered);
        }
    }

    /// Writes the counts of an event that nobody waits for, if there are any.
    pub(crate) fn record_background(&self, now: Time) {
        let mut answered = self.answered();
        self.add(&mut answered, &[], now);
        self.write_and_reset(&mut answered);
    }

    /// Writes everything that was counted.
    pub(crate) fn write(&self) {
        self.write_and_reset(&mut self.answered());
    }

    /// Adds the pushes of an event, and `more`.
    fn add(&self, answered: &mut Counts, more: &[(&'static str, u64)], now: Time) {
        let own = [
            ("PushesOffered", self.pushes_offered.swap(0, Relaxed)),
            ("PushesGone", self.gone.swap(0, Relaxed)),
            ("PushesFailed", self.failed.swap(0, Relaxed)),
            ("SlaBreaches", self.sla_breaches.swap(0, Relaxed)),
            ("ColdStarts", u64::from(!self.warm.swap(true, Relaxed))),
        ];
        for (name, count) in own.iter().chain(more).filter(|(_, count)| *count > 0) {
            answered.since.get_or_insert(now);
            *answered.sums.entry(*name).or_default() += count;
        }
    }

    fn write_and_reset(&self, answered: &mut Counts) {
        let counts = std::mem::take(answered);
        if !self.stack.is_empty() {
            for line in lines(&self.stack, &counts) {
                tracing::info!(target: TARGET, "{line}");
            }
        }
    }

    fn answered(&self) -> MutexGuard<'_, Counts> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line with all sums, and one for each error code: a line has one value of a dimension.
fn lines(stack: &str, counts: &Counts) -> Vec<Value> {
    let Some(since) = counts.since else { return Vec::new() };
    let sums = counts.sums.iter().map(|(name, count)| (*name, *count)).collect::<Vec<_>>();
    let errors = counts
        .errors
        .iter()
        .map(|(code, count)| line(&[("Stack", stack), ("Code", *code)], &[("Errors", *count)], since));
    std::iter::once(line(&[("Stack", stack)], &sums, since)).chain(errors).collect()
}

fn line(dimensions: &[(&str, &str)], counts: &[(&str, u64)], at: Time) -> Value {
    let metrics: Vec<_> = counts.iter().map(|(name, _)| json!({ "Name": name, "Unit": "Count" })).collect();
    let names: Vec<_> = dimensions.iter().map(|(name, _)| name).collect();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [names], "Metrics": metrics });
    let mut values = Map::new();
    values.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    values.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))));
    values.insert("_aws".to_owned(), json!({ "Timestamp": at.millis(), "CloudWatchMetrics": [directive] }));
    Value::Object(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks what the specification demands:
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
    fn conforms(line: &Value) {
        assert!(line["_aws"]["Timestamp"].as_i64().is_some_and(|millis| millis > 0));
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert!(!directives.is_empty());
        for directive in directives {
            assert!((1..=255).contains(&directive["Namespace"].as_str().unwrap().len()));
            for set in directive["Dimensions"].as_array().unwrap() {
                let names = set.as_array().unwrap();
                assert!(names.len() <= 30);
                for name in names {
                    let value = line[name.as_str().unwrap()].as_str().expect("a dimension is text at the root");
                    assert!((1..=1024).contains(&value.len()), "{value}");
                }
            }
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!((1..=100).contains(&metrics.len()));
            for metric in metrics {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric} has its value at the root");
                assert_eq!(metric["Unit"], "Count");
            }
        }
    }

    fn at(milliseconds: i64) -> Time {
        Time::from_millis(1_700_000_000_000 + milliseconds).unwrap()
    }

    fn metrics() -> Metrics {
        Metrics::of(&[("STACK_NAME".to_owned(), "shop".to_owned())].into_iter().collect())
    }

    /// The lines that would be written now.
    fn pending(metrics: &Metrics) -> Vec<Value> {
        let lines = lines("shop", &metrics.answered());
        lines.iter().for_each(conforms);
        lines
    }

    #[test]
    fn counts_are_added_up_for_ten_seconds() {
        let metrics = metrics();
        for milliseconds in [0, 4_000, 9_999] {
            metrics.count_push(Outcome::Accepted);
            metrics.record_answer(None, 1, at(milliseconds));
        }
        let lines = pending(&metrics);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!((&line["Requests"], &line["PushesOffered"], &line["LostRaces"]), (&json!(3), &json!(3), &json!(3)));
        assert_eq!((&line["ColdStarts"], line.get("PushesGone")), (&json!(1), None));
        assert_eq!(line["_aws"]["Timestamp"], at(0).millis());

        // The next one begins a new line, with its own time and its own pushes.
        metrics.count_push(Outcome::Gone);
        metrics.record_answer(None, 0, at(3_600_000));
        let lines = pending(&metrics);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!((&line["Requests"], &line["PushesOffered"], &line["PushesGone"]), (&json!(1), &json!(1), &json!(1)));
        assert_eq!(line["_aws"]["Timestamp"], at(3_600_000).millis());
        metrics.record_answer(None, 0, at(0));
        assert_eq!(pending(&metrics)[0]["Requests"], 1, "the clock was set back");
        metrics.write();
        assert_eq!(pending(&metrics), [] as [Value; 0]);
    }

    #[test]
    fn errors_are_counted_by_code_and_an_internal_one_is_written_at_once() {
        let metrics = metrics();
        for code in [Code::RateLimited, Code::NotFound, Code::RateLimited] {
            metrics.record_answer(Some(code), 0, at(0));
        }
        let lines = pending(&metrics);
        let [sums, not_found, rate_limited] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(sums["Requests"], 3);
        assert_eq!((&not_found["Code"], &not_found["Errors"]), (&json!("not_found"), &json!(1)));
        assert_eq!((&rate_limited["Code"], &rate_limited["Errors"]), (&json!("rate_limited"), &json!(2)));
        assert_eq!(rate_limited["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Stack", "Code"]]));
        metrics.record_answer(Some(Code::Internal), 0, at(1));
        assert_eq!(pending(&metrics), [] as [Value; 0]);
    }

    #[test]
    fn a_background_event_that_counts_nothing_writes_nothing() {
        let metrics = metrics();
        metrics.record_answer(None, 0, at(0));
        metrics.record_background(at(0));
        assert_eq!(pending(&metrics), [] as [Value; 0]);
        metrics.add(&mut metrics.answered(), &[], at(1));
        assert_eq!(pending(&metrics), [] as [Value; 0]);
    }
}
