//! A client of either system over a WebSocket, and the screen on which it shows messages.

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

/// How long an answer may take before it counts as lost.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// What a connection of the generator reads and writes at once, in bytes: it has thousands.
const BUFFER: usize = 4 * 1024;

/// One connection.
pub(crate) struct Client {
    kind: Kind,
    sink: Sink,
    waiting: Waiting,
    requests: AtomicU64,
    reader: JoinHandle<()>,
}

#[derive(Deserialize)]
struct Ticket {
    url: String,
}

impl Client {
    /// Connects with `token`; what is pushed appears on `screen`.
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
        Ok(Self { kind: system.kind, sink, waiting, requests: AtomicU64::new(1), reader })
    }

    /// Asks for something and waits for the answer, which is an error where it is a refusal. `fields` is JSON without the braces.
    /// Beside the answer, the request's length on the wire in bytes.
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

    /// Whether the connection is still there.
    pub(crate) fn is_open(&self) -> bool {
        !self.reader.is_finished()
    }
}

impl Drop for Client {
    /// The socket is gone without a word, as when a network is.
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn expect(stream: &mut SplitStream<Socket>, what: impl Fn(&Frame) -> bool) -> Result<()> {
    let text = tokio::time::timeout(TIMEOUT, stream.next()).await?.context("closed in its handshake")??;
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
                    // Whoever asked may have given up.
                    let _given_up = asked.send(answer);
                }
            }
            Frame::Message(said) => screen.show(&said, at, bytes),
            Frame::Ping => {
                if sink.lock().await.send(Message::text("3")).await.is_err() {
                    break;
                }
            }
            Frame::Hello | Frame::Welcome | Frame::Other => {}
        }
    }
    // Nothing more is answered.
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
}
