//! Receipts: a cursor moves forward, and those who look at the conversation hear of it.

use domain::{Head, Person, Time, Twin};
use protocol::{Event as ServerEvent, Problem, ReadAnswer};
use runtime::{App, Failure, Link};
use store::{Connection, CursorMove};

/// `person` has read everything up to `seq`. The connection `asker` gets no push: it gets the answer.
pub(crate) async fn read(
    app: &App,
    person: &Person,
    asker: Option<&str>,
    twin: &Twin,
    seq: u64,
    now: Time,
) -> Result<ReadAnswer, Failure> {
    let (head, moved) = settled(app.store.read(twin, person, seq).await?)?;
    if moved {
        let event = ServerEvent::MessageRead {
            conversation_id: twin.conversation_id(),
            user_id: person.user_id.clone(),
            role: person.role,
            seq,
        };
        tell(app, &head, person, asker, &event, now).await?;
    }
    Ok(ReadAnswer { read_seq: head.cursors(person).read, unread: head.unread(person) })
}

/// Everything up to `seq` has reached the caller; answers where the cursor stands.
pub(crate) async fn delivered(app: &App, link: &Link, twin: &Twin, seq: u64, now: Time) -> Result<u64, Failure> {
    let person = &link.caller.person;
    let (head, moved) = settled(app.store.delivered(twin, person, seq).await?)?;
    if moved {
        let event = ServerEvent::MessageDelivered {
            conversation_id: twin.conversation_id(),
            user_id: person.user_id.clone(),
            role: person.role,
            seq,
        };
        tell(app, &head, person, Some(&link.id), &event, now).await?;
    }
    Ok(head.cursors(person).delivered())
}

fn settled(outcome: CursorMove) -> Result<(Head, bool), Problem> {
    match outcome {
        CursorMove::Moved(head) => Ok((*head, true)),
        CursorMove::Stands(head) => Ok((*head, false)),
        CursorMove::TooFar => Err(Problem::invalid("seq", "is past the conversation's last message")),
        CursorMove::NotFound => Err(Problem::not_found()),
    }
}

/// To those who have joined, and to the reader's own other connections.
async fn tell(
    app: &App,
    head: &Head,
    person: &Person,
    asker: Option<&str>,
    event: &ServerEvent,
    now: Time,
) -> Result<(), Failure> {
    let audience = app.store.audience(&head.customer_id).await?;
    let event = event.to_text();
    let own = |connection: &Connection| connection.user_id == person.user_id && connection.role == person.role;
    app.offer(&audience, now, |connection| {
        let hears = connection.joined.as_ref() == Some(&head.twin) || own(connection);
        (hears && asker != Some(connection.id.as_str())).then_some(event.as_str())
    })
    .await;
    Ok(())
}
