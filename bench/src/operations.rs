//! Counts what a message and a receipt consist of: requests, units, metered messages and bytes.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::interceptor::{Interceptor, Traffic};
use crate::system::System;
use crate::workload::{Delivered, Way, Workload};

/// A little more than the minute that the inbox index is precise to.
const MINUTE: Duration = Duration::from_secs(61);

/// One operation, with one recipient who has joined the conversation.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Operation {
    #[serde(flatten)]
    pub(crate) traffic: Traffic,
    /// What API Gateway meters without pushes: a REST request with its answer is one, and a frame and
    /// its acknowledgement are two. The acknowledgement of a receipt is a push.
    #[serde(default)]
    pub(crate) metered: u32,
    /// The bytes that go to clients: the answer and the push.
    #[serde(default)]
    pub(crate) sent: usize,
}

/// The pause before and after each operation, so that requests of others are not counted with it, and
/// all of its own are. It is longer than the time in which a sender's next message costs another write.
const PAUSE: Duration = Duration::from_millis(700);

/// The operations.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operations {
    /// A message over REST, in a conversation that was active in the same minute.
    pub(crate) message: Operation,
    /// The same by a frame.
    #[serde(default)]
    pub(crate) message_by_frame: Operation,
    /// The first message of a minute, which also moves the conversation in the inbox.
    pub(crate) first_of_a_minute: Operation,
    /// A read receipt.
    pub(crate) receipt: Operation,
    /// The same with an acknowledgement.
    #[serde(default)]
    pub(crate) receipt_acknowledged: Operation,
}

/// Counts them, with data in `folder`.
pub(crate) async fn measure(folder: &Path) -> Result<Operations> {
    let interceptor = Interceptor::counting();
    let (system, gateway) = System::inside(folder, &interceptor).await?;
    let workload = Workload::open(system, 1).await?;
    let customer = &workload.customers[0];
    let connection_id = workload.join(customer).await?;
    let over_rest = Way::Rest(&connection_id);
    workload.say(customer, true).await?;
    workload.say(customer, false).await?;
    tokio::time::sleep(MINUTE).await;
    let first_of_a_minute = count(&interceptor, 1, workload.say_by(over_rest, customer, false)).await?;
    let message = count(&interceptor, 1, workload.say_by(over_rest, customer, false)).await?;
    let message_by_frame = count(&interceptor, 2, workload.say(customer, false)).await?;
    // The admin reads, and the customer, who has joined, gets the receipt.
    let seq = workload.say(customer, true).await?.seq;
    workload.read(customer, false, seq).await?;
    tokio::time::sleep(PAUSE).await;
    let seq = workload.say(customer, true).await?.seq;
    let receipt_acknowledged = count(&interceptor, 1, workload.read_acknowledged(customer, seq)).await?;
    let seq = workload.say(customer, true).await?.seq;
    let receipt = count(&interceptor, 1, workload.read_unacknowledged(customer, seq)).await?;
    drop(workload);
    gateway.stop().await;
    Ok(Operations { message, message_by_frame, first_of_a_minute, receipt, receipt_acknowledged })
}

/// Makes one operation and counts it.
async fn count(
    interceptor: &Interceptor,
    metered: u32,
    operation: impl Future<Output = Result<Delivered>>,
) -> Result<Operation> {
    tokio::time::sleep(PAUSE).await;
    interceptor.take();
    let Delivered { answer, push, .. } = operation.await?;
    // A client can have a push before the function has its answer.
    tokio::time::sleep(PAUSE).await;
    Ok(Operation { traffic: interceptor.take(), metered, sent: answer + push })
}
