//! Fills the due list with conversations that the stream did not report: those of a version without
//! the list, and all of them when the number of days or the SLA has changed. It also puts those of a
//! version without queues into their queue.

use domain::Time;
use runtime::App;
use store::{Backfill, Due, DueKind, Error, Sla};

/// Goes on from where the run before stopped, by one page of active conversations.
pub(crate) async fn backfill(app: &App, before: Backfill, days: u16, sla: &Sla, now: Time) -> Result<(), Error> {
    let is_current = before.days == days && before.sla == sla.version && before.queues;
    if is_current && before.is_finished {
        return Ok(());
    }
    let position = before.position.filter(|_| is_current);
    let lacks_queues = !before.queues || !before.has_queues;
    let (heads, last) = app.store.active_after(position.as_deref()).await?;
    for head in heads {
        let archive = head.archived_at(days).filter(|_| days > 0);
        for (kind, at) in [(DueKind::Archive, archive), (DueKind::Sla, sla.next_due(&head, now))] {
            if let Some(at) = at {
                app.store.put_due(&Due::new(kind, head.shared_id.clone(), at)).await?;
            }
        }
        if lacks_queues {
            app.store.put_in_queue(&head).await?;
        }
    }
    let is_finished = last.is_none();
    let backfill = Backfill {
        days,
        sla: sla.version,
        queues: true,
        has_queues: before.has_queues || is_finished,
        is_finished,
        position: last.or(position),
    };
    app.store.put_backfill(&backfill).await
}
