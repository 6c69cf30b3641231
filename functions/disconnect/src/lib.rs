//! `$disconnect`: a connection has ended. AWS sends this event on a best-effort basis. If it is
//! missing, the connection's row is deleted when a push gets a 410.
//!
//! Admins can also close all connections of a user.

mod close_all;

use std::sync::Arc;

use runtime::{App, Environment, Event, Failure, Function, Reply, SdkConfig, StartError};

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    match event {
        Event::Disconnect { connected, ended_at } => {
            let person = &connected.caller.person;
            runtime::connection_ended(&app, &person.user_id, person.role, &connected.id, ended_at, app.now()).await;
            Ok(Reply::Done)
        }
        Event::Rest(request) => close_all::close_all(&app, &request, app.now()).await,
        other => Err(Failure::unexpected(&other)),
    }
}
