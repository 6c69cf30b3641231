//! Reads the body of a request, with a limit for its size and for the time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout_at};

use crate::http_api::PAYLOAD;
use crate::respond::message;
use crate::undocumented::{BODY_BROKEN, BODY_TIMED_OUT};

/// Why the body could not be read completely.
enum Incomplete {
    TooLarge,
    Broken,
}

/// Returns the whole body. Returns the response for the client if the body is larger than
/// [`PAYLOAD`], breaks off, or does not arrive within `timeout`.
pub(crate) async fn read(parts: &Parts, mut body: Incoming, timeout: Duration) -> Result<Bytes, Response<Full<Bytes>>> {
    let deadline = Instant::now() + timeout;
    if body.size_hint().lower() > u64::try_from(PAYLOAD).unwrap_or(u64::MAX) {
        // A client that sent `Expect: 100-continue` waits for permission and then does not send the
        // body.
        if !parts.headers.contains_key(header::EXPECT) {
            discard(body, deadline);
        }
        return Err(too_large());
    }
    match timeout_at(deadline, collect(&mut body)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(Incomplete::TooLarge)) => {
            discard(body, deadline);
            Err(too_large())
        }
        Ok(Err(Incomplete::Broken)) => Err(closing(message(BODY_BROKEN, "Bad Request"))),
        Err(_elapsed) => Err(closing(message(BODY_TIMED_OUT, "Request Timeout"))),
    }
}

async fn collect(body: &mut Incoming) -> Result<Bytes, Incomplete> {
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Incomplete::Broken)?;
        let Some(data) = frame.data_ref() else { continue };
        if collected.len() + data.len() > PAYLOAD {
            return Err(Incomplete::TooLarge);
        }
        collected.extend_from_slice(data);
    }
    Ok(collected.freeze())
}

/// Reads and drops the rest of the body. If a connection is closed with unread data, TCP resets it.
/// Then a client that is still sending would not receive the response.
fn discard(mut body: Incoming, deadline: Instant) {
    tokio::spawn(timeout_at(deadline, async move { while let Some(Ok(_)) = body.frame().await {} }));
}

fn too_large() -> Response<Full<Bytes>> {
    closing(message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"))
}

/// Closes the connection after this response, because the rest of the request was not read.
fn closing(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
