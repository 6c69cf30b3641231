//! Archives, closes or opens a conversation.

use domain::{Change, ConversationStatus, Head, Person, SharedId, Time};
use protocol::{Conversation, Event, Problem};
use runtime::{App, Failure};
use store::{SetConversationStatusOutcome, StatusChange};
use uuid::Uuid;

/// Stores and pushes a new status. Returns the head after it, and the change; `None` if the
/// conversation already had that status. `attempt` is the id of this request, and among how many of
/// the newest entries an earlier one with this id is looked for.
pub async fn set_conversation_status(
    app: &App,
    shared_id: &SharedId,
    status: ConversationStatus,
    by: &Person,
    attempt: (Uuid, u32),
    now: Time,
) -> Result<(Head, Option<Change>), Failure> {
    match app.store.set_conversation_status(shared_id, status, by, attempt, now).await? {
        SetConversationStatusOutcome::NotFound => Err(Problem::not_found().into()),
        SetConversationStatusOutcome::Unchanged(head) => Ok((*head, None)),
        SetConversationStatusOutcome::Changed(changed) => {
            let StatusChange { head, change, audience } = *changed;
            let conversation = Conversation::of(&head);
            let event = Event::ConversationUpdated { conversation, change: change.clone() }.to_text();
            app.fan_out(&audience, now, |_| Some(&event)).await;
            Ok((head, Some(change)))
        }
    }
}
