//! Sends a message, over REST or WebSocket.
//!
//! This is `POST /api/chat/conversations/{id}/messages` and the `send_message` action. A message is
//! stored, then pushed, then acknowledged. Only a stored message is pushed, so none disappears
//! later. The acknowledgement means that a push to every open connection was attempted. See
//! `docs/sending-a-message.md`.

use std::sync::Arc;

use domain::{ConversationId, MessageId, Person, SharedId, Text, Time};
use protocol::{AckBody, Action, MessageAnswer, MessageRequest, Problem, SendFrame};
use runtime::{App, Environment, Event, Failure, Function, Reply, RestRequest, SdkConfig, SocketFrame, StartError};
use store::Draft;

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    match event {
        Event::Rest(request) => over_rest(&app, &request, app.now()).await,
        Event::Frame(SocketFrame { connected, action: Action::SendMessage(frame) }) => {
            over_websocket(&app, &connected.caller.person, &connected.id, frame, app.now()).await
        }
        other => Err(Failure::unexpected(&other)),
    }
}

async fn over_rest(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let sender = &request.caller()?.person;
    let shared_id = request.shared_id("id")?;
    let mut request: MessageRequest = request.body()?;
    let connection_id = request.connection_id.take();
    let draft = draft(shared_id, sender, request, now)?;

    let (message, duplicate) = operations::send(app, &draft, connection_id.as_deref()).await?;
    Reply::json(if duplicate { 200 } else { 201 }, &MessageAnswer { message })
}

async fn over_websocket(
    app: &App,
    sender: &Person,
    connection_id: &str,
    frame: SendFrame,
    now: Time,
) -> Result<Reply, Failure> {
    let id: ConversationId = frame.conversation_id.parse().map_err(|_| Problem::not_found())?;
    let SendFrame { client_message_id, body, seen_seq, reply_to, expect_last, .. } = frame;
    let request = MessageRequest { client_message_id, body, seen_seq, reply_to, expect_last, connection_id: None };
    let draft = draft(id.shared_id().clone(), sender, request, now)?;

    let (message, duplicate) = operations::send(app, &draft, Some(connection_id)).await?;
    Ok(Reply::ack(AckBody::Sent { message: Box::new(message), duplicate }))
}

fn draft(shared_id: SharedId, sender: &Person, request: MessageRequest, now: Time) -> Result<Draft, Problem> {
    let expect_last = request.expect_last.unwrap_or(false);
    if expect_last && request.seen_seq.is_none() {
        return Err(Problem::invalid("expectLast", "needs `seenSeq`"));
    }
    Ok(Draft {
        shared_id,
        sender: sender.clone(),
        client_message_id: request.client_message_id,
        body: Text::new(request.body)?,
        seen_seq: request.seen_seq,
        reply_to: request.reply_to,
        expect_last,
        id: MessageId::from_random(runtime::random()),
        now,
    })
}
