//! The log: one JSON object a line on standard output. The lines of [`crate::metrics`] go there
//! too.
//!
//! Each line has a `level` and a `timestamp`. Lambda takes a line without them for `INFO`, and
//! filters by them (`ApplicationLogLevel`).
//!
//! Every line of an invocation has a `span` with API Gateway's `request_id`, Lambda's
//! `invocation_id`, the `route`, and, if known, `connection_id`, `conversation_id` and `user_id`.
//! An answered event is a line if it was refused, failed or slow. Of the others only some are, see
//! [`Sampling`]. No line contains a token, a ticket or the text of a message (`tests/tests/logs.rs`).

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use domain::SharedId;
use tracing::{Event, Subscriber, field};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{self, FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, filter};

use crate::metrics::TARGET;

/// The crates that log at the configured level. Others log warnings and errors only: at a lower
/// level some of them print requests, with the messages in them.
const OWN_CRATES: [&str; 5] = ["authorizer", "deadlines", "push", "runtime", "store"];

/// Writes the log at `level` (`error` to `trace`), and all metrics, to `writer`.
pub fn log_to<W>(level: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Clone + Send + Sync + 'static,
{
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    let levels = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OWN_CRATES.map(|name| (name, level)))
        .with_target(TARGET, LevelFilter::OFF);
    let log =
        fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(writer.clone()).with_filter(levels);
    let metrics = fmt::layer()
        .event_format(MessageOnly)
        .with_writer(writer)
        .with_filter(filter::filter_fn(|metadata| metadata.target() == TARGET));
    tracing_subscriber::registry().with(log).with(metrics)
}

/// Which answers that succeeded are written to the log: the first of a process, and one in so many
/// after it. A line costs as much as the rest of an invocation.
#[derive(Debug)]
pub(crate) struct Sampling {
    one_in: NonZeroU64,
    answers: AtomicU64,
}

impl Sampling {
    pub(crate) fn one_in(one_in: NonZeroU64) -> Self {
        Self { one_in, answers: AtomicU64::default() }
    }

    /// Counts an answer. Returns true if it is to be written.
    pub(crate) fn next_is_written(&self) -> bool {
        self.answers.fetch_add(1, Relaxed).is_multiple_of(self.one_in.get())
    }
}

/// Adds this conversation to the current span, so that later lines of the log name it.
pub fn log_conversation_id(shared_id: &SharedId) {
    tracing::Span::current().record("conversation_id", field::display(shared_id.conversation_id()));
}

/// Formats only the message. CloudWatch reads metrics only from a line that holds nothing else.
struct MessageOnly;

impl<S, N> FormatEvent<S, N> for MessageOnly
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_is_written_and_then_one_in_so_many() {
        let written = |one_in| {
            let sampling = Sampling::one_in(NonZeroU64::new(one_in).unwrap());
            (0..7).map(|_| u8::from(sampling.next_is_written())).collect::<Vec<_>>()
        };
        assert_eq!(written(1), [1; 7]);
        assert_eq!(written(3), [1, 0, 0, 1, 0, 0, 1]);
        assert_eq!(written(20), [1, 0, 0, 0, 0, 0, 0]);
    }
}
