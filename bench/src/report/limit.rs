//! The section that compares a send with its database operations.

use std::fmt::Write;

use anyhow::Result;

use super::spread;
use crate::limit::Limit;
use crate::results::Part;

pub(super) fn section(part: &Part<Limit>) -> Result<String> {
    let Limit { whole, bare, ratio, send, send_p99, rest, rest_p99, receipt, transaction, transaction_p99 } =
        &part.measured;
    let mut page = format!("## Compared with the database requests alone\n\n{}\n\n", part.origin("limit"));
    writeln!(
        page,
        "**Processor time.** A send consists of an update of the head, a put into the log, two queries for connections, and a check \
         for the message before. These requests alone, with the same SDK and the same engine in one process, take {} µs of \
         processor time. A whole message takes {} µs, **{} times** as much. The difference is the rest of the way: frames, events, \
         the push, the acknowledgement, and handing the work over between threads.\n",
        spread(bare, 0),
        spread(whole, 0),
        spread(ratio, 2)
    )?;
    writeln!(
        page,
        "**Latency as on AWS.** Here the latencies of `bench/prices.toml` are added between the functions and the table. A message \
         that is sent over REST takes {:.0} ms from send to the other side's screen (p99 {rest_p99:.0} ms), by a frame {:.0} ms (p99 \
         {send_p99:.0} ms), and a read receipt {:.0} ms: two requests that wait for one another, then the push. What differs between \
         API Gateway's two kinds of APIs is not included. The first message of a browser in a conversation also waits for a preflight, \
         one round trip to API Gateway. With both writes in one transaction, the simpler design, it would take {:.0} ms (p99 {transaction_p99:.0} ms). \
         The latency of a transaction is the published one of five items; none of two items is published.\n",
        rest.median, send.median, receipt.median, transaction.median
    )?;
    page += "**Requests and units** of every operation, with their limits: [costs.md](costs.md).\n\n";
    Ok(page)
}
