//! Connections become many: the shop's, which all hear of every message, and customers', who do not.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{AtSize, Line, lines};
use crate::client::{Client, Screen};
use crate::interceptor::Interceptor;
use crate::spread::Spread;
use crate::system::{Kind, System};
use crate::workload::Workload;

/// Messages sent at each size.
const SENDS: usize = 20;
/// How many connect at once.
const MAX_CONCURRENT: usize = 16;
/// Admins; the connections are spread over them.
const ADMINS: usize = 50;

/// A message of a customer, with this many connections of the shop. The latency is the first admin's; the units are all.
pub(super) async fn admins(folder: &Path, sizes: &[usize]) -> Result<Vec<Line>> {
    let interceptor = Interceptor::counting();
    let (system, gateway) = System::inside(folder, &interceptor).await?;
    let workload = Workload::open(system, SENDS * sizes.len()).await?;
    let [mut line] = lines(["send"]);
    let nobody = Arc::new(Screen::default());
    let mut others: Vec<Client> = Vec::new();
    let mut customers = workload.customers.chunks(SENDS);
    for size in sizes.iter().copied() {
        // One is the world's own.
        let arriving = stream::iter(others.len() + 1..size).map(|number| {
            let (system, nobody) = (&workload.system, &nobody);
            async move {
                let token = System::token(&format!("admin{}", number % ADMINS), "admin")?;
                Client::connect(system, &token, nobody).await
            }
        });
        others.extend(arriving.buffered(MAX_CONCURRENT).try_collect::<Vec<_>>().await?);
        let mut times = Vec::new();
        interceptor.take();
        for customer in customers.next().unwrap_or_default() {
            times.push(workload.say(customer, true).await?.latency.as_secs_f64() * 1e3);
        }
        let passed = Some(interceptor.take().each(u32::try_from(SENDS)?));
        line.points.push(AtSize { size, latency: Spread::of(times), passed });
    }
    drop((others, workload));
    gateway.stop().await;
    Ok(vec![line])
}

/// A message between two, with this many other customers connected.
pub(super) async fn customers(folder: &Path, sizes: &[usize]) -> Result<Vec<Line>> {
    let workload = Workload::open(System::start(Kind::Ours, folder, false).await?, SENDS).await?;
    let [mut line] = lines(["send"]);
    let nobody = Arc::new(Screen::default());
    let mut others: Vec<Client> = Vec::new();
    for size in sizes.iter().copied() {
        let arriving = stream::iter(others.len()..size).map(|number| {
            let (system, nobody) = (&workload.system, &nobody);
            async move { Client::connect(system, &System::token(&format!("idle{number}"), "customer")?, nobody).await }
        });
        others.extend(arriving.buffered(MAX_CONCURRENT).try_collect::<Vec<_>>().await?);
        let mut times = Vec::new();
        for customer in &workload.customers {
            times.push(workload.say(customer, true).await?.latency.as_secs_f64() * 1e3);
        }
        line.points.push(AtSize { size, latency: Spread::of(times), passed: None });
    }
    Ok(vec![line])
}
