//! A WebSocket client that keeps the frames it receives.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{Change, Message};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use protocol::{Code, Conversation, Event, ReadAnswer, Shop};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, watch};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long a test waits for a frame before it fails, also on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One WebSocket connection.
pub struct Client {
    who: String,
    sink: Mutex<SplitSink<Socket, Frame>>,
    inbox: watch::Sender<Inbox>,
    requests: AtomicU64,
    connection_id: OnceLock<String>,
    reader: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Inbox {
    /// Frames with an `event` that are not answers to requests.
    events: Vec<Value>,
    /// Answers by `requestId`. More than one answer to a request is an error.
    answers: HashMap<String, Vec<Value>>,
    /// Frames without an `event`, sent by the gateway itself.
    noise: Vec<String>,
    /// The close code once the socket is closed; 1006 without one.
    closed: Option<u16>,
}

/// An `error` that answered a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// The error code.
    pub code: Code,
    /// The message for people.
    pub message: String,
    /// How many milliseconds to wait, with `rate_limited`.
    pub retry_after_ms: Option<i64>,
    /// The newest answer of another admin, with `overtaken`.
    pub overtaken_by: Option<Box<Message>>,
}

/// The `ack` of `send_message`.
#[derive(Clone, Debug, Deserialize)]
pub struct Sent {
    /// The stored message.
    pub message: Message,
    /// Whether an earlier request had stored the message.
    pub duplicate: bool,
}

/// The `ack` of `change_message`.
#[derive(Clone, Debug, Deserialize)]
pub struct Changed {
    /// The stored change.
    pub change: Change,
    /// The message as it is now.
    pub message: Message,
    /// Whether an earlier request had stored the change.
    pub duplicate: bool,
}

/// The `ack` of `message_delivered`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The cursor after the request.
    pub delivered_seq: u64,
}

impl Client {
    /// Connects to `url`; `who` is used in failure messages.
    pub async fn open(who: &str, url: &str) -> Self {
        let (socket, _) = tokio_tungstenite::connect_async(url)
            .await
            .unwrap_or_else(|error| panic!("{who} could not connect to {url}: {error}"));
        let (sink, stream) = socket.split();
        let (inbox, _) = watch::channel(Inbox::default());
        let reader = tokio::spawn(read(stream, inbox.clone()));
        Self {
            who: who.to_owned(),
            sink: Mutex::new(sink),
            inbox,
            requests: AtomicU64::new(1),
            connection_id: OnceLock::new(),
            reader,
        }
    }

    /// Sends a text frame.
    pub async fn send_text(&self, text: impl Into<String>) {
        let text = text.into();
        let sent = self.sink.lock().await.send(Frame::text(text.clone())).await;
        sent.unwrap_or_else(|error| panic!("{} could not send {text}: {error}", self.who));
    }

    /// Sends a frame with a new `requestId` and waits for its answer.
    pub async fn request(&self, action: &str, fields: Value) -> Result<Value, Refused> {
        let (id, frame) = self.ask(action, fields).await;
        outcome(self.answer_to(&id, &frame).await)
    }

    /// Sends a frame with a new `requestId`. Returns that id and the frame.
    async fn ask(&self, action: &str, fields: Value) -> (String, String) {
        let id = format!("r{}", self.requests.fetch_add(1, Ordering::Relaxed));
        let mut frame = fields;
        frame["action"] = action.into();
        frame["requestId"] = id.as_str().into();
        let frame = frame.to_string();
        self.send_text(frame.clone()).await;
        (id, frame)
    }

    /// Waits for the answer to the request `id`. Panics if there is more than one.
    pub async fn answer_to(&self, id: &str, what: &str) -> Value {
        let asked = format!("an answer to {what}");
        self.wait_until(&asked, |inbox| inbox.answers.contains_key(id)).await;
        let answers = self.inbox.borrow().answers[id].clone();
        assert_eq!(answers.len(), 1, "{}: more than one answer to {what}: {answers:?}", self.who);
        typed(&answers[0]);
        answers[0].clone()
    }

    /// Like [`Self::request`], for a request that must succeed. Returns the answer as a `T`.
    pub async fn done<T: serde::de::DeserializeOwned>(&self, action: &str, fields: Value) -> T {
        let answer = self.request(action, fields.clone()).await;
        let ack = answer.unwrap_or_else(|refused| panic!("{}: {action} {fields}: {refused:?}", self.who));
        serde_json::from_value(ack.clone()).unwrap_or_else(|error| panic!("{}: {action}: {error}: {ack}", self.who))
    }

