//! `POST /api/chat/bulk`: the same for many conversations. The ids of what it writes derive from the
//! id of the bulk action and the conversation. So a repeat of a request that got no answer writes
//! nothing twice.

use std::collections::HashSet;

use domain::{ConversationId, MessageId, Person, Text, Time};
use futures_util::{StreamExt, stream};
use protocol::{BulkAction, BulkAnswer, BulkRequest, BulkResult, Problem};
use runtime::{App, Failure, Reply, RestRequest};
use store::{DeskDraft, DeskOperation, Draft, LOOK_BACK};
use uuid::Uuid;

use crate::fill_in::fill_in;

/// The most conversations in a request.
const MAX_CONVERSATIONS: usize = 25;

/// The most conversations at once.
const MAX_CONCURRENT: usize = 8;

/// What to do with each conversation, checked.
enum Operation {
    Message(Text),
    OrderStatus(domain::OrderStatus),
    Status(domain::ConversationStatus),
    Desk(DeskOperation),
}

pub(crate) async fn bulk(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let by = &request.caller()?.person;
    let BulkRequest { id, conversation_ids, action } = request.body()?;
    if conversation_ids.is_empty() || conversation_ids.len() > MAX_CONVERSATIONS {
        return Err(Problem::invalid("conversationIds", &format!("must have 1 to {MAX_CONVERSATIONS} ids")).into());
    }
    let different: HashSet<&ConversationId> = conversation_ids.iter().collect();
    if different.len() < conversation_ids.len() {
        return Err(Problem::invalid("conversationIds", "must not have an id twice").into());
    }
    let operation = &operation(app, action, now).await?;

    let each = conversation_ids.into_iter().map(|conversation_id| async move {
        let done = one(app, &conversation_id, operation, id, by, now).await;
        let problem = done.err().map(Failure::into_problem);
        BulkResult { conversation_id, problem }
    });
    // Collected first, as in a fan-out.
    let each: Vec<_> = each.collect();
    let results = stream::iter(each).buffered(MAX_CONCURRENT).collect().await;
    Reply::json(200, &BulkAnswer { results })
}

async fn operation(app: &App, action: BulkAction, now: Time) -> Result<Operation, Failure> {
    let (message, order_status, status) = (action.message.clone(), action.order_status, action.status);
    let desk = action.desk_actions();
    Ok(match (message, order_status, status, desk.as_slice()) {
        (Some(message), None, None, []) => {
            domain::check_placeholders(&message.body)?;
            Operation::Message(Text::new(message.body)?)
        }
        (None, Some(status), None, []) => Operation::OrderStatus(status.to),
        (None, None, Some(status), []) => Operation::Status(status.to),
        (None, None, None, [action]) => Operation::Desk(operations::desk_operation(app, action.clone(), now).await?),
        _ => return Err(Problem::invalid("do", "must have exactly one field").into()),
    })
}

/// Does it for one conversation.
async fn one(
    app: &App,
    conversation_id: &ConversationId,
    operation: &Operation,
    bulk_id: Uuid,
    by: &Person,
    now: Time,
) -> Result<(), Failure> {
    let shared_id = conversation_id.shared_id().clone();
    let id = Uuid::new_v5(&bulk_id, shared_id.as_str().as_bytes());
    match operation {
        Operation::Message(body) => {
            let head = app.store.head(&shared_id).await?.ok_or_else(Problem::not_found)?;
            let draft = Draft {
                shared_id,
                sender: by.clone(),
                client_message_id: id,
                body: Text::new(fill_in(body.as_str(), &head, by))?,
                seen_seq: None,
                reply_to: None,
                expect_last: false,
                id: MessageId::from_random(runtime::random()),
                now,
            };
            operations::send(app, &draft, None).await.map(drop)
        }
        Operation::OrderStatus(to) => operations::change_order_status(app, &shared_id, *to, by, now).await.map(drop),
        Operation::Status(to) => {
            operations::set_conversation_status(app, &shared_id, *to, by, (id, LOOK_BACK), now).await.map(drop)
        }
        Operation::Desk(operation) => {
            let (by, operation) = (by.clone(), operation.clone());
            let draft = DeskDraft { shared_id, by, change_id: id, operation, seen_desk_seq: None, now };
            operations::add_to_desk(app, &draft).await.map(drop)
        }
    }
}
