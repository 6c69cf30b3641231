//! Typing events: two reads and no write each. They go only to connections that joined the
//! conversation.

use domain::{SharedId, Time};
use protocol::{AckBody, Event as ServerEvent, Problem};
use runtime::{App, ConnectedCaller, Failure, Reply};
use store::Audience;

/// How long a client shows the typing indicator, in milliseconds, unless the event is repeated.
/// Clients repeat it at most every 3 s.
const EXPIRES_IN_MS: u64 = 5_000;

pub(crate) async fn typing(
    app: &App,
    connected: &ConnectedCaller,
    shared_id: &SharedId,
    starts: bool,
    now: Time,
) -> Result<Reply, Failure> {
    let person = &connected.caller.person;
    let audience = audience(app, connected).await?;
    let own = audience.connections().find(|connection| connection.id == connected.id).ok_or_else(Problem::reconnect)?;
    if own.joined.as_ref() != Some(shared_id) {
        // The conversation was not read, so the answer does not reveal whether it exists or who it
        // belongs to.
        return Err(Problem::invalid("conversationId", "must be joined first, with join_conversation").into());
    }

    let conversation_id = shared_id.conversation_id();
    let (user_id, role, name) = (person.user_id.clone(), person.role, person.name.clone());
    let event = if starts {
        ServerEvent::UserTyping { conversation_id, user_id, role, name, expires_in_ms: EXPIRES_IN_MS }
    } else {
        ServerEvent::UserStoppedTyping { conversation_id, user_id, role, name }
    };
    let event = event.to_text();
    app.fan_out(&audience, now, |connection| {
        (connection.joined.as_ref() == Some(shared_id) && !connection.is_of(person)).then_some(event.as_str())
    })
    .await;
    Ok(Reply::ack(AckBody::Done {}))
}

/// The connections that may have joined the caller's conversation. For an admin, the row of the
/// connection has the customer's id.
async fn audience(app: &App, connected: &ConnectedCaller) -> Result<Audience, Failure> {
    let person = &connected.caller.person;
    if !person.is_admin() {
        return Ok(app.store.audience(&person.user_id).await?);
    }
    let shop = app.store.admin_connections().await?;
    let own = shop.connections.iter().find(|connection| connection.id == connected.id);
    let customer = match own.and_then(|own| own.joined_customer.as_deref()) {
        Some(customer_id) => app.store.connections_of(customer_id).await?,
        None => store::Connections::default(),
    };
    Ok(Audience { customer, shop })
}
