//! Joining, typing, receipts and pings.
//!
//! This is `$default` of the WebSocket API, and `POST /api/chat/conversations/{id}/read` for
//! clients without a WebSocket.

mod join;
mod ping;
mod receipt;
mod typing;

use std::sync::Arc;

use domain::{ConversationId, SharedId, Time};
use protocol::{AckBody, Action, Problem, ReadAnswer, ReadRequest};
use runtime::{App, Environment, Event, Failure, Function, Reply, RestRequest, SdkConfig, SocketFrame, StartError};

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    let now = app.now();
    match event {
        Event::Rest(request) => read_over_rest(&app, &request, now).await,
        Event::Frame(SocketFrame { connected, action }) => match action {
            Action::JoinConversation(frame) => {
                join::join(&app, &connected, &shared_id(&frame.conversation_id)?, now).await
            }
            Action::LeaveConversation(frame) => {
                join::leave(&app, &connected, &shared_id(&frame.conversation_id)?).await
            }
            Action::TypingStart(frame) => {
                typing::typing(&app, &connected, &shared_id(&frame.conversation_id)?, true, now).await
            }
            Action::TypingStop(frame) => {
                typing::typing(&app, &connected, &shared_id(&frame.conversation_id)?, false, now).await
            }
            Action::MessageDelivered(frame) => {
                let shared_id = shared_id(&frame.conversation_id)?;
                let delivered_seq = receipt::delivered(&app, &connected, &shared_id, frame.seq, now).await?;
                Ok(Reply::ack(AckBody::Delivered { delivered_seq }))
            }
            Action::MessageRead(frame) => {
                let shared_id = shared_id(&frame.conversation_id)?;
                let person = &connected.caller.person;
                let ReadAnswer { read_seq, unread } =
                    receipt::read(&app, person, Some(&connected.id), &shared_id, frame.seq, now).await?;
                Ok(Reply::ack(AckBody::Read { read_seq, unread }))
            }
            Action::Ping(frame) => ping::ping(&app, &connected, frame.as_of, now).await,
            // API Gateway routes these actions to other functions, unless their routes are missing in
            // the template.
            Action::SendMessage(_) | Action::ChangeMessage(_) => {
                Err(Failure::internal("the template has no route for this action"))
            }
        },
        other => Err(Failure::unexpected(&other)),
    }
}

async fn read_over_rest(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let person = &request.caller()?.person;
    let shared_id = request.shared_id("id")?;
    let ReadRequest { seq } = request.body()?;
    Reply::json(200, &receipt::read(app, person, None, &shared_id, seq, now).await?)
}

/// Parses a conversation id. Text that is not an id gives `not_found`, the same answer as for an id
/// that does not exist.
fn shared_id(conversation_id: &str) -> Result<SharedId, Problem> {
    let id: Result<ConversationId, _> = conversation_id.parse();
    id.map(|id| id.shared_id().clone()).map_err(|_| Problem::not_found())
}
