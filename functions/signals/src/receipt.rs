//! Receipts: moves a cursor forward and pushes the new position.

use domain::{Head, Person, SharedId, Time};
use protocol::{Event as ServerEvent, Problem, ReadAnswer};
use runtime::{App, ConnectedCaller, Failure};
use store::CursorMove;

/// Marks everything up to `seq` as read by `person`. The connection `requester` gets no push,
/// because it gets the answer.
pub(crate) async fn read(
    app: &App,
    person: &Person,
    requester: Option<&str>,
    shared_id: &SharedId,
    seq: u64,
    now: Time,
) -> Result<ReadAnswer, Failure> {
    let (head, moved) = head_and_moved(app.store.mark_read(shared_id, person, seq).await?)?;
    if moved {
        let event = ServerEvent::MessageRead {
            conversation_id: shared_id.conversation_id(),
            user_id: person.user_id.clone(),
            role: person.role,
            seq,
        };
        push_receipt(app, &head, person, requester, &event, now).await?;
    }
    Ok(ReadAnswer { read_seq: head.cursors(person).read, unread: head.unread(person) })
}

/// Marks everything up to `seq` as delivered to the caller. Returns the cursor's position.
pub(crate) async fn delivered(
    app: &App,
    connected: &ConnectedCaller,
    shared_id: &SharedId,
    seq: u64,
    now: Time,
) -> Result<u64, Failure> {
    let person = &connected.caller.person;
    let (head, moved) = head_and_moved(app.store.mark_delivered(shared_id, person, seq).await?)?;
    if moved {
        let event = ServerEvent::MessageDelivered {
            conversation_id: shared_id.conversation_id(),
            user_id: person.user_id.clone(),
            role: person.role,
            seq,
        };
        push_receipt(app, &head, person, Some(&connected.id), &event, now).await?;
    }
    Ok(head.cursors(person).delivered())
}

fn head_and_moved(outcome: CursorMove) -> Result<(Head, bool), Problem> {
    match outcome {
        CursorMove::Moved(head) => Ok((*head, true)),
        CursorMove::Unchanged(head) => Ok((*head, false)),
        CursorMove::SeqTooHigh => Err(Problem::invalid("seq", "must not be higher than the conversation's last `seq`")),
        CursorMove::NotFound => Err(Problem::not_found()),
    }
}

/// Pushes a receipt to the connections that joined the conversation, and to the user's own other
/// connections.
async fn push_receipt(
    app: &App,
    head: &Head,
    person: &Person,
    requester: Option<&str>,
    event: &ServerEvent,
    now: Time,
) -> Result<(), Failure> {
    let audience = app.store.audience(&head.customer_id).await?;
    let event = event.to_text();
    app.fan_out(&audience, now, |connection| {
        let is_receiver = connection.joined.as_ref() == Some(&head.shared_id) || connection.is_of(person);
        (is_receiver && !connection.is_named(requester, person)).then_some(event.as_str())
    })
    .await;
    Ok(())
}
