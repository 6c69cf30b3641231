//! Counts the requests and units of a message and of a receipt.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::interceptor::{Interceptor, Traffic};
use crate::system::System;
use crate::workload::Workload;

/// A little more than the minute that the inbox index is precise to.
const MINUTE: Duration = Duration::from_secs(61);

/// The traffic of each operation, with one recipient.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operations {
    /// A message in a conversation that was active in the same minute.
    pub(crate) message: Traffic,
    /// The first message of a minute, which also moves the conversation in the inbox.
    pub(crate) first_of_a_minute: Traffic,
    /// A read receipt.
    pub(crate) receipt: Traffic,
}

/// Counts them, with data in `folder`.
pub(crate) async fn measure(folder: &Path) -> Result<Operations> {
    let interceptor = Interceptor::counting();
    let (system, gateway) = System::inside(folder, &interceptor).await?;
    let workload = Workload::open(system, 1).await?;
    let customer = &workload.customers[0];
    workload.say(customer, true).await?;
    workload.say(customer, false).await?;
    tokio::time::sleep(MINUTE).await;
    interceptor.take();
    workload.say(customer, true).await?;
    let first_of_a_minute = interceptor.take();
    let delivered = workload.say(customer, false).await?;
    let message = interceptor.take();
    // The admin reads, and the customer, who has joined, gets the receipt.
    workload.read(customer, false, delivered.seq - 1).await?;
    interceptor.take();
    workload.read(customer, false, delivered.seq).await?;
    let receipt = interceptor.take();
    drop(workload);
    gateway.stop().await;
    Ok(Operations { message, first_of_a_minute, receipt })
}
