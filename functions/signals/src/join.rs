//! Joining a conversation: from then on this connection gets its messages as `new_message`, and hears who types.

use domain::{Time, Twin};
use protocol::{AckBody, Problem};
use runtime::{App, Failure, Link, Reply};
use store::Known;

pub(crate) async fn join(app: &App, link: &Link, twin: &Twin, now: Time) -> Result<Reply, Failure> {
    let person = &link.caller.person;
    let head = app.store.head(twin).await?;
    let head = head.filter(|head| head.has(person)).ok_or_else(Problem::not_found)?;

    if app.store.join(person, &link.id, twin, &head.customer_id).await? == Known::No {
        return Err(super::reconnect().into());
    }

    // Read again now that this connection hears of every change: a receipt between the first look and the join is in neither
    // the one nor the other.
    let (head, audience) = tokio::try_join!(app.store.head(twin), app.store.audience(&head.customer_id))?;
    let head = head.ok_or_else(|| Failure::internal("a conversation that vanished"))?;
    let conversation = runtime::with_presence(&head, &link.caller, &audience, now);
    Ok(Reply::ack(AckBody::Joined { conversation: Box::new(conversation) }))
}

pub(crate) async fn leave(app: &App, link: &Link, twin: &Twin) -> Result<Reply, Failure> {
    match app.store.leave(&link.caller.person, &link.id, twin).await? {
        Known::Yes => Ok(Reply::ack(AckBody::Done {})),
        Known::No => Err(super::reconnect().into()),
    }
}
