//! Behaviour of API Gateway and Lambda that AWS does not document. The values come from reports of third
//! parties, or are the most cautious choice. They are in one file so that they can be corrected in
//! one place, and so that no other code depends on them.

use std::time::Duration;

use http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// The close code and reason of a connection that was idle for too long, that is too old, or whose
/// gateway stops.
pub(crate) const EXPIRED: (CloseCode, &str) = (CloseCode::Away, "Going away");

/// The close code and reason after `DELETE …/@connections/{id}`. Frames that were queued before are
/// sent first.
pub(crate) const DELETED: (CloseCode, &str) = (CloseCode::Normal, "Connection Closed Normally");

/// The code and reason in the `$disconnect` event if the client disappeared without a close frame.
pub(crate) const VANISHED: (u16, &str) = (1006, "");
/// The same if the client's close frame had no code.
pub(crate) const WITHOUT_CODE: (u16, &str) = (1005, "");

/// The body that a client gets on a two-way route whose function returned none.
pub(crate) const NO_BODY: &str = "";

/// The status of a handshake whose `$connect` function timed out.
pub(crate) const CONNECT_TIMED_OUT: StatusCode = StatusCode::GATEWAY_TIMEOUT;

/// The status of a request to the WebSocket API that is not a handshake.
pub(crate) const NOT_A_HANDSHAKE: StatusCode = StatusCode::UPGRADE_REQUIRED;

/// How many frames of one connection are handled concurrently. Further frames wait in the socket.
/// AWS documents only that there can be more than one.
pub(crate) const MAX_CONCURRENT_FRAMES: usize = 32;

/// How many bytes may wait for one client before a post is answered with 429. Each frame counts as
/// its text plus [`FRAME_COST`]. AWS documents only that the client's buffer can be full.
pub(crate) const CLIENT_BUFFER: usize = 128 * 1024;
/// The bytes that each frame counts in addition to its text.
pub(crate) const FRAME_COST: usize = 128;

/// The status of a request whose body does not arrive in time. AWS documents neither this status
/// nor how long a client may take for its headers and its body.
pub(crate) const BODY_TIMED_OUT: StatusCode = StatusCode::REQUEST_TIMEOUT;
/// The status of a request whose body breaks off or is malformed.
pub(crate) const BODY_BROKEN: StatusCode = StatusCode::BAD_REQUEST;

/// The pause before a failed batch of a stream is delivered again: the first one, and the longest.
/// Each is twice as long as the one before.
pub(crate) const RETRY_PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_mins(1));

/// The `condition` in the message about records that were too old to be delivered. AWS documents
/// only that of a batch whose attempts were used up.
pub(crate) const TOO_OLD: &str = "RecordAgeExceeded";
