//! The end of a function's process.
//!
//! Lambda tells a process that it ends, with `SIGTERM`, only if an extension is registered.
//! Otherwise it kills the process. So the process registers itself as an extension that gets no
//! events: two requests of the Extensions API, which cost a start about 0.1 ms. They are written by
//! hand, because a second HTTP client costs a start ten times as much.

use std::future::{Future, pending};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::Environment;

/// How long the Extensions API may take. It is in the same virtual machine.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The largest response that is read, in bytes.
const MAX_RESPONSE: usize = 8 * 1024;

/// Resolves when Lambda ends the process, which then has half a second. Must be called before the
/// first request for an event. If the end cannot be noticed, it never resolves.
pub(crate) fn process_ends(environment: &Environment) -> impl Future<Output = ()> {
    let api = environment.optional("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
    let prepared = signal(SignalKind::terminate()).and_then(|terminated| Ok((terminated, register(api)?)));
    let prepared = prepared.inspect_err(|error| tracing::warn!(%error, "the end of this process will not be noticed"));
    async {
        // Lambda takes a closed connection for an extension that has failed.
        let Ok((mut terminated, _extension)) = prepared else { return pending().await };
        terminated.recv().await;
    }
}

/// Registers an extension without events, and asks for its next event, which Lambda never answers.
/// Returns the connection, which must stay open.
fn register(api: &str) -> Result<TcpStream> {
    let mut connection = TcpStream::connect(api)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    let events = r#"{"events":[]}"#;
    write!(
        connection,
        "POST /2020-01-01/extension/register HTTP/1.1\r\nhost: {api}\r\nlambda-extension-name: order-chat\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{events}",
        events.len()
    )?;
    let id = identifier(&mut connection)?;
    write!(
        connection,
        "GET /2020-01-01/extension/event/next HTTP/1.1\r\nhost: {api}\r\nlambda-extension-identifier: {id}\r\n\r\n"
    )?;
    Ok(connection)
}

/// The extension's identifier, in a header of the response.
fn identifier(response: &mut impl Read) -> Result<String> {
    let mut read = Vec::new();
    let mut part = [0; 1024];
    while !read.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let count = response.read(&mut part)?;
        if count == 0 || read.len() > MAX_RESPONSE {
            return Err(Error::new(ErrorKind::InvalidData, "the Extensions API sent no complete response"));
        }
        read.extend_from_slice(&part[..count]);
    }
    let head = String::from_utf8_lossy(&read);
    let named = head.lines().filter_map(|line| line.split_once(':'));
    let mut found = named.filter(|(name, _)| name.eq_ignore_ascii_case("lambda-extension-identifier"));
    let id = found.next().map(|(_, id)| id.trim().to_owned());
    id.ok_or_else(|| Error::new(ErrorKind::InvalidData, "the Extensions API registered nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identifier_is_found_in_whole_and_in_divided_responses() {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLambda-Extension-Identifier: 7-a\r\n\r\n{}";
        assert_eq!(identifier(&mut whole.as_bytes()).unwrap(), "7-a");
        let (one, other) = whole.as_bytes().split_at(40);
        assert_eq!(identifier(&mut one.chain(other)).unwrap(), "7-a");
    }

    #[test]
    fn a_refusal_and_a_broken_response_are_errors() {
        for response in ["HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nlambda-ext", ""] {
            assert!(identifier(&mut response.as_bytes()).is_err(), "{response}");
        }
    }
}
