//! Connections become many: the shop's, which all hear of every message, and customers', who do not.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{AtSize, Line, lines};
use crate::between::Between;
use crate::client::{Client, Screen};
use crate::spread::Spread;
use crate::system::{Kind, System};
use crate::world::World;

/// Messages sent at each size.
const SENDS: usize = 20;
/// How many connect at once.
const AT_ONCE: usize = 16;
/// Admins; the connections are spread over them.
const ADMINS: usize = 50;

/// A message of a customer, with this many connections of the shop. The latency is the first admin's; the units are all.
pub(super) async fn admins(folder: &Path, sizes: &[usize]) -> Result<Vec<Line>> {
    let between = Between::counting();
    let (system, gateway) = System::inside(folder, &between).await?;
    let world = World::open(system, SENDS * sizes.len()).await?;
    let [mut line] = lines(["send"]);
    let nobody = Arc::new(Screen::default());
    let mut others: Vec<Client> = Vec::new();
    let mut customers = world.customers.chunks(SENDS);
    for size in sizes.iter().copied() {
        // One is the world's own.
        let coming = stream::iter(others.len() + 1..size).map(|number| {
            let (system, nobody) = (&world.system, &nobody);
            async move {
                let token = System::token(&format!("admin{}", number % ADMINS), "admin")?;
                Client::connect(system, &token, nobody).await
            }
        });
        others.extend(coming.buffered(AT_ONCE).try_collect::<Vec<_>>().await?);
        let mut times = Vec::new();
        between.take();
        for customer in customers.next().unwrap_or_default() {
            times.push(world.say(customer, true).await?.latency.as_secs_f64() * 1e3);
        }
        let passed = Some(between.take().each(u32::try_from(SENDS)?));
        line.points.push(AtSize { size, latency: Spread::of(times), passed });
    }
    drop((others, world));
    gateway.stop().await;
    Ok(vec![line])
}

/// A message between two, with this many other customers connected.
pub(super) async fn customers(folder: &Path, sizes: &[usize]) -> Result<Vec<Line>> {
    let world = World::open(System::start(Kind::Ours, folder, false).await?, SENDS).await?;
    let [mut line] = lines(["send"]);
    let nobody = Arc::new(Screen::default());
    let mut others: Vec<Client> = Vec::new();
    for size in sizes.iter().copied() {
        let coming = stream::iter(others.len()..size).map(|number| {
            let (system, nobody) = (&world.system, &nobody);
            async move { Client::connect(system, &System::token(&format!("idle{number}"), "customer")?, nobody).await }
        });
        others.extend(coming.buffered(AT_ONCE).try_collect::<Vec<_>>().await?);
        let mut times = Vec::new();
        for customer in &world.customers {
            times.push(world.say(customer, true).await?.latency.as_secs_f64() * 1e3);
        }
        line.points.push(AtSize { size, latency: Spread::of(times), passed: None });
    }
    Ok(vec![line])
}
