//! `PATCH /api/chat/conversations/{id}`: an admin archives, closes or opens a conversation.

use domain::Time;
use protocol::{Conversation, ConversationAnswer, Event as ServerEvent, Problem, SetConversationStatus};
use runtime::{App, Failure, Reply, RestRequest};
use store::SetConversationStatusOutcome;

pub(crate) async fn set_status(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    if !caller.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let shared_id = request.shared_id("id")?;
    let SetConversationStatus { status } = request.body()?;

    let head = match app.store.set_conversation_status(&shared_id, status).await? {
        SetConversationStatusOutcome::NotFound => return Err(Problem::not_found().into()),
        SetConversationStatusOutcome::Unchanged(head) => head,
        SetConversationStatusOutcome::Changed(head) => {
            let audience = app.store.audience(&head.customer_id).await?;
            let event = ServerEvent::ConversationUpdated { conversation: Conversation::of(&head) }.to_text();
            app.fan_out(&audience, now, |_| Some(&event)).await;
            head
        }
    };
    let own = app.store.own_cursors(&head, caller).await?;
    let head = head.with_cursors_of(caller, own);
    Reply::json(200, &ConversationAnswer { conversation: Conversation::seen_by(&head, caller) })
}