    /// Like [`Self::request`], for a request that must fail with `code`.
    pub async fn refused(&self, action: &str, fields: Value, code: Code) -> Refused {
        match self.request(action, fields.clone()).await {
            Err(refused) if refused.code == code => refused,
            other => panic!("{}: {action} {fields}: expected {code:?}, got {other:?}", self.who),
        }
    }

    /// Joins a conversation.
    pub async fn join(&self, id: impl Display) -> Conversation {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Joined {
            conversation: Conversation,
            connection_id: String,
        }
        let joined: Joined = self.done("join_conversation", in_conversation(id)).await;
        assert_eq!(*self.connection_id.get_or_init(|| joined.connection_id.clone()), joined.connection_id);
        joined.conversation
    }

    /// The connection's id, once it has joined a conversation.
    pub fn connection_id(&self) -> Option<&str> {
        self.connection_id.get().map(String::as_str)
    }

    /// Leaves a conversation.
    pub async fn leave(&self, id: impl Display) {
        self.done::<Value>("leave_conversation", in_conversation(id)).await;
    }

    /// Sends a message, a new one or a repeated one.
    pub async fn send(
        &self,
        id: impl Display,
        client_id: Uuid,
        body: &str,
        seen: Option<u64>,
    ) -> Result<Sent, Refused> {
        let answer = self.request("send_message", message(id, client_id, body, seen)).await;
        answer.map(|ack| serde_json::from_value(ack).unwrap())
    }

    /// Like [`Self::send`], but returns `None` if there is no answer within the time after which a
    /// client repeats the frame.
    pub async fn try_send(
        &self,
        id: impl Display,
        client_id: Uuid,
        body: &str,
        seen: u64,
    ) -> Option<Result<Sent, Refused>> {
        let (request, frame) = self.ask("send_message", message(id, client_id, body, Some(seen))).await;
        if !self.comes(|inbox| inbox.answers.contains_key(&request)).await {
            return None;
        }
        let answer = outcome(self.answer_to(&request, &frame).await);
        Some(answer.map(|ack| serde_json::from_value(ack).unwrap()))
    }

    /// Sends a new message.
    pub async fn say(&self, id: impl Display, body: &str) -> Message {
        let sent = self.send(id, client_message_id(), body, None).await;
        let sent = sent.unwrap_or_else(|refused| panic!("{}: {body}: {refused:?}", self.who));
        assert!(!sent.duplicate, "{}: {body} was new", self.who);
        sent.message
    }

    /// Changes a message, by a new change or a repeated one; `change` has one of `edit`, `delete`
    /// and `react`, and can have `seenSeq`.
    pub async fn change(
        &self,
        id: impl Display,
        seq: u64,
        change_id: Uuid,
        change: &Value,
    ) -> Result<Changed, Refused> {
        let mut fields = change.clone();
        fields["conversationId"] = id.to_string().into();
        (fields["seq"], fields["changeId"]) = (seq.into(), json!(change_id));
        self.request("change_message", fields).await.map(|ack| serde_json::from_value(ack).unwrap())
    }

    /// Marks the conversation as read up to `seq`.
    pub async fn read(&self, id: impl Display, seq: u64) -> ReadAnswer {
        self.done("message_read", receipt(id, seq)).await
    }

    /// Marks messages as delivered up to `seq`; returns the cursor.
    pub async fn delivered(&self, id: impl Display, seq: u64) -> u64 {
        self.done::<Receipt>("message_delivered", receipt(id, seq)).await.delivered_seq
    }

    /// Sends a typing indicator.
    pub async fn type_in(&self, id: impl Display) {
        self.done::<Value>("typing_start", in_conversation(id)).await;
    }

