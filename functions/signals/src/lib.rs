//! What is said about a conversation without a word in it: joining, typing, receipts, and whether the other side is there.
//!
//! `$default` of the WebSocket API, and `POST /api/chat/conversations/{id}/read` for those who have no WebSocket.

mod join;
mod receipt;
mod typing;

use std::sync::Arc;

use domain::{ConversationId, Time, Twin};
use protocol::{AckBody, Action, Problem, ReadAnswer, ReadRequest};
use runtime::{App, Environment, Event, Failure, Function, Link, Reply, Rest, SdkConfig, SocketFrame, StartError};

/// Makes the function from its environment.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    let now = app.now();
    match event {
        Event::Rest(request) => read_over_rest(&app, &request, now).await,
        Event::Frame(SocketFrame { link, action }) => match action {
            Action::JoinConversation(frame) => join::join(&app, &link, &twin(&frame.conversation_id)?, now).await,
            Action::LeaveConversation(frame) => join::leave(&app, &link, &twin(&frame.conversation_id)?).await,
            Action::TypingStart(frame) => typing::typing(&app, &link, &twin(&frame.conversation_id)?, true, now).await,
            Action::TypingStop(frame) => typing::typing(&app, &link, &twin(&frame.conversation_id)?, false, now).await,
            Action::MessageDelivered(frame) => {
                let twin = twin(&frame.conversation_id)?;
                let delivered_seq = receipt::delivered(&app, &link, &twin, frame.seq, now).await?;
                Ok(Reply::ack(AckBody::Delivered { delivered_seq }))
            }
            Action::MessageRead(frame) => {
                let twin = twin(&frame.conversation_id)?;
                let person = &link.caller.person;
                let ReadAnswer { read_seq, unread } =
                    receipt::read(&app, person, Some(&link.id), &twin, frame.seq, now).await?;
                Ok(Reply::ack(AckBody::Read { read_seq, unread }))
            }
            Action::Ping {} => ping(&app, &link, now).await,
            // The gateway routes it to another function; with a `$default` of its own that it lacks, it would come here.
            Action::SendMessage(_) => Err(Failure::internal("send_message has a route of its own")),
        },
        other => Err(Failure::unexpected(&other)),
    }
}

async fn read_over_rest(app: &App, request: &Rest, now: Time) -> Result<Reply, Failure> {
    let person = &request.caller()?.person;
    let twin = request.twin("id")?;
    let ReadRequest { seq } = request.body()?;
    Reply::json(200, &receipt::read(app, person, None, &twin, seq, now).await?)
}

/// The client's heartbeat; a customer also learns whether the shop is there.
async fn ping(app: &App, link: &Link, now: Time) -> Result<Reply, Failure> {
    let shop = if link.caller.person.is_admin() { None } else { Some(runtime::shop(&app.store.shop().await?, now)) };
    Ok(Reply::ack(AckBody::Pong { server_time: now, shop }))
}

/// What is no id is not found, like one of nobody.
fn twin(conversation_id: &str) -> Result<Twin, Problem> {
    let id: Result<ConversationId, _> = conversation_id.parse();
    id.map(|id| id.twin().clone()).map_err(|_| Problem::not_found())
}

/// The server does not know the connection any more.
fn reconnect() -> Problem {
    Problem::new(protocol::Code::Reconnect, "This connection is no longer known: open a new one.")
}
