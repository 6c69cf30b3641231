//! Ends a snooze whose time is over.

use domain::Time;
use runtime::{App, Failure};
use store::{DeskOperation, Due, DueKind};

use crate::by_system::by_system;

/// Looks whether a conversation is still snoozed, and wakes it if the time is over.
pub(crate) async fn wake(app: &App, due: &Due, now: Time) -> Result<(), Failure> {
    let head = app.store.head(&due.shared_id).await?;
    let until = head.and_then(|head| head.desk.snooze).and_then(|snooze| snooze.until);
    match until {
        Some(until) if until > now => {
            app.store.put_due(&Due::new(DueKind::Wake, due.shared_id.clone(), until)).await?;
        }
        Some(until) => {
            let draft = by_system(&due.shared_id, DeskOperation::WakeAt(until), now);
            operations::add_to_desk(app, &draft).await?;
        }
        None => {}
    }
    Ok(app.store.delete_due(due).await?)
}
