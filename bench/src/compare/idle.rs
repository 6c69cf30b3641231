//! What a connection costs that says nothing.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{each, fresh, name};
use crate::client::{Client, Screen};
use crate::system::{BOTH, Kind, System};

/// How many connect at once.
const AT_ONCE: usize = 16;
/// Connections before the counting begins: code, pools and caches are there then.
const WARM: usize = 200;

/// Memory for each connection, in bytes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Idle {
    pub(crate) connections: usize,
    pub(crate) ours: f64,
    pub(crate) peer: f64,
}

pub(super) async fn measure(folder: &Path, connections: usize) -> Result<Idle> {
    let mut idle = Idle { connections, ..Idle::default() };
    for kind in BOTH {
        let system = System::start(kind, &fresh(&folder.join(name(kind)))?, false).await?;
        let screen = Arc::new(Screen::default());
        let _warm = connect(&system, &screen, "warm", WARM).await?;
        let before = system.resident()?;
        let clients = connect(&system, &screen, "idle", connections).await?;
        let grown = system.resident()?.saturating_sub(before);
        ensure!(clients.iter().all(Client::is_open), "a connection did not stay");
        match kind {
            Kind::Ours => idle.ours = each(grown, connections),
            Kind::Peer => idle.peer = each(grown, connections),
        }
    }
    Ok(idle)
}

/// That many customers with a connection each.
pub(crate) async fn connect(system: &System, screen: &Arc<Screen>, name: &str, count: usize) -> Result<Vec<Client>> {
    let coming = stream::iter(0..count).map(|number| async move {
        let token = System::token(&format!("{name}{number}"), "customer")?;
        Client::connect(system, &token, screen).await
    });
    coming.buffered(AT_ONCE).try_collect().await
}
