//! Fills the due list with conversations that the stream did not report: those of a version without
//! the list, and all of them when the number of days has changed.

use runtime::App;
use store::{Backfill, Due, DueKind, Error};

/// Goes on from where the run before stopped, by one page of active conversations.
pub(crate) async fn backfill(app: &App, before: Backfill, days: u16) -> Result<(), Error> {
    if before.days == days && (before.is_finished || days == 0) {
        return Ok(());
    }
    let position = before.position.filter(|_| before.days == days);
    if days == 0 {
        return app.store.put_backfill(&Backfill { days, position: None, is_finished: true }).await;
    }
    let (heads, last) = app.store.active_after(position.as_deref()).await?;
    for head in heads {
        if let Some(at) = head.archived_at(days) {
            app.store.put_due(&Due::new(DueKind::Archive, head.shared_id, at)).await?;
        }
    }
    app.store.put_backfill(&Backfill { days, is_finished: last.is_none(), position: last.or(position) }).await
}
