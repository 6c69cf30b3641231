//! Joining a conversation: the connection then gets its messages as `new_message`, and its typing
//! events.

use domain::{SharedId, Time};
use protocol::{AckBody, Problem};
use runtime::{App, ConnectedCaller, Failure, Reply};
use store::ConnectionStatus;

pub(crate) async fn join(
    app: &App,
    connected: &ConnectedCaller,
    shared_id: &SharedId,
    now: Time,
) -> Result<Reply, Failure> {
    let person = &connected.caller.person;
    let head = app.store.head(shared_id).await?;
    let before = head.filter(|head| head.has_participant(person)).ok_or_else(Problem::not_found)?;

    if app.store.join(person, &connected.id, shared_id, &before.customer_id, now).await? == ConnectionStatus::Missing {
        return Err(Problem::reconnect().into());
    }

    // Read again after the join. A receipt between the first read and the join is not in the first
    // head and was not pushed to this connection. A receipt of the caller was pushed to it. So the
    // caller's own cursors of the first head are enough.
    let (head, audience, own, sla) = tokio::try_join!(
        app.store.head(shared_id),
        app.store.audience(&before.customer_id),
        app.store.own_cursors(&before, person),
        app.sla_for(person),
    )?;
    let head = head.ok_or_else(|| Failure::internal("the conversation was found before the join, but not after it"))?;
    let head = head.with_cursors_of(person, own).with_cursors_of(person, before.cursors(person));
    let conversation = runtime::with_presence(&head, &connected.caller, &audience, now);
    let conversation = conversation.with_sla(sla.clocks(&head, now));
    Ok(Reply::ack(AckBody::Joined { conversation: Box::new(conversation), connection_id: connected.id.clone() }))
}

pub(crate) async fn leave(app: &App, connected: &ConnectedCaller, shared_id: &SharedId) -> Result<Reply, Failure> {
    match app.store.leave(&connected.caller.person, &connected.id, shared_id).await? {
        ConnectionStatus::Exists => Ok(Reply::ack(AckBody::Done {})),
        ConnectionStatus::Missing => Err(Problem::reconnect().into()),
    }
}
