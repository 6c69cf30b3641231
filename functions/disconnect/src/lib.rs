//! `$disconnect`: a connection has ended. Best effort on AWS: what is missed here, a push that finds it gone makes up for.
//! And the way for admins to end somebody's connections.

mod close_all;

use std::sync::Arc;

use runtime::{App, Environment, Event, Failure, Function, Reply, SdkConfig, StartError};

/// Makes the function from its environment.
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
