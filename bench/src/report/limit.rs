//! The section that compares a send with its database operations.

use std::fmt::Write;

use anyhow::Result;

use super::spread;
use crate::limit::Limit;
use crate::results::Part;

pub(super) fn section(part: &Part<Limit>) -> Result<String> {
    let Limit { whole, bare, ratio, send, send_p99, transaction, transaction_p99 } = &part.measured;
    let mut page = format!("## Against the limit\n\n{}\n\n", part.origin("limit"));
    writeln!(
        page,
        "**Processor time.** A send consists of an update of the head, a put into the log, two queries for who is connected and a look for \
         the message before. These requests alone, by the same SDK on the same engine in one process, take {} µs of processor time; a \
         message all told takes {} µs, **{} times** as much. The difference is the rest of the way: frames, events, the push, the \
         acknowledgement, and the handing over between threads.\n",
        spread(bare, 0),
        spread(whole, 0),
        spread(ratio, 2)
    )?;
    writeln!(
        page,
        "**Latency as on AWS.** With the latencies of `bench/prices.toml` put between the functions and the table, a message takes \
         {:.0} ms from send to the other side's screen (p99 {send_p99:.0} ms): two requests that wait for one another, then the push. With \
         the two writes in one transaction, which is the simpler way to the same promises, it would take {:.0} ms (p99 {transaction_p99:.0} \
         ms). The latency of a transaction is the published one of five items; none of two is published.\n",
        send.median, transaction.median
    )?;
    page += "**Requests and units** of every operation, beside what each may take: [costs.md](costs.md).\n\n";
    Ok(page)
}
