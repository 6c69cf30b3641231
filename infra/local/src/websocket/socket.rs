//! One open connection: reads and writes frames, checks timeouts, and closes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::WebSocketApi;
use super::connections::{Connection, Outgoing};
use super::event::Event;
use crate::undocumented::{DELETED, EXPIRED, MAX_CONCURRENT_FRAMES, VANISHED, WITHOUT_CODE};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The largest frame from a client, in bytes.
const FRAME: usize = 32 * 1024;
/// The largest message from a client, in bytes.
const MESSAGE: usize = 128 * 1024;
/// The size of the read buffer, in bytes, enough for most frames. Every connection holds one for as
/// long as it is open. The library's default is 128 KiB.
const READ: usize = 1024;
/// The size of the write buffer, in bytes. The library's default is 128 KiB.
const WRITE: usize = 4 * 1024;
/// How long a client may take to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How a connection ended.
enum Ended {
    /// The gateway closes the connection with this code and reason.
    Closing(CloseCode, &'static str),
    /// The client closed the connection with this code and reason, or it disappeared.
    Closed(u16, String),
}

impl Ended {
    fn vanished() -> Self {
        Self::Closed(VANISHED.0, VANISHED.1.to_owned())
    }

    fn expired() -> Self {
        Self::Closing(EXPIRED.0, EXPIRED.1)
    }
}

impl WebSocketApi {
    /// Serves a connection from the upgrade until `$disconnect` has answered.
    pub(super) async fn serve(
        self: Arc<Self>,
        connection: Arc<Connection>,
        outgoing: UnboundedReceiver<Outgoing>,
        upgrade: OnUpgrade,
    ) {
        let _alive = self.alive.clone();
        let (code, reason) = match upgrade.await {
            Ok(upgraded) => {
                let mut config = WebSocketConfig::default();
                config.read_buffer_size = READ;
                config.write_buffer_size = WRITE;
                config.max_frame_size = Some(FRAME);
                config.max_message_size = Some(MESSAGE);
                let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config));
                self.clone().run(&connection, outgoing, socket.await).await
            }
            Err(_) => (VANISHED.0, VANISHED.1.to_owned()),
        };
        self.connections.leave(&connection.id);
        let Event { value, .. } = self.disconnect_event(&connection, code, &reason);
        self.call_disconnect(&connection, value).await;
    }

    /// Reads and writes frames until the connection ends. Returns the close code and the reason.
    async fn run(
        self: Arc<Self>,
        connection: &Arc<Connection>,
        mut outgoing: UnboundedReceiver<Outgoing>,
        mut socket: Socket,
    ) -> (u16, String) {
        let mut handling = JoinSet::new();
        let mut idle = std::pin::pin!(sleep(self.timers.idle));
        let mut lifetime = std::pin::pin!(sleep(self.timers.lifetime));
        let ended = loop {
            tokio::select! {
                read = socket.next(), if handling.len() < MAX_CONCURRENT_FRAMES => match read {
                    Some(Ok(Message::Text(text))) => {
                        self.moved(connection, idle.as_mut());
                        handling.spawn(self.clone().frame(connection.clone(), text));
                    }
                    // The library answers pings; no function sees them. AWS does not document that
                    // they keep a connection open, so they do not.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                    other => break end_of(other),
                },
                Some(_done) = handling.join_next(), if !handling.is_empty() => {}
                Some(next) = outgoing.recv() => {
                    self.moved(connection, idle.as_mut());
                    let ended = tokio::select! {
                        ended = write(&mut socket, connection, next, &mut outgoing) => ended,
                        () = idle.as_mut() => Some(Ended::vanished()),
                        () = lifetime.as_mut() => Some(Ended::vanished()),
                        () = self.stopping.wait() => Some(Ended::vanished()),
                    };
                    if let Some(ended) = ended {
                        break ended;
                    }
                }
                () = idle.as_mut() => break Ended::expired(),
                () = lifetime.as_mut() => break Ended::expired(),
                () = self.stopping.wait() => break Ended::expired(),
            }
        };
        self.connections.leave(&connection.id);
        handling.detach_all();
        match ended {
            Ended::Closing(code, reason) => {
                let _in_time =
                    tokio::time::timeout(CLOSE_TIMEOUT, close_with_handshake(&mut socket, code, reason)).await;
                (code.into(), reason.to_owned())
            }
            Ended::Closed(code, reason) => {
                let reply = async { while let Some(Ok(_)) = socket.next().await {} };
                let _in_time = tokio::time::timeout(CLOSE_TIMEOUT, reply).await;
                (code, reason)
            }
        }
    }

    fn moved(&self, connection: &Connection, idle: std::pin::Pin<&mut Sleep>) {
        connection.touch();
        idle.reset(Instant::now() + self.timers.idle);
    }
}

/// How the connection ends if the next message is not a text frame.
fn end_of(read: Option<Result<Message, Error>>) -> Ended {
    match read {
        Some(Ok(Message::Close(Some(frame)))) => Ended::Closed(frame.code.into(), frame.reason.to_string()),
        Some(Ok(Message::Close(None))) => Ended::Closed(WITHOUT_CODE.0, WITHOUT_CODE.1.to_owned()),
        Some(Ok(_)) => Ended::Closing(CloseCode::Unsupported, "Binary frames are not supported"),
        Some(Err(Error::Capacity(_))) => Ended::Closing(CloseCode::Size, "Message too long"),
        Some(Err(Error::Utf8(_))) => Ended::Closing(CloseCode::Invalid, "Invalid UTF-8"),
        Some(Err(Error::Protocol(problem))) => {
            use tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
            if problem == ResetWithoutClosingHandshake {
                return Ended::vanished();
            }
            Ended::Closing(CloseCode::Protocol, "Protocol error")
        }
        Some(Err(_)) | None => Ended::vanished(),
    }
}

/// Writes all queued frames and flushes once.
async fn write(
    socket: &mut Socket,
    connection: &Connection,
    first: Outgoing,
    rest: &mut UnboundedReceiver<Outgoing>,
) -> Option<Ended> {
    let mut next = Some(first);
    while let Some(outgoing) = next {
        match outgoing {
            Outgoing::Text(text) => {
                let length = text.len();
                if socket.feed(Message::Text(text)).await.is_err() {
                    return Some(Ended::vanished());
                }
                connection.sent(length);
            }
            Outgoing::Close => {
                let flushed = socket.flush().await;
                return Some(flushed.map_or_else(|_| Ended::vanished(), |()| Ended::Closing(DELETED.0, DELETED.1)));
            }
        }
        next = rest.try_recv().ok();
    }
    socket.flush().await.err().map(|_| Ended::vanished())
}

/// Sends the close frame and reads until the client has closed too. If a connection ends with
/// unread data, TCP resets it, and the client does not see the close code.
async fn close_with_handshake(socket: &mut Socket, code: CloseCode, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    if socket.close(Some(frame)).await.is_err() {
        return;
    }
    // After the client's close frame nothing is missing. The gateway does not wait for the client
    // to close the TCP connection.
    while let Some(Ok(frame)) = socket.next().await {
        if frame.is_close() {
            return;
        }
    }
    let stream = socket.get_mut();
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}
