//! Beside the peer.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::plot::{OURS, PEER, Series, draw};
use super::{spread, two};
use crate::client::TEXT as LENGTH;
use crate::compare::{AtPace, COMPARED_RATE, Comparison, Pair, Wire};
use crate::results::Part;

const TEXT: &str = "\
**The peer** (`bench/peers/socketio/README.md`) is the kind of system that this one replaces: Node.js, Express, Socket.IO, Sequelize on MariaDB, written as its best
users would write it. A send is one prepared call of one round trip to the database. As it is often written, with Sequelize's models in a transaction, it is six; that is measured
once beside it.

**Ours** is what `cargo run --profile fast` starts: API Gateway, Lambda and DynamoDB as this project reproduces them, in one process with the functions. So
this is not what AWS needs for a message, but it is what one machine needs for all that happens to one: two events in the form that
API Gateway gives them, a thread for each call, six signed requests of the AWS SDK, an engine that answers DynamoDB's protocol from SQLite.

One load generator speaks both protocols. Conversations of one customer and one admin: the customer says something, the next time the admin does; each message goes to one recipient.
What counts is from before a message is sent to when the other side has read its frame. Processor time is the servers' and their databases', by the kernel's count, without the
generator, which shares the machine with them. *Durable to the same degree*: both hand a commit to the operating system, which survives the end of the
server but not of the machine (SQLite: WAL with `synchronous=NORMAL`; MariaDB: `innodb_flush_log_at_trx_commit=2`). *Synced* is both with each commit
on the disk before it is answered (`FULL`, `1`).

";

const WIRE: &str = "\
Ours carries the message's own id, a conversation's id of 30 characters where the peer's has a few digits, and the
event's name as a field.

";

pub(super) fn section(part: &Part<Comparison>, plots: &Path) -> Result<String> {
    let it = &part.measured;
    plot(it, plots)?;
    let mut page = format!("## Beside the peer\n\n{}\n\n{TEXT}", part.origin("compare"));
    page += "| | ours | the peer | ours ÷ the peer's |\n|---|---|---|---|\n";
    let equal = it.equal();
    page += &row(&format!("p50 at {COMPARED_RATE} messages a second, ms"), &equal.p50, 2);
    page += &row(&format!("p99 at {COMPARED_RATE} messages a second, ms"), &equal.p99, 2);
    page += &row(&format!("messages a processor second, at {COMPARED_RATE} a second"), &equal.efficiency, 0);
    page += &row("messages a processor second, as many as go", &it.plain.efficiency, 0);
    let models = Pair { ours: it.plain.efficiency.ours, peer: it.by_models };
    page += &row("… beside the peer with its send by Sequelize's models", &models, 0);
    page += &row("messages a second, as many as go", &it.plain.throughput, 0);
    page += &row("each read by the other side: messages a processor second", &it.with_receipts.efficiency, 0);
    page += &row("… messages a second", &it.with_receipts.throughput, 0);
    page += &row("synced to the disk: messages a processor second", &it.synced.efficiency, 0);
    page += &row("… messages a second", &it.synced.throughput, 0);
    page += &row("start of everything to the first message, ms", &it.start.whole, 0);
    let alone = Pair { ours: it.start.whole.ours, peer: it.start.peer_server_alone };
    page += &row("… beside the peer on a database that runs already, ms", &alone, 0);
    page += &row(&format!("memory of an idle connection, of {}, KB", it.idle.connections), &it.idle.kilobytes, 1);
    page += "\n![Latency of both systems by load](benchmarks/latency.svg)\n\n";
    write!(page, "Bytes on the wire with WebSocket's headers, for a text of {LENGTH} characters. {WIRE}")?;
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
    let mut table = "| | ours | the peer |\n|---|---|---|\n".to_owned();
    table += &row("sender to server", |it| it.request);
    table += &row("server to sender: the acknowledgement", |it| it.answer);
    table += &row("to who looks at the conversation", |it| it.joined);
    table += &row("to who sees a list", |it| it.listed);
    table += &row("the message in it as JSON", |it| it.payload);
    table += &row("over the message's JSON, to who looks", |it| it.joined.saturating_sub(it.payload));
    table += &row("over the text, to who looks", |it| it.joined.saturating_sub(LENGTH));
    table + "\n"
}

fn jitter(it: &Comparison) -> String {
    let (ours, peer) = (it.jitter.ours, it.jitter.peer);
    format!(
        "**Connections that come and go.** 50 customers, each of whose connections is cut after half a second to one and a half, and comes back 150 to 450 ms later; \
         meanwhile an admin sends 100 messages a second. Who comes back asks for what was missed.\n\n\
         | | ours | the peer |\n|---|---|---|\n\
         | messages acknowledged | {} | {} |\n| connections lost | {} | {} |\n\
         | appeared by a push alone | {:.1} % | {:.1} % |\n| appeared by the end, with what was asked for | {:.2} % | {:.2} % |\n\n",
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
        line("ours, p99", OURS, true, |at| at.p99.ours.median),
        line("ours, p50", OURS, false, |at| at.p50.ours.median),
        line("the peer, p99", PEER, true, |at| at.p99.peer.median),
        line("the peer, p50", PEER, false, |at| at.p50.peer.median),
    ];
    let title = "From send to the other side's screen";
    draw(&plots.join("latency.svg"), title, ("messages a second", "milliseconds"), &series)
}
