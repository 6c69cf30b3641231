//! The section that compares the system with the peer.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::plot::{OURS, PEER, Series, draw};
use super::{spread, two};
use crate::client::TEXT as LENGTH;
use crate::compare::{AtPace, COMPARED_RATE, Comparison, Pair, Wire};
use crate::results::Part;

const TEXT: &str = "\
**Socket.IO** (`bench/peers/socketio/README.md`) is the kind of system that order-chat replaces: Node.js, Express, Socket.IO and \
Sequelize on MariaDB, written as its best users would write it. A send is one prepared call with one round trip to the database. \
It is often written with Sequelize's models in a transaction, which takes six round trips; that is measured once, for comparison.

**order-chat** is what `cargo run --profile fast` starts: API Gateway, Lambda and DynamoDB as this project reproduces them, in \
one process with the functions. So the numbers say what one machine needs for everything that happens to a message: two events in \
the form of API Gateway, a thread for each invocation, six signed requests of the AWS SDK, and an engine that answers DynamoDB's \
protocol from SQLite. They do not say what AWS needs.

One load generator speaks both protocols. Each conversation has one customer and one admin, who write in turn. Each message goes to \
one recipient. Latency is the time from before the send until the other side has read the frame. Processor time is that of the \
servers and their databases, as the kernel counts it. The load generator runs on the same machine and is not counted.

Both are *durable to the same degree*: they hand a commit to the operating system, so it survives the end of the server but not of \
the machine (SQLite: WAL with `synchronous=NORMAL`; MariaDB: `innodb_flush_log_at_trx_commit=2`). *Synced* means that both write \
each commit to the disk before they answer (`FULL`, `1`). *Full load* means as many messages as the system can take.

";

const WIRE: &str = "\
order-chat's frames carry the message's own id, a conversation id of 30 characters where Socket.IO has a few digits, and the event's \
name as a field.

";

pub(super) fn section(part: &Part<Comparison>, plots: &Path) -> Result<String> {
    let it = &part.measured;
    plot(it, plots)?;
    let mut page = format!("## Compared with Socket.IO\n\n{}\n\n{TEXT}", part.origin("compare"));
    page += "| | order-chat | Socket.IO | order-chat ÷ Socket.IO |\n|---|---|---|---|\n";
    let equal = it.equal();
    page += &row(&format!("p50 at {COMPARED_RATE} messages a second, ms"), &equal.p50, 2);
    page += &row(&format!("p99 at {COMPARED_RATE} messages a second, ms"), &equal.p99, 2);
    page += &row(&format!("messages per second of processor time, at {COMPARED_RATE} a second"), &equal.efficiency, 0);
    page += &row("messages per second of processor time, full load", &it.plain.efficiency, 0);
    let models = Pair { ours: it.plain.efficiency.ours, peer: it.by_models };
    page += &row("… Socket.IO with Sequelize's models", &models, 0);
    page += &row("messages a second, full load", &it.plain.throughput, 0);
    page += &row("with a read receipt each: messages per second of processor time", &it.with_receipts.efficiency, 0);
    page += &row("… messages a second", &it.with_receipts.throughput, 0);
    page += &row("synced: messages per second of processor time", &it.synced.efficiency, 0);
    page += &row("… messages a second", &it.synced.throughput, 0);
    page += &row("from the start of everything to the first message, ms", &it.start.whole, 0);
    let alone = Pair { ours: it.start.whole.ours, peer: it.start.peer_server_alone };
    page += &row("… Socket.IO with a database that runs already, ms", &alone, 0);
    page +=
        &row(&format!("memory of an idle connection ({} connections), KB", it.idle.connections), &it.idle.kilobytes, 1);
    page += "\n![Latency of both systems by load](benchmarks/latency.svg)\n\n";
    write!(page, "**Bytes on the wire**, with the headers of WebSocket, for a text of {LENGTH} characters. {WIRE}")?;
    page += &wire(&it.wire);
    page += &jitter(it);
    Ok(page)
}

fn row(name: &str, pair: &Pair, digits: usize) -> String {
    let (ours, peer) = (spread(&pair.ours, digits), spread(&pair.peer, digits));
    format!("| {name} | {ours} | {peer} | {} |\n", two(pair.ratio()))
}

fn wire([ours, peer]: &[Wire; 2]) -> String {
    let row = |name: &str, of: fn(&Wire) -> usize| format!("| {name} | {} | {} |\n", of(ours), of(peer));
    let mut table = "| bytes | order-chat | Socket.IO |\n|---|---|---|\n".to_owned();
    table += &row("sender to server", |it| it.request);
    table += &row("server to sender: the acknowledgement", |it| it.answer);
    table += &row("to a client that shows the conversation", |it| it.joined);
    table += &row("to a client that shows a list", |it| it.listed);
    table += &row("the message in these frames, as JSON", |it| it.payload);
    table += &row("frame without the message's JSON, to a client that shows the conversation", |it| {
        it.joined.saturating_sub(it.payload)
    });
    table +=
        &row("frame without the text, to a client that shows the conversation", |it| it.joined.saturating_sub(LENGTH));
    table + "\n"
}

fn jitter(it: &Comparison) -> String {
    let (ours, peer) = (it.jitter.ours, it.jitter.peer);
    format!(
        "**Connections that break.** Each of 50 customers loses the connection after 0.5 to 1.5 s and is back 150 to 450 ms later. \
         Meanwhile an admin sends 100 messages a second. A customer who is back fetches what was missed.\n\n\
         | | order-chat | Socket.IO |\n|---|---|---|\n\
         | messages acknowledged | {} | {} |\n| connections lost | {} | {} |\n\
         | shown by a push alone | {:.1} % | {:.1} % |\n| shown at the end, with what was fetched | {:.2} % | {:.2} % |\n\n",
        ours.acknowledged,
        peer.acknowledged,
        ours.lost_connections,
        peer.lost_connections,
        ours.pushed,
        peer.pushed,
        ours.synced,
        peer.synced,
    )
}

fn plot(it: &Comparison, plots: &Path) -> Result<()> {
    let line = |name: &str, color, open, of: fn(&AtPace) -> f64| Series {
        name: name.to_owned(),
        color,
        open,
        points: it.paces.iter().map(|at| (f64::from(at.pace), of(at))).collect(),
    };
    let series = [
        line("order-chat, p99", OURS, true, |at| at.p99.ours.median),
        line("order-chat, p50", OURS, false, |at| at.p50.ours.median),
        line("Socket.IO, p99", PEER, true, |at| at.p99.peer.median),
        line("Socket.IO, p50", PEER, false, |at| at.p50.peer.median),
    ];
    let title = "From send to the other side's screen";
    draw(&plots.join("latency.svg"), title, ("messages a second", "milliseconds"), &series)
}
