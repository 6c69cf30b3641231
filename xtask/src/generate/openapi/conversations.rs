//! `/api/chat` and `/api/health`.

use anyhow::Result;
use protocol::{
    ChangeAnswer, ChangeRequest, ClosedAnswer, Code, ConversationAnswer, ConversationPage, ConversationUpdate,
    DeskAnswer, DeskPage, DeskQuery, DeskRequest, Health, History, HistoryQuery, InboxQuery, MessageAnswer,
    MessageRequest, MessageSearchQuery, MessagesFound, ReadAnswer, ReadRequest, SetConversationStatus, TicketAnswer,
};
use serde_json::json;

use super::operation::Operation;
use crate::generate::schema::Schemas;

const ALL: &str = "/api/chat/conversations";
const ONE: &str = "/api/chat/conversations/{conversationId}";
const MESSAGES: &str = "/api/chat/conversations/{conversationId}/messages";
const CHANGES: &str = "/api/chat/conversations/{conversationId}/messages/{seq}/changes";
const DESK: &str = "/api/chat/conversations/{conversationId}/desk";
const SEARCH: &str = "/api/chat/conversations/{conversationId}/search";
const READ: &str = "/api/chat/conversations/{conversationId}/read";

pub(super) fn operations(schemas: &mut Schemas) -> Result<Vec<Operation>> {
    Ok(vec![
        inbox(schemas)?,
        one(schemas),
        set_status(schemas),
        history(schemas)?,
        search(schemas)?,
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
            "A customer gets their own conversations, an admin all of them. Use `asOf` of the answer as `since` of the \
             next sync. That sync also returns conversations that were active while the pages were read: merge by `id`. \
             `q` searches. A search covers 200 conversations in each request, so a page can be empty and still have a \
             `nextCursor`. Send the cursor to search further.",
        )
        .query::<InboxQuery>(schemas)?
        .answers::<ConversationPage>(schemas, 200, "A page of conversations.")
        .problems(&[Code::InvalidCursor, Code::Forbidden, Code::InvalidRequest]))
}

fn one(schemas: &mut Schemas) -> Operation {
    Operation::new("get", ONE, "getConversation", "One conversation, with the presence of its participants")
        .id("conversationId", "cnv")
        .answers::<ConversationAnswer>(schemas, 200, "The conversation.")
        .problems(&[Code::NotFound])
}

fn set_status(schemas: &mut Schemas) -> Operation {
    Operation::new("patch", ONE, "setConversationStatus", "Archive, close or reopen a conversation")
        .about("For admins only. Every change is allowed. A text message makes an archived conversation active again.")
        .id("conversationId", "cnv")
        .takes::<SetConversationStatus>(schemas, &json!({ "status": "archived" }))
        .answers::<ConversationUpdate>(schemas, 200, "The conversation after the change.")
        .problems(&[Code::Forbidden, Code::NotFound])
}

fn history(schemas: &mut Schemas) -> Result<Operation> {
    Ok(Operation::new("get", MESSAGES, "listMessages", "A page of messages and changes, by ascending `seq`")
        .about("Returns the newest page without `before` and `after`. The two cannot be combined.")
        .id("conversationId", "cnv")
        .query::<HistoryQuery>(schemas)?
        .answers::<History>(schemas, 200, "A page of messages.")
        .problems(&[Code::NotFound, Code::InvalidRequest]))
}

fn search(schemas: &mut Schemas) -> Result<Operation> {
    Ok(Operation::new(
        "get",
        SEARCH,
        "searchMessages",
        "The messages of a conversation that contain words, newest first",
    )
    .about(
        "Looks at up to 1,000 messages and changes in each request. So an answer can be empty and still have \
             `searchedTo`. Send it as `before` to search further.",
    )
    .id("conversationId", "cnv")
    .query::<MessageSearchQuery>(schemas)?
    .answers::<MessagesFound>(schemas, 200, "The messages that were found.")
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
            "The request can be repeated safely with the same `clientMessageId` and the same `seenSeq`. To keep the order of \
             messages, send the next message after the answer to this one.",
        )
        .id("conversationId", "cnv")
        .takes::<MessageRequest>(schemas, &message)
        .answers::<MessageAnswer>(schemas, 201, "The message was stored.")
        .answers::<MessageAnswer>(schemas, 200, "An earlier request had stored the message. This is the stored message.")
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
        .answers::<ChangeAnswer>(schemas, 201, "The change was stored.")
        .answers::<ChangeAnswer>(schemas, 200, "An earlier request had stored the change. This is the stored change.")
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
    Operation::new("post", DESK, "addToDesk", "Write a note for the other admins, or decide about a conversation")
        .about(
            "For admins. Besides `changeId` and `seenDeskSeq` exactly one field is present. Can be repeated safely with the same \
             `changeId` and the same `seenDeskSeq`.",
        )
        .id("conversationId", "cnv")
        .takes::<DeskRequest>(schemas, &note)
        .answers::<DeskAnswer>(schemas, 201, "The entry was stored.")
        .answers::<DeskAnswer>(schemas, 200, "An earlier request had stored the entry, or nothing had to be changed.")
        .problems(&[Code::Forbidden, Code::NotFound, Code::AlreadyAssigned])
}

fn read(schemas: &mut Schemas) -> Operation {
    Operation::new("post", READ, "markRead", "Mark messages as read up to `seq`")
        .about("The read cursor only moves forward: a lower `seq` changes nothing. A `seq` after the last message is refused.")
        .id("conversationId", "cnv")
        .takes::<ReadRequest>(schemas, &json!({ "seq": 1 }))
        .answers::<ReadAnswer>(schemas, 200, "The position of the read cursor, and the number of unread messages.")
        .problems(&[Code::NotFound])
}

fn ticket(schemas: &mut Schemas) -> Operation {
    Operation::new("post", "/api/chat/ticket", "getTicket", "A ticket for one WebSocket connection")
        .about("Connect to `url`, which contains the ticket, within `expiresIn` seconds.")
        .answers::<TicketAnswer>(schemas, 200, "The ticket.")
}

fn close_connections(schemas: &mut Schemas) -> Operation {
    Operation::new("delete", "/api/chat/users/{userId}/connections", "closeConnections", "Close a user's connections")
        .about(
            "For admins only, for example after a log-out or a change of role. Stop issuing tokens to the user first. A \
             token that was issued before can open new connections until it expires.",
        )
        .user("userId")
        .answers::<ClosedAnswer>(schemas, 200, "The connections were closed.")
        .problems(&[Code::Forbidden, Code::NotFound])
}

fn health(schemas: &mut Schemas) -> Operation {
    Operation::new("get", "/api/health", "getHealth", "Health check").open().answers::<Health>(
        schemas,
        200,
        "The system answers.",
    )
}
