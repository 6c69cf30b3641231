//! Reads and writes the two protocols: this project's frames, and Socket.IO 4 over a WebSocket.

use serde::Deserialize;

use crate::system::Kind;

/// The content of a frame, as far as the benchmarks need it.
#[derive(Debug)]
pub(crate) enum Frame {
    /// The answer to a request.
    Answer(u64, Answer),
    /// A pushed message.
    Message(ReceivedMessage),
    /// A pushed read receipt of this project.
    Receipt,
    /// The first frame of Socket.IO's handshake.
    Hello,
    /// The last frame of Socket.IO's handshake.
    Welcome,
    /// A ping of Socket.IO.
    Ping,
    /// Any other frame.
    Other,
}

/// The answer to a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    /// The error code, if the request was refused.
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<ReceivedMessage>,
    /// The connection's id, in our answer to a join.
    pub(crate) connection_id: Option<String>,
    /// The missed messages, in the peer's answer to a join.
    #[serde(default)]
    pub(crate) missed: Vec<ReceivedMessage>,
    /// The size of the frame with its header, in bytes.
    #[serde(skip)]
    pub(crate) bytes: usize,
}

/// A message.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ReceivedMessage {
    pub(crate) seq: u64,
    body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    #[serde(default)]
    event: &'a str,
    request_id: Option<&'a str>,
    code: Option<&'a str>,
}

#[derive(Deserialize)]
struct Pushed {
    message: ReceivedMessage,
}

impl ReceivedMessage {
    /// The number that [`body`] put into the text; `None` for a system message.
    pub(crate) fn number(&self) -> Option<u64> {
        self.body.get(1..11)?.parse().ok()
    }
}

/// The length of every text in bytes.
pub(crate) const TEXT: usize = 57;

/// The text of message `number`, as long as a usual message.
pub(crate) fn body(number: u64) -> String {
    format!("m{number:010} Hello, when will my order be here? Thank you!")
}

/// A request. `fields` is a JSON object without its braces.
pub(crate) fn request(kind: Kind, id: u64, action: &str, fields: &str) -> String {
    match kind {
        Kind::Ours => format!(r#"{{"action":"{action}","requestId":"{id}",{fields}}}"#),
        Kind::Peer => format!(r#"42{id}["{action}",{{{fields}}}]"#),
    }
}

/// Reads a frame.
pub(crate) fn read(kind: Kind, text: &str) -> Frame {
    match kind {
        Kind::Ours => ours(text),
        Kind::Peer => peer(text),
    }
    .unwrap_or(Frame::Other)
}

fn ours(text: &str) -> Option<Frame> {
    let header: Header<'_> = serde_json::from_str(text).ok()?;
    match header.event {
        "ack" => Some(Frame::Answer(header.request_id?.parse().ok()?, serde_json::from_str(text).ok()?)),
        "error" => {
            let answer = Answer { code: header.code.map(str::to_owned), ..Answer::default() };
            Some(Frame::Answer(header.request_id?.parse().ok()?, answer))
        }
        "new_message" | "order_message_update" => {
            serde_json::from_str(text).ok().map(|Pushed { message }| Frame::Message(message))
        }
        "message_read" => Some(Frame::Receipt),
        _ => None,
    }
}

fn peer(text: &str) -> Option<Frame> {
    if let Some(answer) = text.strip_prefix("43") {
        let (id, body) = answer.split_at(answer.find('[')?);
        let (answer,) = serde_json::from_str(body).ok()?;
        return Some(Frame::Answer(id.parse().ok()?, answer));
    }
    if let Some(event) = text.strip_prefix("42") {
        if !event.starts_with(r#"["new_message""#) && !event.starts_with(r#"["order_message_update""#) {
            return None;
        }
        let (_, Pushed { message }): (&str, _) = serde_json::from_str(event).ok()?;
        return Some(Frame::Message(message));
    }
    match text.get(..2).unwrap_or(text) {
        "40" => Some(Frame::Welcome),
        "2" => Some(Frame::Ping),
        other => other.starts_with('0').then_some(Frame::Hello),
    }
}

/// The size of a text frame of `length` bytes on the wire, with WebSocket's header and a client's
/// mask.
pub(crate) fn on_wire(length: usize, from_client: bool) -> usize {
    let header = if length < 126 { 2 } else { 4 };
    length + header + if from_client { 4 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_protocols_are_read() {
        let Frame::Message(said) =
            ours(r#"{"event":"new_message","message":{"seq":7,"body":"m0000000042 Hello","kind":"text"}}"#).unwrap()
        else {
            panic!()
        };
        assert_eq!((said.seq, said.number()), (7, Some(42)));
        let Frame::Answer(3, answer) =
            ours(r#"{"event":"error","requestId":"3","code":"closed","message":"x"}"#).unwrap()
        else {
            panic!()
        };
        assert_eq!(answer.code.as_deref(), Some("closed"));
        assert!(matches!(ours(r#"{"event":"ack","requestId":"4"}"#), Some(Frame::Answer(4, _))));
        let Frame::Message(said) = peer(r#"42["new_message",{"message":{"seq":7,"body":"m0000000042 "}}]"#).unwrap()
        else {
            panic!()
        };
        assert_eq!((said.seq, said.number()), (7, Some(42)));
        assert!(matches!(peer(r#"4312[{"readSeq":2}]"#), Some(Frame::Answer(12, _))));
        assert!(matches!(peer(r#"0{"sid":"x"}"#), Some(Frame::Hello)));
        assert!(matches!(peer(r#"40{"sid":"x"}"#), Some(Frame::Welcome)));
        assert!(matches!(peer("2"), Some(Frame::Ping)));
    }

    #[test]
    fn every_body_has_the_same_length() {
        assert_eq!([body(7).len(), body(9_999_999_999).len()], [TEXT, TEXT]);
    }
}
