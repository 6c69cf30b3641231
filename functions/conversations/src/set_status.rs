//! `PATCH /api/chat/conversations/{id}`: an admin archives, closes or opens a conversation.

use domain::Time;
use protocol::{Conversation, ConversationAnswer, Event as ServerEvent, Problem, SetConversationStatus};
use runtime::{App, Failure, Reply, Rest};
use store::ConversationStatusSet;

pub(crate) async fn set_status(app: &App, request: &Rest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    if !caller.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let twin = request.twin("id")?;
    let SetConversationStatus { status } = request.body()?;

    let head = match app.store.set_conversation_status(&twin, status, caller).await? {
        ConversationStatusSet::NotFound => return Err(Problem::not_found().into()),
        ConversationStatusSet::Already(head) => head,
        ConversationStatusSet::Changed(head) => {
            let audience = app.store.audience(&head.customer_id).await?;
            let event = ServerEvent::ConversationUpdated { conversation: Conversation::of(&head) }.to_text();
            app.offer(&audience, now, |_| Some(&event)).await;
            head
        }
    };
    Reply::json(200, &ConversationAnswer { conversation: Conversation::seen_by(&head, caller) })
}
