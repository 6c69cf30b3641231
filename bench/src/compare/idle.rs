//! What a connection costs that says nothing.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{Pair, fresh, name};
use crate::client::{Client, Screen};
use crate::spread::{Spread, float};
use crate::system::{BOTH, System};

/// How many connect at once.
const MAX_CONCURRENT: usize = 16;
/// Connections before the counting begins: code, pools and caches are there then.
const WARM_UP: usize = 200;

/// New servers for each system: memory that was freed is not given back, so a second count in one server would find none.
const ROUNDS: usize = 2;

/// Memory for each connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Idle {
    pub(crate) connections: usize,
    /// Kilobytes of 1,024.
    pub(crate) kilobytes: Pair,
}

pub(super) async fn measure(folder: &Path, connections: usize) -> Result<Idle> {
    let mut kilobytes = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for (kind, measured) in BOTH.into_iter().zip(&mut kilobytes) {
            let folder = fresh(&folder.join(format!("{}{round}", name(kind))))?;
            measured.push(each(&System::start(kind, &folder, false).await?, connections).await? / 1024.0);
        }
    }
    let [ours, peer] = kilobytes.map(Spread::of);
    Ok(Idle { connections, kilobytes: Pair { ours, peer } })
}

/// Bytes for each.
async fn each(system: &System, connections: usize) -> Result<f64> {
    let screen = Arc::new(Screen::default());
    let _warm = connect(system, &screen, "warm", WARM_UP).await?;
    let before = system.resident()?;
    let clients = connect(system, &screen, "idle", connections).await?;
    let grown = system.resident()?.saturating_sub(before);
    ensure!(clients.iter().all(Client::is_open), "a connection did not stay");
    Ok(float(grown) / float(connections))
}

/// That many customers with a connection each.
async fn connect(system: &System, screen: &Arc<Screen>, name: &str, count: usize) -> Result<Vec<Client>> {
    let arriving = stream::iter(0..count).map(|number| async move {
        let token = System::token(&format!("{name}{number}"), "customer")?;
        Client::connect(system, &token, screen).await
    });
    arriving.buffered(MAX_CONCURRENT).try_collect().await
}
