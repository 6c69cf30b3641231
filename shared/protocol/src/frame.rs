//! The frames that clients send over WebSocket. A frame is a JSON object; its `action` names the
//! request.

use domain::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::request::parse_value;
use crate::{Code, Delete, Edit, Problem, React};

/// A request whose only field is the conversation.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InConversation {
    /// The conversation's id, `cnv_X`.
    pub conversation_id: String,
}

/// A message to send.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SendFrame {
    /// The conversation's id, `cnv_X`.
    pub conversation_id: String,
    /// The sender's own id of this message, a UUID. It must be the same in every repeat.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub client_message_id: Uuid,
    /// The text, 1 to 4,000 characters.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 4_000), regex(pattern = domain::TEXT_PATTERN)))]
    pub body: String,
    /// The `seq` up to which the sender had every message when it created `clientMessageId`. It
    /// must be the same in every repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub seen_seq: Option<u64>,
    /// The `seq` of the message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub reply_to: Option<u64>,
    /// With true, the message is refused with `overtaken` if another admin has answered after
    /// `seenSeq`. Only for admins; needs `seenSeq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub expect_last: Option<bool>,
}

/// A change of a message. Exactly one of `edit`, `delete` and `react` is present.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeFrame {
    /// The conversation's id, `cnv_X`.
    pub conversation_id: String,
    /// The `seq` of the message.
    pub seq: u64,
    /// The caller's own id of this change, a UUID. It must be the same in every repeat.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub change_id: Uuid,
    /// The `seq` up to which the caller had every entry when it created `changeId`. It must be the
    /// same in every repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub seen_seq: Option<u64>,
    /// Changes the text. Only the sender may, for a limited time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub edit: Option<Edit>,
    /// Deletes the message. The sender may, and every admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub delete: Option<Delete>,
    /// Adds or removes a reaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub react: Option<React>,
}

/// A receipt for every entry up to `seq`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReceiptFrame {
    /// The conversation's id, `cnv_X`.
    pub conversation_id: String,
    /// The last `seq` that the receipt covers.
    pub seq: u64,
}

/// A heartbeat.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PingFrame {
    /// The `asOf` of the last page of conversations. With it the answer has `changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub as_of: Option<Time>,
}

/// The request in a frame.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Joins a conversation. The connection leaves the one that it joined before.
    JoinConversation(InConversation),
    /// Leaves the conversation.
    LeaveConversation(InConversation),
    /// Sends a message.
    SendMessage(SendFrame),
    /// Changes a message: edits it, deletes it, or adds or removes a reaction.
    ChangeMessage(ChangeFrame),
    /// Tells the others that the caller is typing.
    TypingStart(InConversation),
    /// Tells the others that the caller stopped typing.
    TypingStop(InConversation),
    /// Marks every message up to `seq` as delivered to the caller.
    MessageDelivered(ReceiptFrame),
    /// Marks every message up to `seq` as read by the caller.
    MessageRead(ReceiptFrame),
    /// Keeps the connection alive and checks it. With `asOf` it also asks whether something has
    /// changed since then.
    Ping(PingFrame),
}

impl Action {
    /// The conversation's id as the client wrote it; `None` for `ping`.
    pub fn conversation_id(&self) -> Option<&str> {
        match self {
            Self::JoinConversation(it) | Self::LeaveConversation(it) | Self::TypingStart(it) | Self::TypingStop(it) => {
                Some(&it.conversation_id)
            }
            Self::SendMessage(it) => Some(&it.conversation_id),
            Self::ChangeMessage(it) => Some(&it.conversation_id),
            Self::MessageDelivered(it) | Self::MessageRead(it) => Some(&it.conversation_id),
            Self::Ping(_) => None,
        }
    }
}

/// A frame that a client sends.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "describe", ts(rename = "ClientFrame"), schemars(rename = "ClientFrame"))]
pub struct Frame {
    /// The answer repeats it; at most 64 characters. A frame without it is answered only on an
    /// error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional), schemars(length(max = 64)))]
    pub request_id: Option<String>,
    /// The request.
    #[serde(flatten)]
    pub action: Action,
}

