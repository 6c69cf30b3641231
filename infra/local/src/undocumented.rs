//! Behaviour of API Gateway that AWS does not document, as third parties report it or as seems most careful. It is
//! all here, so that whoever learns better has one place to change, and so that nobody builds on it elsewhere.

use http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// How a connection is closed that was idle too long, or is too old, or whose gateway stops.
pub(crate) const EXPIRED: (CloseCode, &str) = (CloseCode::Away, "Going away");

/// How a connection is closed by `DELETE …/@connections/{id}`, after the frames that were queued for it.
pub(crate) const DELETED: (CloseCode, &str) = (CloseCode::Normal, "Connection Closed Normally");

/// What `$disconnect` is told where the client vanished without a close frame, and where its frame had no code.
pub(crate) const VANISHED: (u16, &str) = (1006, "");
/// See [`VANISHED`].
pub(crate) const WITHOUT_CODE: (u16, &str) = (1005, "");

/// What a client is sent on a two-way route whose function returned no body.
pub(crate) const NO_BODY: &str = "";

/// The handshake's status if `$connect` answers too late.
pub(crate) const CONNECT_TIMED_OUT: StatusCode = StatusCode::GATEWAY_TIMEOUT;

/// The status of a request to the WebSocket API that is not a handshake.
pub(crate) const NOT_A_HANDSHAKE: StatusCode = StatusCode::UPGRADE_REQUIRED;

/// The most frames of one connection that are handled side by side; the next waits in its socket. AWS documents only
/// that there can be more than one.
pub(crate) const MAX_CONCURRENT_FRAMES: usize = 32;

/// How much may wait for one client before a post is answered with 429: bytes, counting each frame as
/// [`FRAME_COST`] more than its text. AWS says only that the client's buffer can be full.
pub(crate) const CLIENT_BUFFER: usize = 128 * 1024;
/// See [`CLIENT_BUFFER`].
pub(crate) const FRAME_COST: usize = 128;

/// The answer to a request whose body does not come in time, and to one that is not sent as it was announced. AWS
/// documents neither, nor how long a client may take for its headers and for its body.
pub(crate) const BODY_TIMED_OUT: StatusCode = StatusCode::REQUEST_TIMEOUT;
/// See [`BODY_TIMED_OUT`].
pub(crate) const BODY_BROKEN: StatusCode = StatusCode::BAD_REQUEST;
