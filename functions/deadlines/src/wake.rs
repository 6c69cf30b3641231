//! Ends a snooze whose time is over.

use domain::{Person, Time};
use runtime::{App, Failure};
use store::{DeskDraft, DeskOperation, Due, DueKind};
use uuid::Uuid;

/// Looks whether a conversation is still snoozed, and wakes it if the time is over.
pub(crate) async fn wake(app: &App, due: &Due, now: Time) -> Result<(), Failure> {
    let head = app.store.head(&due.shared_id).await?;
    let until = head.and_then(|head| head.desk.snooze).and_then(|snooze| snooze.until);
    match until {
        Some(until) if until > now => {
            app.store.put_due(&Due::new(DueKind::Wake, due.shared_id.clone(), until)).await?;
        }
        Some(until) => {
            let draft = DeskDraft {
                shared_id: due.shared_id.clone(),
                by: Person::system(),
                change_id: Uuid::from_bytes(runtime::random()),
                operation: DeskOperation::WakeAt(until),
                seen_desk_seq: None,
                now,
            };
            operations::add_to_desk(app, &draft).await?;
        }
        None => {}
    }
    Ok(app.store.delete_due(due).await?)
}
