//! A WebSocket client that only listens.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// How long a push may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An open connection.
pub(super) struct Listener(BufReader<TcpStream>);

impl Listener {
    /// Opens a WebSocket to `url` at the server `address`.
    pub(super) fn connect(address: SocketAddr, url: &str) -> Result<Self> {
        let path = url.strip_prefix(&format!("ws://{address}")).with_context(|| format!("{url} is elsewhere"))?;
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(TIMEOUT))?;
        let mut listener = Self(BufReader::new(socket));
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        listener.0.get_mut().write_all(head.as_bytes())?;
        let mut answer = String::new();
        while !answer.ends_with("\r\n\r\n") {
            ensure!(listener.0.read_line(&mut answer)? > 0, "no handshake but {answer:?}");
        }
        ensure!(answer.starts_with("HTTP/1.1 101 "), "no handshake but {answer:?}");
        Ok(listener)
    }

    /// Waits for the next frame.
    pub(super) fn next_frame(&mut self) -> Result<()> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).context("nothing was pushed")?;
        let length = match head[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length)?;
                u64::from(u16::from_be_bytes(length))
            }
            short => u64::from(short),
        };
        ensure!(head[0] == 0x81 && head[1] < 127, "no short text was pushed but {head:?}");
        std::io::copy(&mut self.0.by_ref().take(length), &mut std::io::sink())?;
        Ok(())
    }
}
