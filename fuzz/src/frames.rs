use domain::Text;
use protocol::{Action, Code, Event, Frame};

/// Checks that a frame is either refused with an error frame that can be sent, or is the same after
/// it is serialized and parsed again.
pub fn frames(bytes: &[u8]) {
    // The gateway closes a connection that sends bytes that are not UTF-8.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Frame::parse(text) {
        Ok(frame) => check_round_trip(&frame),
        Err(rejected) => {
            let code = rejected.problem.code;
            assert!(matches!(code, Code::BadRequest | Code::InvalidRequest | Code::UnknownAction), "{code:?}");
            super::check_problem(&rejected.problem);
            let message = rejected.problem.detail;
            let error = Event::Error {
                request_id: rejected.request_id,
                code,
                message,
                retry_after_ms: None,
                overtaken_by: None,
            };
            assert!(error.to_text().len() < 4_096, "{}", error.to_text());
        }
    }
}

fn check_round_trip(frame: &Frame) {
    assert!(frame.request_id.as_ref().is_none_or(|id| id.chars().count() <= 64), "{frame:?}");
    let printed = serde_json::to_string(frame).expect("a frame is JSON");
    let read = Frame::parse(&printed).expect("a frame that was printed");
    assert_eq!(serde_json::to_string(&read).expect("a frame is JSON"), printed);
    if let Action::SendMessage(send) = &frame.action {
        match Text::new(send.body.clone()) {
            Ok(text) => assert_eq!(text.as_str(), send.body),
            Err(invalid) => super::check_problem(&invalid.into()),
        }
    }
}
