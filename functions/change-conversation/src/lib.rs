//! Changes a conversation other than by a message: edits and deletes messages, adds and removes
//! reactions, archives, closes and opens conversations, and writes into the shop's log.
//!
//! A change is stored, then pushed, then answered, as a message is. See
//! `docs/changing-a-conversation.md`.

mod desk;
mod message;
mod status;

use std::sync::Arc;

use protocol::Action;
use runtime::{App, Environment, Event, Failure, Function, Reply, SdkConfig, SocketFrame, StartError};

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    // How long the sender may edit a message.
    let edit_for_ms = i64::from(environment.number::<u32>("EDIT_MINUTES")?) * 60_000;
    Ok(runtime::serve(App::start(environment, sdk)?, move |app, event| handle(app, event, edit_for_ms)))
}

async fn handle(app: Arc<App>, event: Event, edit_for_ms: i64) -> Result<Reply, Failure> {
    match event {
        Event::Rest(request) => match request.route.as_str() {
            "POST /api/chat/conversations/{id}/messages/{seq}/changes" => {
                message::over_rest(&app, &request, edit_for_ms, app.now()).await
            }
            "PATCH /api/chat/conversations/{id}" => status::set_status(&app, &request, app.now()).await,
            "POST /api/chat/conversations/{id}/desk" => desk::add(&app, &request, app.now()).await,
            _ => Err(Failure::unexpected(&Event::Rest(request))),
        },
        Event::Frame(SocketFrame { connected, action: Action::ChangeMessage(frame) }) => {
            message::over_websocket(&app, &connected, frame, edit_for_ms, app.now()).await
        }
        other => Err(Failure::unexpected(&other)),
    }
}
