//! Learns from the table's stream what has to be done later, and adds it to the due list.
//!
//! The event source mapping in the template delivers only heads of conversations that may be
//! archived by themselves from now on: the order was completed or cancelled, or such a conversation
//! was imported, or became active again. A message to any other conversation calls nothing.
//!
//! Lambda delivers each record at least once, and those of one conversation in order. A repeated
//! record adds the same item again, or one for something that is done; `deadlines` looks before it
//! acts.

use std::sync::Arc;

use futures_util::{TryStreamExt, stream};
use runtime::{Environment, Error, Function, SdkConfig, StartError};
use serde::Deserialize;
use store::{Due, DueKind, Store, StreamRecord};

/// The most items that are written concurrently.
const MAX_CONCURRENT: usize = 16;

struct Notify {
    store: Store,
    archive_after_days: u16,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<StreamRecord>,
}

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    let notify = Notify {
        store: Store::new(sdk, environment.required("TABLE_NAME")?),
        archive_after_days: environment.number("ARCHIVE_AFTER_DAYS")?,
    };
    Ok(runtime::serve_background(notify, handle))
}

/// Fails if one record cannot be handled. Lambda then splits the batch until it has found that
/// record, and gives it up.
async fn handle(notify: Arc<Notify>, batch: Batch) -> Result<(), Error> {
    if notify.archive_after_days == 0 {
        return Ok(());
    }
    let archived_at = |record: StreamRecord| record.archived_at(notify.archive_after_days).transpose();
    let due = batch.records.into_iter().filter_map(archived_at).collect::<Result<Vec<_>, _>>()?;
    let due = due.into_iter().map(|(shared_id, at)| Ok(Due::new(DueKind::Archive, shared_id, at)));
    let put = async |due| notify.store.put_due(&due).await;
    stream::iter(due).try_for_each_concurrent(MAX_CONCURRENT, put).await?;
    Ok(())
}
