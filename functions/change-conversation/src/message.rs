//! `POST /api/chat/conversations/{id}/messages/{seq}/changes` and the action `change_message`: a
//! participant edits or deletes a message, or reacts to it.

use domain::{Change, ConversationId, Message, Person, SharedId, Text, Time};
use protocol::{AckBody, ChangeAnswer, ChangeFrame, ChangeRequest, Event as ServerEvent, Problem};
use runtime::{App, ConnectedCaller, Failure, Reply, RestRequest};
use store::{ChangeDraft, ChangeOutcome, MessageChange, NotChangeable};

pub(crate) async fn over_rest(app: &App, request: &RestRequest, edit_for_ms: i64, now: Time) -> Result<Reply, Failure> {
    let by = &request.caller()?.person;
    let (shared_id, seq) = (request.shared_id("id")?, request.seq()?);
    let draft = draft(shared_id, seq, by, request.body()?, edit_for_ms, now)?;

    let (change, message, duplicate) = change(app, &draft, None).await?;
    Reply::json(if duplicate { 200 } else { 201 }, &ChangeAnswer { change, message })
}

pub(crate) async fn over_websocket(
    app: &App,
    connected: &ConnectedCaller,
    frame: ChangeFrame,
    edit_for_ms: i64,
    now: Time,
) -> Result<Reply, Failure> {
    let id: ConversationId = frame.conversation_id.parse().map_err(|_| Problem::not_found())?;
    let ChangeFrame { seq, change_id, seen_seq, edit, delete, react, .. } = frame;
    let request = ChangeRequest { change_id, seen_seq, edit, delete, react };
    let draft = draft(id.shared_id().clone(), seq, &connected.caller.person, request, edit_for_ms, now)?;

    let (change, message, duplicate) = change(app, &draft, Some(&connected.id)).await?;
    Ok(Reply::ack(AckBody::Changed { change: Box::new(change), message: Box::new(message), duplicate }))
}

/// Stores and pushes a change. Returns it with the message as it is now, and true if an earlier
/// request had stored it. The connection `requester` gets no push, because it gets the
/// acknowledgement.
async fn change(app: &App, draft: &ChangeDraft, requester: Option<&str>) -> Result<(Change, Message, bool), Failure> {
    let (head, change, message, audience, duplicate) = match app.store.change_message(draft).await? {
        ChangeOutcome::Stored { head, change, message, audience, duplicate } => {
            (head, change, message, audience, duplicate)
        }
        ChangeOutcome::AlreadyStored { change, message } => return Ok((*change, *message, true)),
        ChangeOutcome::NotFound => return Err(Problem::not_found().into()),
        ChangeOutcome::NotAllowed => return Err(Problem::forbidden().into()),
        ChangeOutcome::NotChangeable(reason) => return Err(Problem::not_changeable(text_of(reason)).into()),
        ChangeOutcome::Closed => return Err(Problem::closed().into()),
        ChangeOutcome::RateLimited(milliseconds) => return Err(Problem::rate_limited(milliseconds).into()),
        ChangeOutcome::SeenSeqTooHigh => {
            return Err(Problem::invalid("seenSeq", "must not be higher than the conversation's last `seq`").into());
        }
    };

    // As for a message: a repeat of the last change is pushed again, because the request that stored
    // it may have failed before the push.
    let event = ServerEvent::MessageChanged {
        conversation_id: draft.shared_id.conversation_id(),
        change: (*change).clone(),
        message: (*message).clone(),
        last_seq: head.last_seq(),
    };
    let event = event.to_text();
    app.fan_out(&audience, draft.now, |connection| {
        (requester != Some(connection.id.as_str())).then_some(event.as_str())
    })
    .await;

    Ok((*change, *message, duplicate))
}

fn text_of(reason: NotChangeable) -> &'static str {
    match reason {
        NotChangeable::System => "A system message cannot be changed.",
        NotChangeable::Deleted => "The message was deleted.",
        NotChangeable::TooLate => "The time to edit this message is over.",
        NotChangeable::TooManyReactions => "The message has as many reactions as it can have.",
    }
}

fn draft(
    shared_id: SharedId,
    target: u64,
    by: &Person,
    request: ChangeRequest,
    edit_for_ms: i64,
    now: Time,
) -> Result<ChangeDraft, Problem> {
    let change = match (request.edit, request.delete, request.react) {
        (Some(edit), None, None) => MessageChange::Edit(Text::new(edit.body)?),
        (None, Some(_), None) => MessageChange::Delete,
        (None, None, Some(react)) => MessageChange::React { emoji: react.emoji, on: react.on },
        _ => return Err(Problem::invalid("body", "must have exactly one of `edit`, `delete` and `react`")),
    };
    let (change_id, seen_seq) = (request.change_id, request.seen_seq);
    Ok(ChangeDraft { shared_id, target, by: by.clone(), change_id, change, seen_seq, edit_for_ms, now })
}
