//! Conversations: the inbox, one conversation, its history and the search in it, the shop's log, and
//! tickets for WebSocket connections.

mod desk;
mod history;
mod inbox;
mod message_search;
mod ticket;

use std::sync::Arc;

use domain::Time;
use protocol::{ConversationAnswer, Health, Problem};
use runtime::{App, Environment, Event, Failure, Function, Reply, RestRequest, SdkConfig, StartError};

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    let Event::Rest(request) = &event else { return Err(Failure::unexpected(&event)) };
    match request.route.as_str() {
        "GET /api/chat/conversations" => inbox::inbox(&app, request, app.now()).await,
        "GET /api/chat/conversations/{id}" => get_conversation(&app, request, app.now()).await,
        "GET /api/chat/conversations/{id}/desk" => desk::desk(&app, request).await,
        "GET /api/chat/conversations/{id}/messages" => history::history(&app, request).await,
        "GET /api/chat/conversations/{id}/search" => message_search::search(&app, request).await,
        "POST /api/chat/ticket" => ticket::ticket(&app, request, app.now()).await,
        "GET /api/health" => health(),
        _ => Err(Failure::unexpected(&event)),
    }
}

async fn get_conversation(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = request.caller()?;
    let head = app.store.head(&request.shared_id("id")?).await?;
    let head = head.filter(|head| head.has_participant(&caller.person)).ok_or_else(Problem::not_found)?;
    let (audience, own, sla) = tokio::try_join!(
        app.store.audience(&head.customer_id),
        app.store.own_cursors(&head, &caller.person),
        app.sla_for(&caller.person),
    )?;
    let head = head.with_cursors_of(&caller.person, own);
    let conversation = runtime::with_presence(&head, caller, &audience, now).with_sla(sla.clocks(&head, now));
    Reply::json(200, &ConversationAnswer { conversation })
}

fn health() -> Result<Reply, Failure> {
    Reply::json(200, &Health { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() })
}
