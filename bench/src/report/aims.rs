//! What was aimed at, what came of it, and what stands in the way where that is less.

use super::{cost, two};
use crate::compare::COMPARED_RATE;
use crate::prices::Prices;
use crate::results::Results;

const SERVER: &str = "The peer is one process whose send is one statement. Ours, on one machine, plays four services of AWS: for each \
    message a frame becomes an event, a call goes to a thread of its own, five requests are built, signed and read by the AWS SDK, and an \
    engine turns each into several statements of SQLite. On AWS none of that is the shop's processor time; what a message costs there is below.";
const IDLE: &str = "A connection holds a socket with its buffers, a task with its timers, a queue, and the authorizer's context; and its \
    row in the table is in the same process, in SQLite's cache.";
const BARE: &str = "Beside the requests there are the frame and its event, the push, the acknowledgement, and the \
    handing over between threads.";
const WIRE: &str = "The event, the conversation's id and the names of the fields around the message.";
const DOLLARS: &str = "API Gateway counts a frame, its acknowledgement and the push as a message each, $3.00 a million; \
    DynamoDB's units come on top. The acknowledgement is a dollar by itself: it is what tells a client that it need not \
    repeat. A client that leaves `requestId` out pays two messages, and learns of its message by the next sync.";

/// An aim.
struct Aim {
    name: String,
    wanted: &'static str,
    measured: String,
    met: bool,
    /// What stands in the way.
    because: &'static str,
}

pub(super) fn section(results: &Results, prices: &Prices) -> String {
    let aims: Vec<Aim> = speed(results).into_iter().chain(processor(results)).chain(dollars(results, prices)).collect();
    let row = |it: &Aim| {
        format!("| {} | {} | {} | {} |\n", it.name, it.wanted, it.measured, if it.met { "met" } else { "missed" })
    };
    let missed =
        aims.iter().filter(|it| !it.met).map(|it| format!("- *{}*, {}: {}\n", it.name, it.measured, it.because));
    let (rows, missed): (String, String) = (aims.iter().map(row).collect(), missed.collect());
    let missed = if missed.is_empty() {
        missed
    } else {
        format!("What stands in the way of those that are missed:\n\n{missed}\n")
    };
    format!("| aim | | measured | |\n|---|---|---|---|\n{rows}\n{missed}")
}

fn speed(results: &Results) -> Vec<Aim> {
    let Some(part) = &results.comparison else { return Vec::new() };
    let it = &part.measured;
    let equal = it.equal();
    let idle = it.idle.kilobytes.ours.median;
    let overhead = it.wire[0].joined.saturating_sub(it.wire[0].payload);
    let efficiency = equal.efficiency.ratio();
    let p99 = equal.p99.ratio();
    vec![
        Aim {
            name: format!("messages a processor second ÷ the peer's, at {COMPARED_RATE} a second"),
            wanted: "≥ 3",
            measured: two(efficiency),
            met: efficiency >= 3.0,
            because: SERVER,
        },
        Aim {
            name: format!("p99 from send to the other side's screen ÷ the peer's, at {COMPARED_RATE} a second"),
            wanted: "≤ 0.5",
            measured: two(p99),
            met: p99 <= 0.5,
            because: "A send waits for two requests in a row and the push, each a way through several threads, where the peer waits for one statement.",
        },
        Aim {
            name: "memory of an idle connection".to_owned(),
            wanted: "≤ 12 KB",
            measured: format!("{idle:.1} KB"),
            met: idle <= 12.0,
            because: IDLE,
        },
        Aim {
            name: "bytes on the wire over the message's JSON".to_owned(),
            wanted: "≤ 96",
            measured: overhead.to_string(),
            met: overhead <= 96,
            because: WIRE,
        },
    ]
}

fn processor(results: &Results) -> Option<Aim> {
    let ratio = results.limit.as_ref()?.measured.ratio.median;
    Some(Aim {
        name: "processor time of a send ÷ that of its bare database requests".to_owned(),
        wanted: "≤ 2",
        measured: two(ratio),
        met: ratio <= 2.0,
        because: BARE,
    })
}

fn dollars(results: &Results, prices: &Prices) -> Option<Aim> {
    let (operations, limit) = (results.operations.as_ref()?, results.limit.as_ref()?);
    let bill = cost::Bill::of_message(operations.measured.message, limit, results.comparison.as_ref(), prices);
    let dollars = bill.total();
    Some(Aim {
        name: "a million messages to one recipient".to_owned(),
        wanted: "≤ $3.80",
        measured: format!("${dollars:.2}"),
        met: dollars <= 3.8,
        because: DOLLARS,
    })
}
