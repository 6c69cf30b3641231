//! Does what is due, once a minute.
//!
//! 1. It reads the due list up to now, see `store::Due`. For each item it looks whether the item is
//!    still true, acts, and removes the item.
//! 2. It fills the due list with conversations that were there before the list, a page at a time.
//!
//! Each run does a bounded amount of work, and the next run goes on. A run may end at any point, be
//! late, or run at the same time as another one: every action is conditional on what was seen.

mod archive;
mod backfill;
mod by_system;
mod sla;
mod wake;

use std::sync::Arc;

use domain::Time;
use futures_util::{StreamExt, stream};
use runtime::{App, Environment, Error, Failure, Function, SdkConfig, StartError};
use serde::de::IgnoredAny;
use store::{Due, DueKind, Sla};

/// The most items that are looked at concurrently.
const MAX_CONCURRENT: usize = 8;

struct Deadlines {
    app: App,
    archive_after_days: u16,
}

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    let app = App::start(environment, sdk)?;
    let deadlines = Deadlines { app, archive_after_days: environment.number("ARCHIVE_AFTER_DAYS")? };
    Ok(runtime::serve_background(deadlines, |deadlines: Arc<Deadlines>, _schedule: IgnoredAny| async move {
        let swept = sweep(&deadlines, deadlines.app.now()).await;
        deadlines.app.record_background();
        swept
    }))
}

async fn sweep(deadlines: &Deadlines, now: Time) -> Result<(), Error> {
    let Deadlines { app, archive_after_days } = deadlines;
    let (list, sla) = tokio::try_join!(app.store.due(now), app.store.sla())?;
    let looks: Vec<_> = list.items.iter().map(|due| look(deadlines, due, &sla, now)).collect();
    // Looks at every item, also after one fails.
    let looked: Vec<Result<(), Failure>> = stream::iter(looks).buffer_unordered(MAX_CONCURRENT).collect().await;
    backfill::backfill(app, list.backfill, *archive_after_days, &sla, now).await?;
    looked.into_iter().collect::<Result<(), _>>().map_err(|failure| failure.cause().into())
}

async fn look(deadlines: &Deadlines, due: &Due, sla: &Sla, now: Time) -> Result<(), Failure> {
    let Deadlines { app, archive_after_days } = deadlines;
    match due.kind {
        DueKind::Archive => Ok(archive::archive(app, due, *archive_after_days, now).await?),
        DueKind::Wake => wake::wake(app, due, now).await,
        DueKind::Sla => sla::look(app, due, sla, now).await,
    }
}
