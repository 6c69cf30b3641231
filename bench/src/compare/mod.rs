//! Beside the peer: both systems on this machine, in turns, under the same load.

mod idle;
mod jitter;
mod start;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::load::{Round, flat_out, paced};
use crate::mariadb::MariaDb;
use crate::spread::Spread;
use crate::system::{BOTH, Kind, System};
use crate::workload::Workload;
pub(crate) use idle::Idle;
pub(crate) use jitter::Jitter;
pub(crate) use start::Start;

/// Conversations, one customer each: enough that nobody comes near the two messages a second that we allow.
const CUSTOMERS: usize = 1_000;
/// Messages under way at once, where it is about how many there can be.
const IN_FLIGHT: usize = 64;
/// The pace at which the two are compared, in messages a second.
pub(crate) const COMPARED_RATE: u32 = 200;
/// The paces at which latency is drawn.
const RATES: [u32; 4] = [100, 200, 400, 800];

/// One number of each system.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Pair {
    pub(crate) ours: Spread,
    pub(crate) peer: Spread,
}

/// Latency at one pace.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AtPace {
    /// Messages a second.
    pub(crate) pace: u32,
    /// Milliseconds.
    pub(crate) p50: Pair,
    /// Milliseconds.
    pub(crate) p99: Pair,
    /// Messages a processor second.
    pub(crate) efficiency: Pair,
}

/// As fast as answers come.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FlatOut {
    /// Messages a second.
    pub(crate) throughput: Pair,
    /// Messages a processor second.
    pub(crate) efficiency: Pair,
}

/// Bytes on the wire for one message, WebSocket headers included.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wire {
    /// From the sender to the server.
    pub(crate) request: usize,
    /// From the server to the sender.
    pub(crate) answer: usize,
    /// To somebody who looks at the conversation.
    pub(crate) joined: usize,
    /// To somebody who sees a list.
    pub(crate) listed: usize,
    /// The message in it, as JSON.
    pub(crate) payload: usize,
}

/// Everything measured beside the peer.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comparison {
    pub(crate) paces: Vec<AtPace>,
    pub(crate) plain: FlatOut,
    /// The peer with its send written with Sequelize's models: messages a processor second.
    pub(crate) by_models: Spread,
    pub(crate) with_receipts: FlatOut,
    pub(crate) synced: FlatOut,
    pub(crate) wire: [Wire; 2],
    pub(crate) start: Start,
    pub(crate) idle: Idle,
    pub(crate) jitter: Jitter,
}

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    pub(crate) idle: usize,
}

impl Comparison {
    /// The pace at which the two are compared.
    pub(crate) fn equal(&self) -> AtPace {
        self.paces.iter().copied().find(|at| at.pace == COMPARED_RATE).unwrap_or_default()
    }
}

impl Pair {
    /// How many times the peer's ours is.
    pub(crate) fn ratio(&self) -> f64 {
        self.ours.median / self.peer.median
    }
}

/// Measures all of it, with data below `folder`.
pub(crate) async fn measure(folder: &Path, effort: Effort) -> Result<Comparison> {
    eprintln!("start to first message");
    let start = start::measure(&folder.join("start"), effort.rounds).await?;
    eprintln!("load");
    let workloads = workloads(&folder.join("load"), false).await?;
    for workload in &workloads {
        // Plans, caches and code get warm.
        flat_out(workload, IN_FLIGHT, effort.round, false).await?;
    }
    let wire = [wire(&workloads[0]).await?, wire(&workloads[1]).await?];
    let mut paces = Vec::new();
    for pace in RATES {
        eprintln!("{pace} messages a second");
        let turns =
            turns(&workloads, effort.rounds, async |workload| paced(workload, pace, effort.round).await).await?;
        paces.push(AtPace {
            pace,
            p50: turns.pair(|round| round.milliseconds(0.5)),
            p99: turns.pair(|round| round.milliseconds(0.99)),
            efficiency: turns.pair(Round::efficiency),
        });
    }
    eprintln!("as fast as they can");
    let (plain, by_models) = with_models(&workloads, &folder.join("models"), effort).await?;
    let with_receipts = at_limit(&workloads, effort, true).await?;
    drop(workloads);
    eprintln!("as fast as they can, synced to the disk");
    let workloads = self::workloads(&folder.join("synced"), true).await?;
    let synced = at_limit(&workloads, effort, false).await?;
    drop(workloads);
    eprintln!("connections that come and go");
    let jitter = jitter::measure(&folder.join("jitter")).await?;
    eprintln!("idle connections");
    let idle = idle::measure(&folder.join("idle"), effort.idle).await?;
    Ok(Comparison { paces, plain, by_models, with_receipts, synced, wire, start, idle, jitter })
}

