//! `PATCH /api/chat/conversations/{id}`: an admin archives, closes or opens a conversation.

use domain::Time;
use protocol::{Conversation, ConversationUpdate, Problem, SetConversationStatus};
use runtime::{App, Failure, Reply, RestRequest};
use uuid::Uuid;

pub(crate) async fn set_status(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    if !caller.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let shared_id = request.shared_id("id")?;
    let SetConversationStatus { status } = request.body()?;

    let attempt = (Uuid::from_bytes(runtime::random()), 1);
    let (head, change) = operations::set_conversation_status(app, &shared_id, status, caller, attempt, now).await?;
    let own = app.store.own_cursors(&head, caller).await?;
    let head = head.with_cursors_of(caller, own);
    Reply::json(200, &ConversationUpdate { conversation: Conversation::seen_by(&head, caller), change })
}
