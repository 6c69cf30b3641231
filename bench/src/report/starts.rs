//! The section on cold starts.

use super::spread;
use crate::results::Part;
use crate::starts::{Function, Starts};

pub(super) fn section(part: &Part<Starts>) -> String {
    let Starts { nothing, functions, first, second, ratio } = &part.measured;
    let row =
        |it: &Function| format!("| {} | {} | {} | {} |\n", it.name, it.zip, spread(&it.start, 2), spread(&it.ratio, 2));
    let rows: String = functions.iter().map(row).collect();
    format!(
        "## Starts\n\n{} A start lasts from the start of the process to its first request for an event. An empty function of \
         `lambda_runtime` runs in turn with each.\n\n| function | zip file, bytes | start, ms | ÷ empty function |\n|---|---|---|---|\n\
         | (empty) | | {} | |\n{rows}\n\
         A function's first request to DynamoDB over TLS, with its answer to the event, takes {} ms, and the second {} ms: \
         **{} times** as long.\n\n",
        part.origin("starts"),
        spread(nothing, 2),
        spread(first, 2),
        spread(second, 2),
        spread(ratio, 2)
    )
}
