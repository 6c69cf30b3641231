//! A WebSocket client of both systems, and the screen that records its messages.

mod screen;
mod wire;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::system::{Kind, System};
pub(crate) use screen::Screen;
pub(crate) use wire::{Answer, ReceivedMessage, TEXT, body, on_wire};
use wire::{Frame, request};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Answer>>>>;
type Sink = Arc<AsyncMutex<SplitSink<Socket, Message>>>;

/// How long to wait for an answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// The size of each connection's buffers in bytes. It is small because there are thousands of
/// connections.
const BUFFER: usize = 4 * 1024;

/// One WebSocket connection.
pub(crate) struct Client {
    kind: Kind,
    sink: Sink,
    waiting: Waiting,
    requests: AtomicU64,
    http: reqwest::Client,
    /// The address of the REST API, and the token for it.
    base: String,
    token: String,
    reader: JoinHandle<()>,
}

#[derive(Deserialize)]
struct Ticket {
    url: String,
}

/// What is necessary for a status line of HTTP/1.1, and for the end of its headers.
const STATUS_LINE: usize = "HTTP/1.1 201 Created\r\n\r\n".len();

impl Client {
    /// Connects with `token`. Pushed messages are recorded on `screen`.
    pub(crate) async fn connect(system: &System, token: &str, screen: &Arc<Screen>) -> Result<Self> {
        let url = match system.kind {
            Kind::Ours => {
                let asked = system.http.post(format!("{}/api/chat/ticket", system.base)).bearer_auth(token);
                asked.send().await?.error_for_status()?.json::<Ticket>().await?.url
            }
            Kind::Peer => {
                format!("{}/socket.io/?EIO=4&transport=websocket", system.base.replacen("http", "ws", 1))
            }
        };
        let mut config = WebSocketConfig::default();
        config.read_buffer_size = BUFFER;
        config.write_buffer_size = BUFFER;
        let (socket, _) = tokio_tungstenite::connect_async_with_config(url, Some(config), true).await?;
        let (mut sink, mut stream) = socket.split();
        if system.kind == Kind::Peer {
            expect(&mut stream, |frame| matches!(frame, Frame::Hello)).await?;
            sink.send(Message::text(format!(r#"40{{"token":"{token}"}}"#))).await?;
            expect(&mut stream, |frame| matches!(frame, Frame::Welcome)).await?;
        }
        let (sink, waiting) = (Arc::new(AsyncMutex::new(sink)), Waiting::default());
        let reading = read(system.kind, stream, sink.clone(), waiting.clone(), screen.clone());
        let reader = tokio::spawn(reading);
        let (http, base, token) = (system.http.clone(), system.base.clone(), token.to_owned());
        Ok(Self { kind: system.kind, sink, waiting, requests: AtomicU64::new(1), http, base, token, reader })
    }

    /// Sends a frame that asks for no answer. Returns its size on the wire in bytes.
    pub(crate) async fn tell(&self, action: &str, fields: &str) -> Result<usize> {
        let text = format!(r#"{{"action":"{action}",{fields}}}"#);
        let bytes = on_wire(text.len(), true);
        self.sink.lock().await.send(Message::text(text)).await?;
        Ok(bytes)
    }

    /// Sends a request over REST, with `fields` as in [`Client::ask`]. The answer's size is that of
    /// HTTP/1.1 without TLS.
    pub(crate) async fn post(&self, path: &str, fields: &str) -> Result<Answer> {
        let asked = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let asked = asked.header("content-type", "application/json").body(format!("{{{fields}}}"));
        let response = asked.send().await?.error_for_status()?;
        let headers: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let body = response.bytes().await?;
        let mut answer: Answer = serde_json::from_slice(&body)?;
        answer.bytes = STATUS_LINE + headers + body.len();
        Ok(answer)
    }

    /// Sends a request and waits for the answer. A refusal is an error. `fields` is a JSON object
    /// without its braces. Also returns the request's size on the wire in bytes.
    pub(crate) async fn ask(&self, action: &str, fields: &str) -> Result<(Answer, usize)> {
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer);
        let text = request(self.kind, id, action, fields);
        let bytes = on_wire(text.len(), true);
        self.sink.lock().await.send(Message::text(text)).await?;
        let answer = tokio::time::timeout(TIMEOUT, answered).await.context("no answer in time")?;
        let answer = answer.context("the connection ended")?;
        if let Some(code) = answer.code {
            bail!("{action} was refused: {code}");
        }
        Ok((answer, bytes))
    }

    /// Returns true while the connection is open.
    pub(crate) fn is_open(&self) -> bool {
        !self.reader.is_finished()
    }
}

impl Drop for Client {
    /// Closes the socket without a close frame, as a lost network does.
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn expect(stream: &mut SplitStream<Socket>, what: impl Fn(&Frame) -> bool) -> Result<()> {
    let text = tokio::time::timeout(TIMEOUT, stream.next())
        .await?
        .context("the connection was closed during the handshake")??;
    if what(&wire::read(Kind::Peer, text.to_text()?)) {
        return Ok(());
    }
    bail!("the handshake was answered with {text}")
}

async fn read(kind: Kind, mut stream: SplitStream<Socket>, sink: Sink, waiting: Waiting, screen: Arc<Screen>) {
    while let Some(Ok(message)) = stream.next().await {
        let at = Instant::now();
        let Message::Text(text) = message else { continue };
        let bytes = on_wire(text.len(), false);
        match wire::read(kind, &text) {
            Frame::Answer(id, mut answer) => {
                answer.bytes = bytes;
                let asked = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                if let Some(asked) = asked {
                    // The requester may have stopped waiting.
                    let _given_up = asked.send(answer);
                }
            }
            Frame::Message(said) => screen.show(&said, at, bytes),
            Frame::Receipt => screen.show_receipt(at, bytes),
            Frame::Ping => {
                if sink.lock().await.send(Message::text("3")).await.is_err() {
                    break;
                }
            }
            Frame::Hello | Frame::Welcome | Frame::Other => {}
        }
    }
    // No further answers arrive: makes all waiting requests fail.
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
}