async fn workloads(folder: &Path, sync: bool) -> Result<[Arc<Workload>; 2]> {
    let [ours, peer] = BOTH.map(|kind| async move {
        let folder = fresh(&folder.join(name(kind)))?;
        anyhow::Ok(Arc::new(Workload::open(System::start(kind, &folder, sync).await?, CUSTOMERS).await?))
    });
    Ok([ours.await?, peer.await?])
}

/// Both, and the peer once more with models.
async fn with_models(workloads: &[Arc<Workload>], folder: &Path, effort: Effort) -> Result<(FlatOut, Spread)> {
    let models = System::peer(MariaDb::create(&fresh(folder)?, false)?, true).await?;
    let models = Arc::new(Workload::open(models, CUSTOMERS).await?);
    flat_out(&models, IN_FLIGHT, effort.round, false).await?;
    let [ours, peer] = workloads else { bail!("there are two") };
    let three = [ours.clone(), peer.clone(), models];
    let turns =
        turns(&three, effort.rounds, async |workload| flat_out(workload, IN_FLIGHT, effort.round, false).await).await?;
    let by_models = Spread::of(turns.0[2].iter().map(Round::efficiency));
    Ok((turns.flat_out(), by_models))
}

async fn at_limit(workloads: &[Arc<Workload>], effort: Effort, read: bool) -> Result<FlatOut> {
    let turns =
        turns(workloads, effort.rounds, async |workload| flat_out(workload, IN_FLIGHT, effort.round, read).await);
    Ok(turns.await?.flat_out())
}

/// Rounds of each: ours first, then the peer's.
struct Turns(Vec<Vec<Round>>);

impl Turns {
    fn pair(&self, number: impl Fn(&Round) -> f64) -> Pair {
        let of = |index: usize| Spread::of(self.0[index].iter().map(&number));
        Pair { ours: of(0), peer: of(1) }
    }

    fn flat_out(&self) -> FlatOut {
        FlatOut { throughput: self.pair(Round::throughput), efficiency: self.pair(Round::efficiency) }
    }
}

/// Ours, the peer's, ours, the peer's, …: whatever else the machine does falls on both.
async fn turns(
    workloads: &[Arc<Workload>],
    rounds: usize,
    round: impl AsyncFn(&Arc<Workload>) -> Result<Round>,
) -> Result<Turns> {
    let mut turns = Turns(workloads.iter().map(|_| Vec::new()).collect());
    for _ in 0..rounds {
        for (workload, done) in workloads.iter().zip(&mut turns.0) {
            done.push(round(workload).await?);
        }
    }
    Ok(turns)
}

/// One message of each side; the customer looks at the conversation, the admin at a list.
async fn wire(workload: &Workload) -> Result<Wire> {
    let customer = &workload.customers[0];
    let listed = workload.say(customer, true).await?;
    let joined = workload.say(customer, false).await?;
    let path = format!("/api/chat/conversations/{}/messages", customer.conversation.trim_matches('"'));
    let token = System::token("admin", "admin")?;
    let asked = workload.system.http.get(format!("{}{path}", workload.system.base)).bearer_auth(token);
    let history: serde_json::Value = asked.send().await?.error_for_status()?.json().await?;
    let last = history["messages"].as_array().and_then(|messages| messages.last()).context("an empty history")?;
    Ok(Wire {
        request: listed.request,
        answer: joined.answer,
        joined: joined.push,
        listed: listed.push,
        payload: last.to_string().len(),
    })
}

pub(crate) fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Ours => "ours",
        Kind::Peer => "peer",
    }
}

/// An empty folder.
pub(crate) fn fresh(folder: &Path) -> Result<std::path::PathBuf> {
    std::fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}
