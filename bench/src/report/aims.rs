//! The section on the project's aims: the target, the result, and the reason where the target is
//! missed.

use super::{cost, tab, two};
use crate::compare::COMPARED_RATE;
use crate::prices::Prices;
use crate::results::Results;

const SERVER: &str = "Socket.IO is one process, and its send is one statement of the database. order-chat on one machine \
    does the work of four AWS services. For each message a frame becomes an event, an invocation gets a thread of its own, the \
    AWS SDK builds, signs and reads five requests, and the engine turns each request into several SQLite statements. On AWS the \
    shop does not pay for this processor time; what a message costs there is below.";
const IDLE: &str = "A connection holds a socket with its buffers, a task with its timers, a queue, and the authorizer's context. \
    Its row in the table is in the same process, in SQLite's cache.";
const BARE: &str = "Besides the requests there are the frame and its event, the push, the acknowledgement, and handing the work \
    over between threads.";
const WIRE: &str = "The rest is the event, the conversation's id and the names of the fields around the message.";
const DOLLARS: &str = "$3.45 are the request, the push, one invocation and two write units. Without preflights the rest fits: they are \
    needed because pages and API have different origins, and each conversation has an address of its own.";
const RECEIPT: &str = "$2.83 are the frame, the push, one invocation and one write unit, and $0.25 are the reads that say who is \
    connected. They are strongly consistent, so that nobody who joins meanwhile misses a receipt; eventually consistent ones would \
    cost half.";

const VISIBLE_TAB: &str = "API Gateway's connection minutes are $0.0026, and a `ping` with its answer every four minutes is two \
    messages, $0.0054: together $0.0080 before a function has run. The answer is needed, as nothing else shows that the connection \
    works. The rest is one invocation for each `ping`, and the five connections of a day.";
const HIDDEN_TAB: &str = "The connection minutes are $0.0026 here too, and a `ping` with its answer every nine and a half minutes is \
    $0.0022; API Gateway ends a connection after ten minutes without one. A page that closes its connection while it is hidden would \
    cost less, but show a new message only when somebody looks at it again.";

/// A target with its result.
struct Aim {
    name: String,
    wanted: &'static str,
    measured: String,
    met: bool,
    /// The reason why it is missed.
    because: &'static str,
}

pub(super) fn section(results: &Results, prices: &Prices) -> String {
    let aims = speed(results).into_iter().chain(processor(results)).chain(dollars(results, prices));
    let aims: Vec<Aim> = aims.chain(tabs(results, prices)).collect();
    let row = |it: &Aim| {
        format!("| {} | {} | {} | {} |\n", it.name, it.wanted, it.measured, if it.met { "met" } else { "missed" })
    };
    let missed =
        aims.iter().filter(|it| !it.met).map(|it| format!("- *{}*, {}: {}\n", it.name, it.measured, it.because));
    let (rows, missed): (String, String) = (aims.iter().map(row).collect(), missed.collect());
    let missed = if missed.is_empty() { missed } else { format!("Why some are missed:\n\n{missed}\n") };
    format!("## Aims\n\n| aim | wanted | measured | result |\n|---|---|---|---|\n{rows}\n{missed}")
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
            name: format!("messages per second of processor time, order-chat ÷ Socket.IO, at {COMPARED_RATE} a second"),
            wanted: "≥ 3",
            measured: two(efficiency),
            met: efficiency >= 3.0,
            because: SERVER,
        },
        Aim {
            name: format!(
                "p99 from send to the other side's screen, order-chat ÷ Socket.IO, at {COMPARED_RATE} a second"
            ),
            wanted: "≤ 0.5",
            measured: two(p99),
            met: p99 <= 0.5,
            because: "A send waits for two requests one after the other and for the push; each passes through several threads. Socket.IO waits for one statement.",
        },
        Aim {
            name: "memory of an idle connection".to_owned(),
            wanted: "≤ 12 KB",
            measured: format!("{idle:.1} KB"),
            met: idle <= 12.0,
            because: IDLE,
        },
        Aim {
            name: "bytes on the wire, without the message's JSON".to_owned(),
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
        name: "processor time of a send ÷ processor time of its database requests alone".to_owned(),
        wanted: "≤ 2",
        measured: two(ratio),
        met: ratio <= 2.0,
        because: BARE,
    })
}

fn dollars(results: &Results, prices: &Prices) -> Vec<Aim> {
    let (Some(operations), Some(limit)) = (&results.operations, &results.limit) else { return Vec::new() };
    let bills = cost::Bills::of(&operations.measured, &limit.measured, prices);
    let (message, receipt) = (bills.message.total(), bills.receipt.total());
    vec![
        Aim {
            name: "price of a million messages to one recipient".to_owned(),
            wanted: "≤ $4.00",
            measured: format!("${message:.2}"),
            met: message <= 4.0,
            because: DOLLARS,
        },
        Aim {
            name: "price of a million read receipts to one recipient".to_owned(),
            wanted: "≤ $3.00",
            measured: format!("${receipt:.2}"),
            met: receipt <= 3.0,
            because: RECEIPT,
        },
    ]
}

/// The dearest visible and the dearest hidden tab.
fn tabs(results: &Results, prices: &Prices) -> Vec<Aim> {
    let Some(part) = &results.tabs else { return Vec::new() };
    let aim = |is_visible: bool, most: f64| {
        let days = part.measured.days.iter().filter(|day| day.kind.is_visible == is_visible);
        let dollars = days.map(|day| tab::Month::of(day, prices).total()).fold(0.0, f64::max);
        Aim {
            name: format!("a month of an idle {} tab", if is_visible { "visible" } else { "hidden" }),
            wanted: if is_visible { "≤ $0.010" } else { "≤ $0.005" },
            measured: format!("${dollars:.4}"),
            met: dollars <= most,
            because: if is_visible { VISIBLE_TAB } else { HIDDEN_TAB },
        }
    };
    vec![aim(true, 0.010), aim(false, 0.005)]
}
