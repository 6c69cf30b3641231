//! `$connect`: a client has a ticket, and the gateway holds its handshake until this answers.
//!
//! The authorizer has consumed the ticket by now. The connection is remembered under its user, and admins who look at one of
//! the customer's conversations hear that they came.

use std::sync::Arc;

use runtime::{App, ConnectedCaller, Environment, Event, Failure, Function, Reply, SdkConfig, StartError};
use store::Connection;

/// Makes the function from its environment.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    match event {
        Event::Connect(connected) => connect(&app, connected).await,
        other => Err(Failure::unexpected(&other)),
    }
}

/// What API Gateway lets a connection live, in seconds: then it is gone, whether we hear of it or not.
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
        // It is refused then, and nobody will ever say that it ended.
        runtime::connection_ended(app, &connection.user_id, connection.role, &connection.id, app.now(), app.now())
            .await;
        return Err(error.into());
    }
    Ok(Reply::Done)
}