/// The error for a frame that cannot be parsed.
#[derive(Clone, Debug)]
pub struct InvalidFrame {
    /// The frame's `requestId`, if it could be parsed.
    pub request_id: Option<String>,
    /// What is wrong with the frame.
    pub problem: Box<Problem>,
}

impl Frame {
    /// Parses a frame. Errors: `bad_request`, `unknown_action` and `invalid_request`.
    pub fn parse(text: &str) -> Result<Self, InvalidFrame> {
        let mut frame: Map<String, Value> = serde_json::from_str(text).map_err(|_| InvalidFrame {
            request_id: None,
            problem: Box::new(Problem::new(Code::BadRequest, "The frame is not a JSON object.")),
        })?;
        let request_id = match frame.remove("requestId") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) if id.chars().count() <= 64 => Some(id),
            Some(_) => {
                let problem = Problem::invalid("requestId", "must be a string of at most 64 characters");
                return Err(InvalidFrame { request_id: None, problem: Box::new(problem) });
            }
        };
        match action(frame) {
            Ok(action) => Ok(Self { request_id, action }),
            Err(problem) => Err(InvalidFrame { request_id, problem: Box::new(problem) }),
        }
    }
}

/// The text of the error for a frame without a known action.
const UNKNOWN_ACTION: &str = "`action` must be one of join_conversation, leave_conversation, send_message, \
    change_message, typing_start, typing_stop, message_delivered, message_read, ping.";

/// Chooses the type by name. The errors of serde's tagged enums do not name the invalid field.
fn action(mut frame: Map<String, Value>) -> Result<Action, Problem> {
    let name = frame.remove("action");
    let fields = Value::Object(frame);
    match name.as_ref().and_then(Value::as_str).unwrap_or_default() {
        "join_conversation" => parse_value(fields).map(Action::JoinConversation),
        "leave_conversation" => parse_value(fields).map(Action::LeaveConversation),
        "send_message" => parse_value(fields).map(Action::SendMessage),
        "change_message" => parse_value(fields).map(Action::ChangeMessage),
        "typing_start" => parse_value(fields).map(Action::TypingStart),
        "typing_stop" => parse_value(fields).map(Action::TypingStop),
        "message_delivered" => parse_value(fields).map(Action::MessageDelivered),
        "message_read" => parse_value(fields).map(Action::MessageRead),
        "ping" => parse_value(fields).map(Action::Ping),
        _ => Err(Problem::new(Code::UnknownAction, UNKNOWN_ACTION)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> (Option<String>, Code) {
        let rejected = Frame::parse(text).unwrap_err();
        (rejected.request_id, rejected.problem.code)
    }

    #[test]
    fn each_mistake_has_its_code() {
        for text in ["", "nonsense", "[]", "1", "null", "\"ping\"", "{", &"[".repeat(1_000)] {
            assert_eq!(code(text), (None, Code::BadRequest), "{text}");
        }
        assert_eq!(code("{}"), (None, Code::UnknownAction));
        assert_eq!(code(r#"{"action":7,"requestId":"r"}"#), (Some("r".to_owned()), Code::UnknownAction));
        assert_eq!(code(r#"{"action":"ping","requestId":7}"#), (None, Code::InvalidRequest));
        assert_eq!(
            code(r#"{"action":"message_read","requestId":"r","conversationId":"x","seq":-1}"#).1,
            Code::InvalidRequest
        );
    }

    #[test]
    fn the_detail_names_the_field() {
        let rejected =
            Frame::parse(r#"{"action":"send_message","conversationId":"x","clientMessageId":"no","body":""}"#);
        assert!(rejected.unwrap_err().problem.detail.starts_with("clientMessageId: "));
    }

    #[test]
    fn a_wrong_value_is_not_sent_back_in_full() {
        for value in ["\u{7f}", "\u{ad}", "é", "\\n"] {
            let value = value.repeat(32_000 / value.len());
            let text = format!(r#"{{"action":"message_read","conversationId":"x","seq":"{value}"}}"#);
            let detail = Frame::parse(&text).unwrap_err().problem.detail;
            assert!(detail.starts_with("seq: invalid type: string") && detail.chars().count() < 250, "{detail}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in any::<String>()) {
            let rejected = Frame::parse(&text).unwrap_err();
            prop_assert_eq!(rejected.problem.code, Code::BadRequest);
        }
    }
}
