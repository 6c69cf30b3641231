//! The log: one JSON object a line, on standard output, and beside it the lines of [`crate::metrics`].
//!
//! Each has a `level` and a `timestamp`: Lambda takes a line without either for `INFO`, and filters by them
//! (`ApplicationLogLevel`).
//! Every line of an invocation carries its `span`: the gateway's `request_id`, Lambda's `invocation_id`, the `route`, and as far
//! as they are known `connection_id`, `conversation_id` and `user_id`. No line has a token, a ticket or what somebody wrote
//! (`tests/tests/logs.rs`).

use domain::SharedId;
use tracing::{Event, Subscriber, field};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{self, FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, filter};

use crate::metrics::TARGET;

/// The crates whose word the level decides. A library says warnings only: at a lower level some print the requests they make,
/// with the messages in them.
const OWN_CRATES: [&str; 4] = ["authorizer", "push", "runtime", "store"];

/// Writes the log at `level` (`error` to `trace`), and all metrics, to `writer`.
pub fn log_to<W>(level: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Clone + Send + Sync + 'static,
{
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    let heard = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OWN_CRATES.map(|name| (name, level)))
        .with_target(TARGET, LevelFilter::OFF);
    let log =
        fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(writer.clone()).with_filter(heard);
    let metrics = fmt::layer()
        .event_format(MessageOnly)
        .with_writer(writer)
        .with_filter(filter::filter_fn(|metadata| metadata.target() == TARGET));
    tracing_subscriber::registry().with(log).with(metrics)
}

/// From here on the log names this conversation.
pub fn log_conversation_id(shared_id: &SharedId) {
    tracing::Span::current().record("conversation_id", field::display(shared_id.conversation_id()));
}

/// The message and nothing around it: CloudWatch takes only a line that is all metrics.
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
