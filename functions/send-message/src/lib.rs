//! Sending a message: one operation, two doors.
//!
//! `POST /api/chat/conversations/{id}/messages` and the `send_message` action. The message is stored, then pushed, then
//! acknowledged, in this order: nobody is shown what could still vanish, and an acknowledgement means that everyone who was
//! there has been offered it. `docs/sending-a-message.md` tells the whole way.

use std::sync::Arc;

use domain::{ConversationId, MessageId, Person, Text, Time, Twin};
use protocol::{AckBody, Action, Event as ServerEvent, MessageAnswer, MessageRequest, Problem, SendFrame};
use runtime::{App, Environment, Event, Failure, Function, Reply, Rest, SdkConfig, SocketFrame, StartError};
use store::{Draft, Sent};

/// Makes the function from its environment.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    match event {
        Event::Rest(request) => over_rest(&app, &request, app.now()).await,
        Event::Frame(SocketFrame { link, action: Action::SendMessage(frame) }) => {
            over_websocket(&app, &link.caller.person, &link.id, frame, app.now()).await
        }
        other => Err(Failure::unexpected(&other)),
    }
}

async fn over_rest(app: &App, request: &Rest, now: Time) -> Result<Reply, Failure> {
    let sender = &request.caller()?.person;
    let twin = request.twin("id")?;
    let MessageRequest { client_message_id, body, seen_seq } = request.body()?;
    let draft = draft(twin, sender, client_message_id, body, seen_seq, now)?;

    let (message, duplicate) = send(app, &draft, None).await?;
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
    let draft = draft(id.twin().clone(), sender, frame.client_message_id, frame.body, frame.seen_seq, now)?;

    let (message, duplicate) = send(app, &draft, Some(connection_id)).await?;
    Ok(Reply::ack(AckBody::Sent { message: Box::new(message), duplicate }))
}

/// Stores and pushes; answers the message and whether an earlier request stored it. The connection `asker` gets no push: it
/// gets the acknowledgement.
async fn send(app: &App, draft: &Draft, asker: Option<&str>) -> Result<(domain::Message, bool), Failure> {
    let (head, audience, duplicate) = match app.store.send(draft).await? {
        Sent::Stored { head, audience, duplicate } => (head, audience, duplicate),
        Sent::Known(message) => return Ok((*message, true)),
        Sent::NotFound => return Err(Problem::not_found().into()),
        Sent::Closed => return Err(Problem::closed().into()),
        Sent::Limited(milliseconds) => return Err(Problem::rate_limited(milliseconds).into()),
        Sent::SeenTooFar => {
            return Err(Problem::invalid("seenSeq", "is past the conversation's last message").into());
        }
    };
    let message = head.last.message;
    let conversation_id = head.twin.conversation_id();

    // Also for a repeat, as long as it is the last: the request that stored it may have died before it pushed.
    let joined = ServerEvent::NewMessage { conversation_id: conversation_id.clone(), message: message.clone() };
    let others = ServerEvent::OrderMessageUpdate {
        conversation_id,
        order: head.order,
        message: message.clone(),
        last_seq: message.seq,
    };
    let (joined, others) = (joined.to_text(), others.to_text());
    app.offer(&audience, draft.now, |connection| match &connection.joined {
        _ if asker == Some(connection.id.as_str()) => None,
        Some(twin) if *twin == draft.twin => Some(&joined),
        _ => Some(&others),
    })
    .await;

    Ok((message, duplicate))
}

fn draft(
    twin: Twin,
    sender: &Person,
    client_message_id: uuid::Uuid,
    body: String,
    seen_seq: Option<u64>,
    now: Time,
) -> Result<Draft, Problem> {
    Ok(Draft {
        twin,
        sender: sender.clone(),
        client_message_id,
        body: Text::new(body)?,
        seen_seq,
        id: MessageId::from_random(runtime::random()),
        now,
    })
}