    /// Sends a ping. A customer's answer says whether the shop is online.
    pub async fn ping(&self) -> Option<Shop> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Pong {
            #[serde(rename = "serverTime")]
            _server_time: domain::Time,
            shop: Option<Shop>,
        }
        self.done::<Pong>("ping", json!({})).await.shop
    }

    /// Sends a ping that asks whether something has changed since `as_of`.
    pub async fn has_changed(&self, as_of: domain::Time) -> bool {
        #[derive(Deserialize)]
        struct Pong {
            changed: bool,
        }
        self.done::<Pong>("ping", json!({"asOf": as_of})).await.changed
    }

    /// Returns and removes all events up to now.
    ///
    /// It contains everything that was pushed before this call: pushes are sent before the
    /// acknowledgement of the request that caused them, and frames of one connection keep their
    /// order, so the answer to the ping comes after them.
    pub async fn drain(&self) -> Vec<Event> {
        self.ping().await;
        self.take()
    }

    /// Returns and removes the events that have arrived.
    pub fn take(&self) -> Vec<Event> {
        let mut events = Vec::new();
        self.inbox.send_modify(|inbox| events = std::mem::take(&mut inbox.events));
        events.iter().map(typed).collect()
    }

    /// Waits for the first event that matches `is`, removes and returns it. Other events stay.
    pub async fn wait_for(&self, what: &str, is: impl Fn(&Event) -> bool) -> Event {
        let is = |value: &Value| is(&typed(value));
        self.wait_until(what, |inbox| inbox.events.iter().any(is)).await;
        let mut found = None;
        self.inbox.send_modify(|inbox| {
            found = inbox.events.iter().position(is).map(|at| inbox.events.remove(at));
        });
        typed(&found.unwrap())
    }

    /// Waits until the socket is closed. Returns the close code.
    pub async fn closed(&self) -> u16 {
        self.wait_until("the socket to close", |inbox| inbox.closed.is_some()).await;
        self.inbox.borrow().closed.unwrap()
    }

    /// The frames without an `event`, which the gateway itself sent.
    pub fn noise(&self) -> Vec<String> {
        self.inbox.borrow().noise.clone()
    }

    /// Closes the socket as a browser does.
    pub async fn close(self) {
        self.sink.lock().await.close().await.unwrap();
        self.closed().await;
    }

    async fn wait_until(&self, what: &str, holds: impl Fn(&Inbox) -> bool) {
        let came = self.comes(holds).await;
        assert!(came, "{} waited {TIMEOUT:?} for {what}; has {:?}", self.who, *self.inbox.borrow());
    }

    async fn comes(&self, holds: impl Fn(&Inbox) -> bool) -> bool {
        let mut inbox = self.inbox.subscribe();
        tokio::time::timeout(TIMEOUT, inbox.wait_for(|inbox| holds(inbox))).await.is_ok()
    }
}

/// A new message id, unique in this process.
pub fn client_message_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    uuid::Builder::from_random_bytes(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()).into_uuid()
}

/// The answer as a success or an error.
fn outcome(answer: Value) -> Result<Value, Refused> {
    if answer["event"] == "ack" { Ok(answer) } else { Err(serde_json::from_value(answer).unwrap()) }
}

/// The fields of a message to send.
fn message(id: impl Display, client_id: Uuid, body: &str, seen: Option<u64>) -> Value {
    let mut fields = json!({"conversationId": id.to_string(), "clientMessageId": client_id, "body": body});
    if let Some(seen) = seen {
        fields["seenSeq"] = seen.into();
    }
    fields
}

impl Drop for Client {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// The fields of a frame that names a conversation.
fn in_conversation(id: impl Display) -> Value {
    json!({"conversationId": id.to_string()})
}

fn receipt(id: impl Display, seq: u64) -> Value {
    json!({"conversationId": id.to_string(), "seq": seq})
}

/// Parses an event. Panics if the frame has fields that the protocol does not have.
fn typed(frame: &Value) -> Event {
    let event: Event =
        serde_json::from_value(frame.clone()).unwrap_or_else(|error| panic!("not an event: {error}: {frame}"));
    assert_eq!(serde_json::to_value(&event).unwrap(), *frame, "fields the protocol lacks");
    event
}

async fn read(mut stream: SplitStream<Socket>, inbox: watch::Sender<Inbox>) {
    let mut closed = 1006;
    while let Some(Ok(frame)) = stream.next().await {
        match frame {
            Frame::Text(text) => inbox.send_modify(|inbox| inbox.take(text.as_str())),
            Frame::Close(Some(close)) => closed = close.code.into(),
            Frame::Close(None) => closed = 1005,
            _ => {}
        }
    }
    inbox.send_modify(|inbox| inbox.closed = Some(closed));
}

impl Inbox {
    fn take(&mut self, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        let event = frame["event"].as_str();
        match (event, frame["requestId"].as_str()) {
            (Some("ack" | "error"), Some(id)) => self.answers.entry(id.to_owned()).or_default().push(frame),
            (Some(_), _) => self.events.push(frame),
            (None, _) => self.noise.push(text.to_owned()),
        }
    }
}
