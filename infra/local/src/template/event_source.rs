//! The event source mappings of the template: which records of a table's stream call which
//! function, and what happens to records that the function cannot handle.

use std::time::Duration;

use super::function::Functions;
use super::pattern::Pattern;
use super::properties::Properties;
use super::resources::Template;
use super::table::TableSpec;
use crate::StartupError;
use crate::aws::{queue_arn, stream_arn};

/// What Lambda does with the stream on behalf of the function, so the function's policy must allow
/// it.
const READS: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// The same for a failed batch.
const SEND: &str = "sqs:SendMessage";

/// One `AWS::Lambda::EventSourceMapping`.
#[derive(Clone, Debug)]
pub(crate) struct EventSource {
    /// The name of the function.
    pub(crate) function: String,
    /// The name of the table.
    pub(crate) table: String,
    /// A record is delivered if it matches any of these; without patterns every record is.
    pub(crate) patterns: Vec<Pattern>,
    /// The most records of a batch.
    pub(crate) batch_size: usize,
    /// How long records are gathered for a batch.
    pub(crate) window: Duration,
    /// Whether a failed batch is split into two.
    pub(crate) bisect: bool,
    /// How often a failed batch is repeated; `None` = until its records are too old.
    pub(crate) retries: Option<u32>,
    /// A record that is older is not delivered (again); `None` = until the stream drops it.
    pub(crate) max_age: Option<Duration>,
    /// The name of the queue that is told of a batch that was given up.
    pub(crate) on_failure: Option<String>,
}

pub(super) fn read(
    template: &Template,
    functions: &Functions,
    tables: &[TableSpec],
) -> Result<Vec<EventSource>, StartupError> {
    let mut queues = Vec::new();
    for queue in template.of_kind("AWS::SQS::Queue") {
        queue.properties.only(&["MessageRetentionPeriod", "QueueName", "SqsManagedSseEnabled", "Tags"])?;
        let name = queue.properties.text("QueueName")?;
        queues.push(name.unwrap_or_else(|| format!("{}-{}", crate::aws::STACK, queue.name)));
    }
    let mappings = template.of_kind("AWS::Lambda::EventSourceMapping");
    mappings.map(|mapping| one(&mapping.properties, functions, tables, &queues)).collect()
}

fn one(
    properties: &Properties,
    functions: &Functions,
    tables: &[TableSpec],
    queues: &[String],
) -> Result<EventSource, StartupError> {
    properties.only(&[
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "EventSourceArn",
        "FilterCriteria",
        "FunctionName",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "StartingPosition",
    ])?;
    let function = functions.behind(&properties.required("FunctionName")?).map(str::to_owned);
    let function = function.ok_or_else(|| properties.problem("FunctionName", "there is no such function"))?;
    let source = properties.required("EventSourceArn")?;
    let table = tables.iter().find(|table| table.stream.is_some() && stream_arn(&table.name) == source);
    let table = table.ok_or_else(|| properties.problem("EventSourceArn", "there is no table with such a stream"))?;
    // Only so no record is lost that is written while the mapping is made.
    properties.one_of("StartingPosition", &["TRIM_HORIZON"])?;
    let allowed = |action: &str, resource: &str| functions.specs[&function].policy.allows(action, resource);
    if let Some(missing) = READS.into_iter().find(|action| !allowed(action, &source)) {
        return Err(
            properties.problem("EventSourceArn", format!("the function's policy does not allow {missing} on it"))
        );
    }
    let on_failure = on_failure(properties, queues)?;
    if on_failure.as_ref().is_some_and(|queue| !allowed(SEND, &queue_arn(queue))) {
        return Err(
            properties.problem("DestinationConfig", format!("the function's policy does not allow {SEND} on it"))
        );
    }
    let seconds = |name: &str| properties.number(name).map(|number| number.map(Duration::from_secs));
    Ok(EventSource {
        table: table.name.clone(),
        patterns: patterns(properties)?,
        batch_size: usize::try_from(properties.number("BatchSize")?.unwrap_or(100)).unwrap_or(usize::MAX),
        window: seconds("MaximumBatchingWindowInSeconds")?.unwrap_or_default(),
        bisect: properties.flag("BisectBatchOnFunctionError")?,
        retries: properties.number("MaximumRetryAttempts")?.map(|number| u32::try_from(number).unwrap_or(u32::MAX)),
        max_age: seconds("MaximumRecordAgeInSeconds")?,
        on_failure,
        function,
    })
}

fn patterns(properties: &Properties) -> Result<Vec<Pattern>, StartupError> {
    let criteria = properties.section("FilterCriteria")?;
    criteria.only(&["Filters"])?;
    let filters = criteria.sections("Filters")?;
    let pattern = |filter: &Properties| {
        filter.only(&["Pattern"])?;
        Pattern::parse(&filter.required("Pattern")?).map_err(|what| filter.problem("Pattern", what))
    };
    filters.iter().map(pattern).collect()
}

fn on_failure(properties: &Properties, queues: &[String]) -> Result<Option<String>, StartupError> {
    let destinations = properties.section("DestinationConfig")?;
    destinations.only(&["OnFailure"])?;
    let failure = destinations.section("OnFailure")?;
    failure.only(&["Destination"])?;
    let Some(arn) = failure.text("Destination")? else { return Ok(None) };
    let queue = queues.iter().find(|queue| queue_arn(queue) == arn);
    queue.cloned().map(Some).ok_or_else(|| failure.problem("Destination", "there is no such queue"))
}
