//! Archives a conversation by itself, some days after its last activity.

use domain::Time;
use protocol::{Conversation, Event};
use runtime::App;
use store::{Due, DueKind, Error, StatusChange};
use uuid::Uuid;

/// Looks whether a conversation is archived by itself, and does it. Removes the due item, or moves it
/// on if something was said since.
pub(crate) async fn archive(app: &App, due: &Due, days: u16, now: Time) -> Result<(), Error> {
    let head = app.store.head(&due.shared_id).await?.filter(|_| days > 0);
    let Some((head, at)) = head.and_then(|head| head.archived_at(days).map(|at| (head, at))) else {
        return app.store.delete_due(due).await;
    };
    if at > now {
        app.store.put_due(&Due::new(DueKind::Archive, due.shared_id.clone(), at)).await?;
        return app.store.delete_due(due).await;
    }
    // If something was said in this moment, the item stays, and the next run looks again.
    let change_id = Uuid::from_bytes(runtime::random());
    let archived = app.store.archive_if_unchanged(&head, change_id, now).await?;
    let Some(StatusChange { head, change, audience }) = archived else { return Ok(()) };
    let event = Event::ConversationUpdated { conversation: Conversation::of(&head), change }.to_text();
    app.fan_out(&audience, now, |_| Some(&event)).await;
    tracing::info!(conversation_id = %due.shared_id.conversation_id(), "archived");
    app.store.delete_due(due).await
}
