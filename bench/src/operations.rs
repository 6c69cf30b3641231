//! What a message and its receipts are made of, counted between the functions and the table.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::interceptor::{Interceptor, Traffic};
use crate::system::System;
use crate::workload::Workload;

/// A minute of the inbox, and a little more.
const MINUTE: Duration = Duration::from_secs(61);

/// What each consists of, with one recipient.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operations {
    /// A message in a conversation that was active in the same minute.
    pub(crate) message: Traffic,
    /// The first of a minute: the inbox moves.
    pub(crate) first_of_a_minute: Traffic,
    /// A read receipt.
    pub(crate) receipt: Traffic,
}

/// Counts them.
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
    // Read by the admin, whom the customer looks at.
    workload.read(customer, false, delivered.seq - 1).await?;
    interceptor.take();
    workload.read(customer, false, delivered.seq).await?;
    let receipt = interceptor.take();
    drop(workload);
    gateway.stop().await;
    Ok(Operations { message, first_of_a_minute, receipt })
}
