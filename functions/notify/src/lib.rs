//! Learns from the table's stream what has to be looked at later, and adds it to the due list.
//!
//! The event source mapping in the template delivers only heads for which something is due from now
//! on:
//!
//! - The order was completed or cancelled: the conversation is archived by itself.
//! - The conversation is new, or is active again: it may be archived, and a clock of the SLA may run.
//! - The customer begins to wait for an answer: a clock of the SLA may run.
//! - The conversation was snoozed.
//!
//! Any other message calls nothing.
//!
//! Lambda delivers each record at least once, and those of one conversation in order. A repeated
//! record adds the same item again, or one for something that is done; `deadlines` looks before it
//! acts.

use std::sync::Arc;

use domain::Head;
use futures_util::{TryStreamExt, stream};
use runtime::{Clock, Environment, Error, Function, SdkConfig, StartError};
use serde::Deserialize;
use store::{Due, DueKind, Sla, Store, StreamRecord};

/// The most items that are written concurrently.
const MAX_CONCURRENT: usize = 16;

struct Notify {
    store: Store,
    clock: Clock,
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
        clock: Clock::of(sdk),
        archive_after_days: environment.number("ARCHIVE_AFTER_DAYS")?,
    };
    Ok(runtime::serve_background(notify, handle))
}

/// Fails if one record cannot be handled. Lambda then splits the batch until it has found that
/// record, and gives it up.
async fn handle(notify: Arc<Notify>, batch: Batch) -> Result<(), Error> {
    let heads = batch.records.into_iter().map(StreamRecord::head).collect::<Result<Vec<_>, _>>()?;
    // As it is now: with a policy from before, a clock that has just begun would be in no list. Those
    // that began before a new policy are found by the backfill.
    let sla = notify.store.sla().await?;
    let due = heads.iter().flat_map(|head| notify.due(head, &sla)).map(Ok);
    let put = async |due| notify.store.put_due(&due).await;
    stream::iter(due).try_for_each_concurrent(MAX_CONCURRENT, put).await?;
    Ok(())
}

impl Notify {
    /// What is due for a conversation from now on.
    fn due(&self, head: &Head, sla: &Sla) -> Vec<Due> {
        let archive = head.archived_at(self.archive_after_days).filter(|_| self.archive_after_days > 0);
        let wake = head.desk.snooze.and_then(|snooze| snooze.until);
        let missed = sla.next_due(head, self.clock.now());
        let all = [(DueKind::Archive, archive), (DueKind::Wake, wake), (DueKind::Sla, missed)];
        let due = |(kind, at): (DueKind, Option<domain::Time>)| Some(Due::new(kind, head.shared_id.clone(), at?));
        all.into_iter().filter_map(due).collect()
    }
}
