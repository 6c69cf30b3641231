//! Presence: admins who joined a conversation of a customer get an event when the customer connects
//! or disconnects.

use domain::{Head, Role, Time};
use protocol::{Conversation, Event, Shop};
use store::{Audience, Connection, Connections};

use crate::{App, Caller};

/// Deletes a connection that ended, and pushes the customer's presence if it was their last one.
/// Errors are only logged, because no client waits for the result.
pub async fn connection_ended(app: &App, user_id: &str, role: Role, connection_id: &str, ended_at: Time, now: Time) {
    let audience = match app.store.end_connection(user_id, role, connection_id, ended_at, now).await {
        Ok(audience) => audience,
        Err(error) => {
            tracing::error!(%error, connection_id, user_id, "the row of an ended connection could not be deleted");
            return;
        }
    };
    if role != Role::Customer || audience.customer.presence_of(user_id, now).online {
        return;
    }
    if !audience.shop.connections.iter().any(|connection| has_joined_conversation_of(connection, user_id)) {
        return;
    }
    push_presence_to_admins(app, &audience, user_id, Some(ended_at), now).await;
    // A connection that opened meanwhile may have been announced before this disconnect was.
    // Announce it again, so that the last event is right.
    match app.store.connections_of(user_id).await {
        Ok(connections) if connections.presence_of(user_id, now).online => {
            push_presence_to_admins(app, &audience, user_id, None, now).await;
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, user_id, "the presence of a customer could not be read"),
    }
}

/// Returns true if an admin's connection has joined a conversation of this customer.
fn has_joined_conversation_of(connection: &Connection, customer_id: &str) -> bool {
    connection.joined_customer.as_deref() == Some(customer_id)
}

/// Pushes to the admins that a customer is online, unless the customer has an older open
/// connection.
pub async fn connection_opened(app: &App, connection: &Connection, now: Time) -> Result<(), store::Error> {
    if connection.role != Role::Customer {
        return Ok(());
    }
    // Read after the connection is stored. Otherwise two connections that open at once, or one that
    // opens while another closes, could miss each other.
    let audience = app.store.audience(&connection.user_id).await?;
    let mut others =
        audience.customer.connections.iter().filter(|other| other.id != connection.id && other.is_online(now));
    if others.all(|other| (other.connected_at, &other.id) > (connection.connected_at, &connection.id)) {
        push_presence_to_admins(app, &audience, &connection.user_id, None, now).await;
    }
    Ok(())
}

async fn push_presence_to_admins(app: &App, audience: &Audience, customer_id: &str, left_at: Option<Time>, now: Time) {
    let event = Event::Presence {
        user_id: customer_id.to_owned(),
        role: Role::Customer,
        online: left_at.is_none(),
        last_seen_at: left_at,
    };
    let frame = event.to_text();
    let frame_for =
        |connection: &Connection| has_joined_conversation_of(connection, customer_id).then_some(frame.as_str());
    for gone in app.push_to_all(audience.shop.connections.iter(), now, frame_for).await.gone {
        if let Err(error) = app.store.end_connection(&gone.user_id, gone.role, &gone.id, now, now).await {
            tracing::error!(%error, connection_id = gone.id, "the row of an ended connection could not be deleted");
        }
    }
}

/// Whether any admin is online at `now`, as customers see it.
pub fn shop_presence(admins: &Connections, now: Time) -> Shop {
    let presence = admins.presence_of_any(now);
    Shop { online: presence.online, last_seen_at: presence.last_seen_at }
}

/// One conversation as `caller` sees it, with the presence of its participants at `now`.
pub fn with_presence(head: &Head, caller: &Caller, audience: &Audience, now: Time) -> Conversation {
    let mut conversation = Conversation::seen_by(head, &caller.person);
    for participant in &mut conversation.participants {
        let connections = if participant.role == Role::Admin { &audience.shop } else { &audience.customer };
        let presence = connections.presence_of(&participant.user_id, now);
        participant.online = Some(presence.online);
        participant.last_seen_at = presence.last_seen_at;
    }
    if !caller.person.is_admin() {
        conversation.shop = Some(shop_presence(&audience.shop, now));
    }
    conversation
}
