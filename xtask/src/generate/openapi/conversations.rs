//! `/api/chat` and `/api/health`.

use anyhow::Result;
use protocol::{
    ChangeAnswer, ChangeRequest, ClosedAnswer, Code, ConversationAnswer, ConversationPage, ConversationUpdate,
    DeskAnswer, DeskPage, DeskQuery, DeskRequest, Health, History, HistoryQuery, InboxQuery, MessageAnswer,
    MessageRequest, ReadAnswer, ReadRequest, SetConversationStatus, TicketAnswer,
};
use serde_json::json;

use super::operation::Operation;
use crate::generate::schema::Schemas;

const ALL: &str = "/api/chat/conversations";
const ONE: &str = "/api/chat/conversations/{conversationId}";
const MESSAGES: &str = "/api/chat/conversations/{conversationId}/messages";
const CHANGES: &str = "/api/chat/conversations/{conversationId}/messages/{seq}/changes";
const DESK: &str = "/api/chat/conversations/{conversationId}/desk";
const READ: &str = "/api/chat/conversations/{conversationId}/read";

pub(super) fn operations(schemas: &mut Schemas) -> Result<Vec<Operation>> {
    Ok(vec![
        inbox(schemas)?,
        one(schemas),
        set_status(schemas),
        history(schemas)?,
        send(schemas),
        change(schemas),
        desk(schemas)?,
        add_to_desk(schemas),
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
        .answers::<ConversationUpdate>(schemas, 200, "The conversation as it is now.")
        .problems(&[Code::Forbidden, Code::NotFound])
}

fn history(schemas: &mut Schemas) -> Result<Operation> {
    Ok(Operation::new("get", MESSAGES, "listMessages", "A page of messages and changes, ascending `seq`")
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
        .problems(&[Code::NotFound, Code::ConversationClosed, Code::Overtaken])
        .leads_to(201, "markRead", "conversationId", "message/conversationId")
        .leads_to(201, "listMessages", "conversationId", "message/conversationId")
}

fn change(schemas: &mut Schemas) -> Operation {
    let change = json!({
        "changeId": "5d4cbb0b-3c4c-4a76-8a3c-3c7d1d2a2f10",
        "seenSeq": 1,
        "react": { "emoji": "\u{1f44d}", "on": true },
    });
    Operation::new("post", CHANGES, "changeMessage", "Edit or delete a message, or react to it")
        .about(
            "Exactly one of `edit`, `delete` and `react`. Can be repeated safely with the same `changeId` and the same \
             `seenSeq`.",
        )
        .id("conversationId", "cnv")
        .seq()
        .takes::<ChangeRequest>(schemas, &change)
        .answers::<ChangeAnswer>(schemas, 201, "Stored.")
        .answers::<ChangeAnswer>(schemas, 200, "It was stored before; this is it.")
        .problems(&[Code::Forbidden, Code::NotFound, Code::ConversationClosed, Code::NotChangeable])
}

fn desk(schemas: &mut Schemas) -> Result<Operation> {
    Ok(Operation::new("get", DESK, "listDesk", "A page of the shop's log, ascending `deskSeq`")
        .about("For admins.")
        .id("conversationId", "cnv")
        .query::<DeskQuery>(schemas)?
        .answers::<DeskPage>(schemas, 200, "A page.")
        .problems(&[Code::Forbidden, Code::NotFound, Code::InvalidRequest]))
}

fn add_to_desk(schemas: &mut Schemas) -> Operation {
    let note = json!({
        "changeId": "0b6f5a0e-8a2c-4a63-9f0b-5c1d7e2f3a40",
        "seenDeskSeq": 0,
        "note": { "body": "She has called before." },
    });
    Operation::new("post", DESK, "addToDesk", "Write a note for the other admins")
        .about("For admins. Can be repeated safely with the same `changeId` and the same `seenDeskSeq`.")
        .id("conversationId", "cnv")
        .takes::<DeskRequest>(schemas, &note)
        .answers::<DeskAnswer>(schemas, 201, "Stored.")
        .answers::<DeskAnswer>(schemas, 200, "It was stored before; this is it.")
        .problems(&[Code::Forbidden, Code::NotFound])
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
