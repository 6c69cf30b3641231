//! Sends a message.

use protocol::{Event, Problem};
use runtime::{App, Failure};
use store::{Draft, SendOutcome};

/// Stores and pushes a message. Returns the message, and true if an earlier request had stored it.
/// The sender's connection `requester` gets no push, because its client gets the answer.
pub async fn send(app: &App, draft: &Draft, requester: Option<&str>) -> Result<(domain::Message, bool), Failure> {
    let (head, audience, duplicate) = match app.store.send(draft).await? {
        SendOutcome::Stored { head, audience, duplicate } => (head, audience, duplicate),
        SendOutcome::AlreadyStored(message) => return Ok((*message, true)),
        SendOutcome::NotFound => return Err(Problem::not_found().into()),
        SendOutcome::Closed => return Err(Problem::closed().into()),
        SendOutcome::RateLimited(milliseconds) => return Err(Problem::rate_limited(milliseconds).into()),
        SendOutcome::SeenSeqTooHigh => {
            return Err(Problem::invalid("seenSeq", "must not be higher than the conversation's last `seq`").into());
        }
        SendOutcome::Overtaken(by) => return Err(Problem::overtaken(*by).into()),
        SendOutcome::NoSuchReplyTo => {
            return Err(
                Problem::invalid("replyTo", "must be a message of this conversation that is not deleted").into()
            );
        }
    };
    let message = head.last_message;
    let conversation_id = head.shared_id.conversation_id();

    // A repeat of the last message is pushed again: the request that stored it may have failed
    // before the push.
    let joined = Event::NewMessage { conversation_id: conversation_id.clone(), message: message.clone() };
    let others = Event::OrderMessageUpdate {
        conversation_id,
        order: head.order,
        message: message.clone(),
        last_seq: message.seq,
    };
    let (joined, others) = (joined.to_text(), others.to_text());
    app.fan_out(&audience, draft.now, |connection| match &connection.joined {
        _ if connection.is_named(requester, &draft.sender) => None,
        Some(shared_id) if *shared_id == draft.shared_id => Some(&joined),
        _ => Some(&others),
    })
    .await;

    Ok((message, duplicate))
}
