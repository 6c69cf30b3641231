//! `$connect`: a client opens a connection. API Gateway finishes the handshake when this function
//! answers.
//!
//! The authorizer has already consumed the ticket. The connection is stored under its user, and the
//! customer's presence is pushed to admins who joined one of their conversations.

use std::sync::Arc;

use runtime::{App, ConnectedCaller, Environment, Event, Failure, Function, Reply, SdkConfig, StartError};
use store::Connection;

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    match event {
        Event::Connect(connected) => connect(&app, connected).await,
        other => Err(Failure::unexpected(&other)),
    }
}

/// API Gateway's limit for the life of a connection, in seconds. A connection may end without a
/// `$disconnect` event.
const MAX_CONNECTION_SECONDS: i64 = 2 * 60 * 60;

async fn connect(app: &App, connected: ConnectedCaller) -> Result<Reply, Failure> {
    let person = connected.caller.person;
    let connection = Connection {
        id: connected.id,
        user_id: person.user_id,
        role: person.role,
        joined: None,
        joined_customer: None,
        connected_at: connected.connected_at,
        heard_at: Some(connected.connected_at),
        expires: connected.caller.token_expires.min(connected.connected_at.seconds() + MAX_CONNECTION_SECONDS),
    };
    app.store.register(&connection).await?;
    if let Err(error) = runtime::connection_opened(app, &connection, app.now()).await {
        // An error refuses the connection, and API Gateway sends no `$disconnect` for a refused
        // one. So its row is deleted here.
        runtime::connection_ended(app, &connection.user_id, connection.role, &connection.id, app.now(), app.now())
            .await;
        return Err(error.into());
    }
    Ok(Reply::Done)
}
