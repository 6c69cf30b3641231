//! From the start of the process to the first message on the other side, with data that is there already.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Pair, fresh, name};
use crate::mariadb::MariaDb;
use crate::spread::Spread;
use crate::system::{BOTH, Kind, System};
use crate::workload::Workload;

/// Milliseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Start {
    /// Everything that runs: the peer's database too.
    pub(crate) whole: Pair,
    /// The peer on a database that runs already.
    pub(crate) peer_server_alone: Spread,
}

pub(super) async fn measure(folder: &Path, rounds: usize) -> Result<Start> {
    let mut whole = [Vec::new(), Vec::new()];
    let mut alone = Vec::new();
    for kind in BOTH {
        // The tables are made once.
        drop(Workload::open(System::start(kind, &fresh(&folder.join(name(kind)))?, false).await?, 1).await?);
    }
    for _ in 0..rounds {
        for (kind, times) in BOTH.into_iter().zip(&mut whole) {
            let began = Instant::now();
            first_message(System::start(kind, &folder.join(name(kind)), false).await?).await?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        let database = MariaDb::open(&folder.join(name(Kind::Peer)), false)?;
        let began = Instant::now();
        first_message(System::peer(database, false).await?).await?;
        alone.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let [ours, peer] = whole.map(Spread::of);
    Ok(Start { whole: Pair { ours, peer }, peer_server_alone: Spread::of(alone) })
}

/// An admin and a customer come, she orders and says something, and it appears.
async fn first_message(system: System) -> Result<()> {
    Workload::open(system, 1).await?.send().await?;
    Ok(())
}
