//! Metrics that AWS does not have: one line for each answered event in CloudWatch's *embedded
//! metric format*. CloudWatch makes metrics from these lines.
//!
//! | metric | counts |
//! |---|---|
//! | `Requests` | answered REST requests, frames, connects and disconnects |
//! | `Errors`, by `Code` | those answered with an error, by the protocol's code |
//! | `PushesOffered` | attempts to push a frame to a connection |
//! | `PushesGone` | those whose connection had closed (410) |
//! | `PushesFailed` | those that failed otherwise: timeout, throttling, no response |
//! | `LostRaces` | conditional writes repeated because of a concurrent write to the same conversation |
//! | `ColdStarts` | processes that answered their first event |
//!
//! All are sums, in the namespace `order-chat`, with the dimension `Stack`. A metric that is zero
//! is left out of the line.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

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

/// Counts since the last line. On AWS a process answers one event at a time, so a line belongs to
/// one invocation. The local gateway answers many events at once with one set of counters, so only
/// the sums are correct there.
#[derive(Debug)]
pub(crate) struct Metrics {
    stack: String,
    warm: AtomicBool,
    pushes_offered: AtomicU64,
    gone: AtomicU64,
    failed: AtomicU64,
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

    /// Writes one line for an event answered at `now`, with its error code if it has one, and
    /// resets the counts.
    pub(crate) fn record_answer(&self, code: Option<Code>, lost_races: u64, now: Time) {
        self.write([("Requests", 1), ("LostRaces", lost_races)], code, now);
    }

    /// Writes the counts of an event that nobody waits for, if there are any, and resets them.
    pub(crate) fn record_background(&self, now: Time) {
        self.write([], None, now);
    }

    fn write<const N: usize>(&self, more: [(&str, u64); N], code: Option<Code>, now: Time) {
        let mut counts = vec![
            ("PushesOffered", self.pushes_offered.swap(0, Relaxed)),
            ("PushesGone", self.gone.swap(0, Relaxed)),
            ("PushesFailed", self.failed.swap(0, Relaxed)),
            ("ColdStarts", u64::from(!self.warm.swap(true, Relaxed))),
        ];
        counts.extend(more);
        let is_empty = counts.iter().all(|(_, count)| *count == 0);
        if !self.stack.is_empty() && !is_empty {
            tracing::info!(target: TARGET, "{}", line(&self.stack, &counts, code, now));
        }
    }
}

fn line(stack: &str, counts: &[(&str, u64)], code: Option<Code>, now: Time) -> Value {
    let counts: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    let directive = |dimensions: &[&str], names: &[&str]| {
        let metrics: Vec<_> = names.iter().map(|name| json!({ "Name": name, "Unit": "Count" })).collect();
        json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics })
    };
    let names: Vec<_> = counts.iter().map(|(name, _)| *name).collect();
    let mut directives = vec![directive(&["Stack"], &names)];
    let mut values: Map<String, Value> =
        counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    values.insert("Stack".to_owned(), json!(stack));
    if let Some(code) = code {
        directives.push(directive(&["Stack", "Code"], &["Errors"]));
        values.insert("Code".to_owned(), json!(code));
        values.insert("Errors".to_owned(), json!(1));
    }
    values.insert("_aws".to_owned(), json!({ "Timestamp": now.millis(), "CloudWatchMetrics": directives }));
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

    fn at() -> Time {
        Time::from_millis(1_700_000_000_000).unwrap()
    }

    #[test]
    fn a_line_is_in_the_embedded_metric_format() {
        let line = line("shop", &[("Requests", 1), ("LostRaces", 0)], None, at());
        conforms(&line);
        assert_eq!(line["Requests"], 1);
        assert_eq!(line.get("LostRaces"), None);
        assert_eq!(line["_aws"]["CloudWatchMetrics"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn an_error_is_counted_under_its_code() {
        let line = line("shop", &[("Requests", 1)], Some(Code::RateLimited), at());
        conforms(&line);
        assert_eq!((&line["Code"], &line["Errors"]), (&json!("rate_limited"), &json!(1)));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][1]["Dimensions"], json!([["Stack", "Code"]]));
    }
}
