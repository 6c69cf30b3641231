//! What a message and its receipts are made of, counted between the functions and the table.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::between::{Between, Passed};
use crate::system::System;
use crate::world::World;

/// A minute of the inbox, and a little more.
const MINUTE: Duration = Duration::from_secs(61);

/// What each consists of, with one recipient.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operations {
    /// A message in a conversation that was active in the same minute.
    pub(crate) message: Passed,
    /// The first of a minute: the inbox moves.
    pub(crate) first_of_a_minute: Passed,
    /// A read receipt.
    pub(crate) receipt: Passed,
}

/// Counts them.
pub(crate) async fn measure(folder: &Path) -> Result<Operations> {
    let between = Between::counting();
    let (system, gateway) = System::inside(folder, &between).await?;
    let world = World::open(system, 1).await?;
    let customer = &world.customers[0];
    world.say(customer, true).await?;
    world.say(customer, false).await?;
    tokio::time::sleep(MINUTE).await;
    between.take();
    world.say(customer, true).await?;
    let first_of_a_minute = between.take();
    let delivered = world.say(customer, false).await?;
    let message = between.take();
    // Read by the admin, whom the customer looks at.
    world.read(customer, false, delivered.seq - 1).await?;
    between.take();
    world.read(customer, false, delivered.seq).await?;
    let receipt = between.take();
    drop(world);
    gateway.stop().await;
    Ok(Operations { message, first_of_a_minute, receipt })
}
