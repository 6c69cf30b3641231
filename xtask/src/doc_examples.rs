//! Checks the examples in the documents. Each names its type, can be parsed as that type, and has
//! no other fields.

use std::fs;

use protocol::{
    BulkRequest, ChangeAnswer, ChangeRequest, Conversation, Desk, DeskAnswer, DeskRequest, Event, Frame, MessageAnswer,
    MessageRequest, MessagesFound, OrderRequest, OrderUpdate, Problem, Sla,
};
use serde_json::{Value, json};

use crate::shell::root;

fn read_and_printed(kind: &str, example: Value) -> serde_json::Result<Value> {
    use serde_json::{from_value, to_value};
    match kind {
        "BulkRequest" => to_value(from_value::<BulkRequest>(example)?),
        "Change" => to_value(from_value::<ChangeAnswer>(json!({ "change": example, "message": message() }))?.change),
        "ChangeRequest" => to_value(from_value::<ChangeRequest>(example)?),
        "ClientFrame" => to_value(from_value::<Frame>(example)?),
        "Conversation" => to_value(from_value::<Conversation>(example)?),
        "Desk" => to_value(from_value::<Desk>(example)?),
        "DeskEntry" => {
            let desk = json!({ "priority": "none", "tags": [], "sla": [] });
            to_value(from_value::<DeskAnswer>(json!({ "entry": example, "desk": desk, "deskSeq": 1 }))?.entry)
        }
        "DeskRequest" => to_value(from_value::<DeskRequest>(example)?),
        "Message" => to_value(from_value::<MessageAnswer>(json!({ "message": example }))?.message),
        "MessagesFound" => to_value(from_value::<MessagesFound>(example)?),
        "MessageRequest" => to_value(from_value::<MessageRequest>(example)?),
        "Order" => to_value(from_value::<OrderUpdate>(json!({ "order": example }))?.order),
        "OrderRequest" => to_value(from_value::<OrderRequest>(example)?),
        "Problem" => to_value(from_value::<Problem>(example)?),
        "ServerEvent" => to_value(from_value::<Event>(example)?),
        "Sla" => to_value(from_value::<Sla>(example)?),
        _ => panic!("no type is called {kind:?}"),
    }
}

/// A message, for an answer that has one beside the example.
fn message() -> Value {
    json!({
        "conversationId": "cnv_aebagbafaydqqcikbmga2dqpca",
        "seq": 2,
        "id": "msg_mfrggzdfmztwq2lk",
        "sender": { "userId": "u-17", "role": "customer", "name": "Ada" },
        "kind": "text",
        "body": "When will it arrive?",
        "createdAt": "2026-03-01T09:31:12.345Z",
    })
}

#[test]
fn examples_match_the_types() {
    for document in
        ["protocol.md", "sending-a-message.md", "creating-an-order.md", "changing-a-conversation.md", "at-the-desk.md"]
    {
        let text = fs::read_to_string(root().join("docs").join(document)).unwrap();
        let mut examples = 0;
        for block in text.split("\n```json").skip(1) {
            let (kind, rest) = block.split_once('\n').unwrap();
            let (example, _) = rest.split_once("\n```").unwrap();
            let example: Value = serde_json::from_str(example).unwrap_or_else(|error| panic!("{error} in {example}"));
            let printed = read_and_printed(kind.trim(), example.clone());
            assert_eq!(printed.unwrap_or_else(|error| panic!("{error} in {example}")), example);
            examples += 1;
        }
        assert!(examples > 0, "no examples in {document}");
    }
}
