//! Records that a time of the SLA is over.

use domain::{Head, SlaClock, SlaKind, Time};
use runtime::{App, Failure};
use store::{DeskDraft, DeskOperation, Due, DueKind, Sla};

use crate::by_system::by_system;

/// How long to wait before looking again at a conversation that is snoozed until the customer writes,
/// in milliseconds. Its clocks run on with that message, which nobody reports.
const SNOOZED_MS: i64 = 10 * 60_000;

/// Looks which time of a conversation is over, and records it. Moves the due item on to the next one.
pub(crate) async fn look(app: &App, due: &Due, sla: &Sla, now: Time) -> Result<(), Failure> {
    let Some(mut head) = app.store.head(&due.shared_id).await? else {
        return Ok(app.store.delete_due(due).await?);
    };
    while let Some(clock) = sla.breached(&head, now) {
        let added = operations::add_to_desk(app, &breach(&head, clock, now)).await?;
        if added.entry.is_some() {
            app.count_sla_breach();
            tracing::info!(conversation_id = %due.shared_id.conversation_id(), sla = ?clock.kind, "SLA breached");
        }
        head = added.head;
    }
    if let Some(at) = next_look(&head, sla, now) {
        app.store.put_due(&Due::new(DueKind::Sla, due.shared_id.clone(), at)).await?;
    }
    Ok(app.store.delete_due(due).await?)
}

fn next_look(head: &Head, sla: &Sla, now: Time) -> Option<Time> {
    let snoozed = head.desk.snooze.filter(|snooze| snooze.until.is_none());
    let waits = head.desk.waiting_since.is_some() && sla.policy().is_some();
    // The end of a snooze with a time is due by itself.
    sla.next_due(head, now).or_else(|| snoozed.filter(|_| waits).map(|_| now.plus_millis(SNOOZED_MS)))
}

fn breach(head: &Head, clock: SlaClock, now: Time) -> DeskDraft {
    let waiting_since = head.desk.waiting_since.filter(|_| clock.kind != SlaKind::Resolution);
    by_system(&head.shared_id, DeskOperation::Breach { sla: clock.kind, due: clock.due, waiting_since }, now)
}
