//! The schedules of the template: the functions' `ScheduleV2` events.

use super::function::Functions;
use super::properties::Properties;
use crate::StartupError;

/// The type of a function's event that is a schedule of EventBridge Scheduler.
pub(super) const KIND: &str = "ScheduleV2";

/// A function that is called again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// The name of the function.
    pub(crate) function: String,
    /// The pause between two calls, in minutes.
    pub(crate) minutes: u32,
}

pub(super) fn is_schedule(event: &Properties) -> bool {
    event.get("Type").and_then(|kind| kind.as_str()) == Some(KIND)
}

pub(super) fn read(functions: &Functions) -> Result<Vec<Schedule>, StartupError> {
    functions
        .events()
        .iter()
        .filter(|(_, event)| is_schedule(event))
        .map(|(function, event)| one(function, event))
        .collect()
}

fn one(function: &str, event: &Properties) -> Result<Schedule, StartupError> {
    event.only(&["Properties", "Type"])?;
    let properties = event.section("Properties")?;
    properties.only(&["Description", "RetryPolicy", "ScheduleExpression"])?;
    let retries = properties.section("RetryPolicy")?;
    retries.only(&["MaximumRetryAttempts"])?;
    if retries.number("MaximumRetryAttempts")? != Some(0) {
        return Err(retries.problem(
            "MaximumRetryAttempts",
            "the local gateway repeats no call of a schedule, so it supports only 0",
        ));
    }
    let expression = properties.required("ScheduleExpression")?;
    let minutes = minutes(&expression);
    let minutes = minutes.ok_or_else(|| {
        properties.problem(
            "ScheduleExpression",
            format!("the local gateway does not support {expression:?}, only rate(N minutes)"),
        )
    })?;
    Ok(Schedule { function: function.to_owned(), minutes })
}

/// The minutes of `rate(1 minute)` or `rate(N minutes)`.
fn minutes(expression: &str) -> Option<u32> {
    let (number, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    (unit == if number == 1 { "minute" } else { "minutes" }).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_in_minutes() {
        for (expression, expected) in [
            ("rate(1 minute)", Some(1)),
            ("rate(5 minutes)", Some(5)),
            ("rate(0 minutes)", None),
            ("rate(1 minutes)", None),
            ("rate(1 hour)", None),
            ("cron(0 * * * ? *)", None),
        ] {
            assert_eq!(minutes(expression), expected, "{expression}");
        }
    }
}
