//! `/api/chat`, and whether the system is there at all.

use anyhow::Result;
use protocol::{
    ClosedAnswer, Code, ConversationAnswer, ConversationPage, Health, History, HistoryQuery, InboxQuery, MessageAnswer,
    MessageRequest, ReadAnswer, ReadRequest, SetConversationStatus, TicketAnswer,
};
use serde_json::json;

use super::operation::Operation;
use crate::generate::schema::Schemas;

const ALL: &str = "/api/chat/conversations";
const ONE: &str = "/api/chat/conversations/{conversationId}";
const MESSAGES: &str = "/api/chat/conversations/{conversationId}/messages";
const READ: &str = "/api/chat/conversations/{conversationId}/read";

pub(super) fn operations(schemas: &mut Schemas) -> Result<Vec<Operation>> {
    Ok(vec![
        inbox(schemas)?,
        one(schemas),
        set_status(schemas),
        history(schemas)?,
        send(schemas),
        read(schemas),
        ticket(schemas),
        close_connections(schemas),
        health(schemas),
    ])
}

fn inbox(schemas: &mut Schemas) -> Result<Operation> {
    Ok(Operation::new("get", ALL, "listConversations", "The caller's conversations, last activity first")
        .about(
            "A customer's own; all of them for an admin. `asOf` in the answer is the `since` of the next sync. What moves \
             up while a client pages is found by that sync: merge by `id`. With `q` a search, which looks at 200 \
             conversations a request: a page may be empty and have a `nextCursor` all the same, under which it goes on.",
        )
        .query::<InboxQuery>(schemas)?
        .answers::<ConversationPage>(schemas, 200, "A page.")
        .problems(&[Code::InvalidCursor, Code::InvalidRequest]))
}

fn one(schemas: &mut Schemas) -> Operation {
    Operation::new("get", ONE, "getConversation", "One conversation, with who is there")
        .id("conversationId", "cnv")
        .answers::<ConversationAnswer>(schemas, 200, "The conversation.")
        .problems(&[Code::NotFound])
}

fn set_status(schemas: &mut Schemas) -> Operation {
    Operation::new("patch", ONE, "setConversationStatus", "Archive, close or open a conversation")
        .about("For admins; any status to any. A text message to an archived conversation opens it again.")
        .id("conversationId", "cnv")
        .takes::<SetConversationStatus>(schemas, &json!({ "status": "archived" }))
        .answers::<ConversationAnswer>(schemas, 200, "The conversation as it is now.")
        .problems(&[Code::Forbidden, Code::NotFound])
}

fn history(schemas: &mut Schemas) -> Result<Operation> {
    Ok(Operation::new("get", MESSAGES, "listMessages", "A page of messages, ascending `seq`")
        .about("Without `before` and `after`: the newest page. Both together are refused.")
        .id("conversationId", "cnv")
        .query::<HistoryQuery>(schemas)?
        .answers::<History>(schemas, 200, "A page.")
        .problems(&[Code::NotFound, Code::InvalidRequest]))
}

fn send(schemas: &mut Schemas) -> Operation {
    let message = json!({
        "clientMessageId": "3f2b8c1e-6d0a-4a57-9c56-0d8f3f0f6a11",
        "body": "When will it arrive?",
        "seenSeq": 1,
    });
    Operation::new("post", MESSAGES, "sendMessage", "Send a message")
        .about(
            "Can be repeated safely with the same `clientMessageId` and the same `seenSeq`. One sender sends one message at \
             a time: only an answered message is surely before the next.",
        )
        .id("conversationId", "cnv")
        .takes::<MessageRequest>(schemas, &message)
        .answers::<MessageAnswer>(schemas, 201, "Stored.")
        .answers::<MessageAnswer>(schemas, 200, "It was stored before; this is it.")
        .problems(&[Code::NotFound, Code::ConversationClosed])
        .leads_to(201, "markRead", "conversationId", "message/conversationId")
        .leads_to(201, "listMessages", "conversationId", "message/conversationId")
}

fn read(schemas: &mut Schemas) -> Operation {
    Operation::new("post", READ, "markRead", "Everything up to `seq` is read")
        .about("Only ever forward: a lower `seq` changes nothing, one past the last message is refused.")
        .id("conversationId", "cnv")
        .takes::<ReadRequest>(schemas, &json!({ "seq": 1 }))
        .answers::<ReadAnswer>(schemas, 200, "Where the cursor stands, and what is left unread.")
        .problems(&[Code::NotFound])
}

fn ticket(schemas: &mut Schemas) -> Operation {
    Operation::new("post", "/api/chat/ticket", "getTicket", "A ticket for one WebSocket connection")
        .about("Connect to `url` within `expiresIn` seconds; it has the ticket in it.")
        .answers::<TicketAnswer>(schemas, 200, "The ticket.")
}

fn close_connections(schemas: &mut Schemas) -> Operation {
    Operation::new("delete", "/api/chat/users/{userId}/connections", "closeConnections", "Close a user's connections")
        .about(
            "For admins: after a log-out or a change of role. Stop giving out tokens first; one that was given out opens new \
             connections until it expires.",
        )
        .user("userId")
        .answers::<ClosedAnswer>(schemas, 200, "They are closed.")
        .problems(&[Code::Forbidden, Code::NotFound])
}

fn health(schemas: &mut Schemas) -> Operation {
    Operation::new("get", "/api/health", "getHealth", "Whether the system answers")
        .open()
        .answers::<Health>(schemas, 200, "It does.")
}
