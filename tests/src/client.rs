//! A client over WebSocket that keeps what it gets.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::Message;
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

/// How long something that must come may take on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One WebSocket.
pub struct Client {
    who: String,
    sink: Mutex<SplitSink<Socket, Frame>>,
    inbox: watch::Sender<Inbox>,
    requests: AtomicU64,
    reader: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Inbox {
    /// Frames with an `event`, but for answers to requests.
    events: Vec<Value>,
    /// Answers by `requestId`; more than one is a fault.
    answers: HashMap<String, Vec<Value>>,
    /// Frames without an `event`: the gateway's own.
    noise: Vec<String>,
    /// The close code, once the socket is closed; 1006 without one.
    closed: Option<u16>,
}

/// An `error` that answered a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// The stable name.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// With `rate_limited`.
    pub retry_after_ms: Option<i64>,
}

/// The `ack` of `send_message`.
#[derive(Clone, Debug, Deserialize)]
pub struct Sent {
    /// The stored message.
    pub message: Message,
    /// Whether it was stored before.
    pub duplicate: bool,
}

/// The `ack` of `message_delivered`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Where the cursor stands.
    pub delivered_seq: u64,
}

impl Client {
    /// Opens a socket at `url`, as `who` in failure messages.
    pub async fn open(who: &str, url: &str) -> Self {
        let (socket, _) = tokio_tungstenite::connect_async(url)
            .await
            .unwrap_or_else(|error| panic!("{who} could not connect to {url}: {error}"));
        let (sink, stream) = socket.split();
        let (inbox, _) = watch::channel(Inbox::default());
        let reader = tokio::spawn(read(stream, inbox.clone()));
        Self { who: who.to_owned(), sink: Mutex::new(sink), inbox, requests: AtomicU64::new(1), reader }
    }

    /// Sends text as it is.
    pub async fn send_text(&self, text: impl Into<String>) {
        let text = text.into();
        let sent = self.sink.lock().await.send(Frame::text(text.clone())).await;
        sent.unwrap_or_else(|error| panic!("{} could not send {text}: {error}", self.who));
    }

    /// Sends a frame with a `requestId` of its own and waits for the answer to it.
    pub async fn request(&self, action: &str, fields: Value) -> Result<Value, Refused> {
        let (id, frame) = self.ask(action, fields).await;
        outcome(self.answer_to(&id, &frame).await)
    }

    /// Sends a frame with a `requestId` of its own; that, and the frame.
    async fn ask(&self, action: &str, fields: Value) -> (String, String) {
        let id = format!("r{}", self.requests.fetch_add(1, Ordering::Relaxed));
        let mut frame = fields;
        frame["action"] = action.into();
        frame["requestId"] = id.as_str().into();
        let frame = frame.to_string();
        self.send_text(frame.clone()).await;
        (id, frame)
    }

    /// Waits for the one answer to the request `id`.
    pub async fn answer_to(&self, id: &str, what: &str) -> Value {
        let asked = format!("an answer to {what}");
        self.wait_until(&asked, |inbox| inbox.answers.contains_key(id)).await;
        let answers = self.inbox.borrow().answers[id].clone();
        assert_eq!(answers.len(), 1, "{}: more than one answer to {what}: {answers:?}", self.who);
        typed(&answers[0]);
        answers[0].clone()
    }

    /// Like [`Self::request`], for what must be done; the answer as a `T`.
    pub async fn done<T: serde::de::DeserializeOwned>(&self, action: &str, fields: Value) -> T {
        let answer = self.request(action, fields.clone()).await;
        let ack = answer.unwrap_or_else(|refused| panic!("{}: {action} {fields}: {refused:?}", self.who));
        serde_json::from_value(ack.clone()).unwrap_or_else(|error| panic!("{}: {action}: {error}: {ack}", self.who))
    }

    /// Like [`Self::request`], for what must be refused with `code`.
    pub async fn refused(&self, action: &str, fields: Value, code: Code) -> Refused {
        match self.request(action, fields.clone()).await {
            Err(refused) if refused.code == code => refused,
            other => panic!("{}: {action} {fields}: expected {code:?}, got {other:?}", self.who),
        }
    }

    /// Joins a conversation.
    pub async fn join(&self, id: impl Display) -> Conversation {
        #[derive(Deserialize)]
        struct Joined {
            conversation: Conversation,
        }
        self.done::<Joined>("join_conversation", in_conversation(id)).await.conversation
    }

    /// Leaves a conversation.
    pub async fn leave(&self, id: impl Display) {
        self.done::<Value>("leave_conversation", in_conversation(id)).await;
    }

    /// Sends a message, new or again.
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

    /// Like [`Self::send`], where there may be no answer in the time after which a client repeats the frame.
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

    /// Says something new.
    pub async fn say(&self, id: impl Display, body: &str) -> Message {
        let sent = self.send(id, client_message_id(), body, None).await;
        let sent = sent.unwrap_or_else(|refused| panic!("{}: {body}: {refused:?}", self.who));
        assert!(!sent.duplicate, "{}: {body} was new", self.who);
        sent.message
    }

    /// Reads up to `seq`.
    pub async fn read(&self, id: impl Display, seq: u64) -> ReadAnswer {
        self.done("message_read", receipt(id, seq)).await
    }

    /// Has received up to `seq`.
    pub async fn delivered(&self, id: impl Display, seq: u64) -> u64 {
        self.done::<Receipt>("message_delivered", receipt(id, seq)).await.delivered_seq
    }

    /// Starts typing.
    pub async fn type_in(&self, id: impl Display) {
        self.done::<Value>("typing_start", in_conversation(id)).await;
    }

    /// Asks whether the server is there; a customer learns whether the shop is.
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

    /// Everything that came until now and was not taken yet.
    ///
    /// What was pushed before this call is in it: pushes precede the acknowledgement of what caused them, and this
    /// connection's frames come in the order in which they were queued, so that the answer to a ping comes after them.
    pub async fn drain(&self) -> Vec<Event> {
        self.ping().await;
        self.take()
    }

    /// Everything that has come and was not taken yet.
    pub fn take(&self) -> Vec<Event> {
        let mut events = Vec::new();
        self.inbox.send_modify(|inbox| events = std::mem::take(&mut inbox.events));
        events.iter().map(typed).collect()
    }

    /// Waits for the first event not taken yet that `is` one; takes it and leaves the others.
    pub async fn wait_for(&self, what: &str, is: impl Fn(&Event) -> bool) -> Event {
        let is = |value: &Value| is(&typed(value));
        self.wait_until(what, |inbox| inbox.events.iter().any(is)).await;
        let mut found = None;
        self.inbox.send_modify(|inbox| {
            found = inbox.events.iter().position(is).map(|at| inbox.events.remove(at));
        });
        typed(&found.unwrap())
    }

    /// Waits until the socket is closed; the close code.
    pub async fn closed(&self) -> u16 {
        self.wait_until("the socket to close", |inbox| inbox.closed.is_some()).await;
        self.inbox.borrow().closed.unwrap()
    }

    /// Frames that came without an `event`: the gateway's own.
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

/// An id for a message, never the same twice in a process.
pub fn client_message_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    uuid::Builder::from_random_bytes(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()).into_uuid()
}

/// What an answer comes to.
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

/// The event, which must say all that the frame says.
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
