//! `PATCH /api/chat/conversations/{id}`: an admin archives, closes or opens a conversation.

use domain::Time;
use protocol::{Conversation, ConversationUpdate, Event as ServerEvent, Problem, SetConversationStatus};
use runtime::{App, Failure, Reply, RestRequest};
use store::{SetConversationStatusOutcome, StatusChange};
use uuid::Uuid;

pub(crate) async fn set_status(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    if !caller.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let shared_id = request.shared_id("id")?;
    let SetConversationStatus { status } = request.body()?;

    let change_id = Uuid::from_bytes(runtime::random());
    let (head, change) = match app.store.set_conversation_status(&shared_id, status, caller, change_id, now).await? {
        SetConversationStatusOutcome::NotFound => return Err(Problem::not_found().into()),
        SetConversationStatusOutcome::Unchanged(head) => (*head, None),
        SetConversationStatusOutcome::Changed(changed) => {
            let StatusChange { head, change, audience } = *changed;
            let conversation = Conversation::of(&head);
            let event = ServerEvent::ConversationUpdated { conversation, change: change.clone() }.to_text();
            app.fan_out(&audience, now, |_| Some(&event)).await;
            (head, Some(change))
        }
    };
    let own = app.store.own_cursors(&head, caller).await?;
    let head = head.with_cursors_of(caller, own);
    Reply::json(200, &ConversationUpdate { conversation: Conversation::seen_by(&head, caller), change })
}
