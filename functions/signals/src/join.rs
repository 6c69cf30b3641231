//! Joining a conversation: from then on this connection gets its messages as `new_message`, and hears who types.

use domain::{Time, Twin};
use protocol::{AckBody, Problem};
use runtime::{App, Failure, Link, Reply};
use store::Known;

pub(crate) async fn join(app: &App, link: &Link, twin: &Twin, now: Time) -> Result<Reply, Failure> {
    let person = &link.caller.person;
    let head = app.store.head(twin).await?;
    let head = head.filter(|head| head.has(person)).ok_or_else(Problem::not_found)?;

    let (joined, audience) = tokio::try_join!(
        app.store.join(person, &link.id, twin, &head.customer_id),
        app.store.audience(&head.customer_id)
    )?;
    if joined == Known::No {
        return Err(super::reconnect().into());
    }

    let conversation = runtime::with_presence(&head, &link.caller, &audience, now);
    Ok(Reply::ack(AckBody::Joined { conversation: Box::new(conversation) }))
}

pub(crate) async fn leave(app: &App, link: &Link, twin: &Twin) -> Result<Reply, Failure> {
    match app.store.leave(&link.caller.person, &link.id, twin).await? {
        Known::Yes => Ok(Reply::ack(AckBody::Done {})),
        Known::No => Err(super::reconnect().into()),
    }
}
