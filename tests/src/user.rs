//! A customer or an admin who calls the REST API.

use std::fmt::Display;

use domain::{ConversationStatus, DeskEntry, Emoji, Message, OrderStatus, Role};
use protocol::{
    ChangeAnswer, Conversation, ConversationAnswer, ConversationPage, ConversationUpdate, Counts, Desk, DeskAnswer,
    DeskPage, History, MessageAnswer, MessagesFound, OrderAnswer, OrderUpdate, ReadAnswer, TicketAnswer,
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Answer, Client, client_message_id};

/// A user with a token, with an invalid one, or without one.
#[derive(Clone, Debug)]
pub struct User {
    /// The token's `sub`.
    pub id: String,
    /// The token's `role`.
    pub role: Role,
    /// The token's `name`.
    pub name: String,
    /// The token in the header `Authorization`, without `Bearer `.
    pub token: Option<String>,
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
}

/// The body of an order for one lamp.
pub fn lamp() -> Value {
    json!({"items": [{"title": "Lamp", "quantity": 2, "unitPrice": 1250}], "currency": "EUR"})
}

impl User {
    /// A user with this token at the gateway with the base URL `base`.
    pub fn at(base: &str, id: &str, role: Role, token: String) -> Self {
        let (base, http) = (base.to_owned(), reqwest::Client::new());
        Self { id: id.to_owned(), role, name: id.to_owned(), token: Some(token), base, http }
    }

    /// The same user with another token, or without one.
    #[must_use]
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// Sends a request with additional headers. `body` is sent unchanged.
    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let asked = format!("{} {method} {path}", self.id);
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Answer { asked, status, headers, text }
    }

    /// Sends a GET request.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[], None).await
    }

    /// Sends a POST request.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, &[], Some(body.to_string())).await
    }

    /// Sends a PUT request.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PUT, path, &[], Some(body.to_string())).await
    }

    /// Sends a PATCH request.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path, &[], Some(body.to_string())).await
    }

    /// Orders two lamps.
    pub async fn order(&self) -> OrderAnswer {
        self.post("/api/sales", &lamp()).await.expect(201)
    }

    /// Places the order `body` with an idempotency key.
    pub async fn order_once(&self, key: &str, body: &Value) -> Answer {
        self.call(Method::POST, "/api/sales", &[("idempotency-key", key)], Some(body.to_string())).await
    }

    /// Reads an order with its conversation.
    pub async fn sale(&self, order: impl Display) -> OrderAnswer {
        self.get(&format!("/api/sales/{order}")).await.ok()
    }

    /// Changes an order's status.
    pub async fn set_order_status(&self, order: impl Display, status: OrderStatus) -> OrderUpdate {
        self.patch(&format!("/api/sales/{order}/status"), &json!({"status": status})).await.ok()
    }

    /// Reads the number of orders by status.
    pub async fn stats(&self) -> Counts {
        self.get("/api/sales/stats").await.ok()
    }

    /// Reads a conversation.
    pub async fn conversation(&self, id: impl Display) -> Conversation {
        self.get(&format!("/api/chat/conversations/{id}")).await.ok::<ConversationAnswer>().conversation
    }

    /// Sets a conversation's status.
    pub async fn set_status(&self, id: impl Display, status: ConversationStatus) -> ConversationUpdate {
        self.patch(&format!("/api/chat/conversations/{id}"), &json!({"status": status})).await.ok()
    }

    /// Reads a page of conversations; `query` is the query string.
    pub async fn conversations(&self, query: &str) -> ConversationPage {
        self.get(&format!("/api/chat/conversations?{query}")).await.ok()
    }

    /// Reads all pages of the conversations that `query` selects.
    pub async fn all_conversations(&self, query: &str) -> Vec<Conversation> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.conversations(&format!("{query}{cursor}")).await;
            found.extend(page.items);
            match page.next_cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// Reads a page of messages; `query` is the query string.
    pub async fn history(&self, id: impl Display, query: &str) -> History {
        self.get(&format!("/api/chat/conversations/{id}/messages?{query}")).await.ok()
    }

    /// Searches the messages of a conversation; `query` is the query string.
    pub async fn search_messages(&self, id: impl Display, query: &str) -> MessagesFound {
        self.get(&format!("/api/chat/conversations/{id}/search?{query}")).await.ok()
    }

    /// Reads all pages after `seq`, as one.
    pub async fn log_after(&self, id: impl Display, mut after: u64) -> History {
        let mut found = self.history(&id, &format!("after={after}&limit=100")).await;
        while found.has_more {
            let (messages, changes) = (found.messages.last(), found.changes.last());
            after = messages.map_or(0, |it| it.seq).max(changes.map_or(0, |it| it.seq)).max(after);
            let page = self.history(&id, &format!("after={after}&limit=100")).await;
            found.messages.extend(page.messages);
            found.changes.extend(page.changes);
            found.others.extend(page.others);
            (found.last_seq, found.has_more) = (page.last_seq, page.has_more);
        }
        found
    }

    /// Reads all messages after `seq`.
    pub async fn messages_after(&self, id: impl Display, after: u64) -> Vec<Message> {
        self.log_after(id, after).await.messages
    }

    /// Reads all messages.
    pub async fn messages(&self, id: impl Display) -> Vec<Message> {
        self.messages_after(id, 0).await
    }

    /// Sends a message over REST.
    pub async fn post_message(&self, id: impl Display, client_id: Uuid, body: &str, seen: Option<u64>) -> Answer {
        self.post_message_from(id, client_id, body, seen, None).await
    }

    /// Sends a message over REST, which may name a connection of the sender.
    pub async fn post_message_from(
        &self,
        id: impl Display,
        client_id: Uuid,
        body: &str,
        seen: Option<u64>,
        connection_id: Option<&str>,
    ) -> Answer {
        let mut message = json!({"clientMessageId": client_id, "body": body});
        if let Some(seen) = seen {
            message["seenSeq"] = seen.into();
        }
        if let Some(connection_id) = connection_id {
            message["connectionId"] = connection_id.into();
        }
        self.post(&format!("/api/chat/conversations/{id}/messages"), &message).await
    }

    /// Sends a new message over REST.
    pub async fn say(&self, id: impl Display, body: &str) -> Message {
        self.post_message(id, client_message_id(), body, None).await.expect::<MessageAnswer>(201).message
    }

    /// Changes a message over REST; `change` has one of `edit`, `delete` and `react`, and can have
    /// `seenSeq`.
    pub async fn post_change(&self, id: impl Display, seq: u64, change_id: Uuid, change: &Value) -> Answer {
        let mut body = change.clone();
        body["changeId"] = json!(change_id);
        self.post(&format!("/api/chat/conversations/{id}/messages/{seq}/changes"), &body).await
    }

    /// Makes a new change of a message over REST.
    pub async fn change(&self, id: impl Display, seq: u64, change: &Value) -> ChangeAnswer {
        self.post_change(id, seq, client_message_id(), change).await.expect(201)
    }

    /// Edits a message.
    pub async fn edit(&self, id: impl Display, seq: u64, body: &str) -> ChangeAnswer {
        self.change(id, seq, &json!({"edit": {"body": body}})).await
    }

    /// Deletes a message.
    pub async fn delete(&self, id: impl Display, seq: u64) -> ChangeAnswer {
        self.change(id, seq, &json!({"delete": {}})).await
    }

    /// Adds or removes a reaction.
    pub async fn react(&self, id: impl Display, seq: u64, emoji: Emoji, on: bool) -> ChangeAnswer {
        self.change(id, seq, &json!({"react": {"emoji": emoji, "on": on}})).await
    }

    /// Writes a note, a new one or a repeated one.
    pub async fn post_note(&self, id: impl Display, change_id: Uuid, body: &str, seen: Option<u64>) -> Answer {
        let mut note = json!({"changeId": change_id, "note": {"body": body}});
        if let Some(seen) = seen {
            note["seenDeskSeq"] = seen.into();
        }
        self.post(&format!("/api/chat/conversations/{id}/desk"), &note).await
    }

    /// Writes a new note.
    pub async fn note(&self, id: impl Display, body: &str) -> DeskEntry {
        let written: DeskAnswer = self.post_note(id, client_message_id(), body, None).await.expect(201);
        written.entry.expect("a note is an entry")
    }

    /// Does something at the desk: a new request with this action, as in `{"settle": {}}`.
    pub async fn post_desk(&self, id: impl Display, action: &Value) -> Answer {
        let mut request = action.clone();
        request["changeId"] = client_message_id().to_string().into();
        self.post(&format!("/api/chat/conversations/{id}/desk"), &request).await
    }

    /// The same, which changes something.
    pub async fn at_desk(&self, id: impl Display, action: Value) -> DeskAnswer {
        self.post_desk(id, &action).await.expect(201)
    }

    /// What the shop decided about a conversation.
    pub async fn desk(&self, id: impl Display) -> Desk {
        self.conversation(id).await.desk.expect("an admin gets the desk")
    }

    /// Reads a page of the shop's log; `query` is the query string.
    pub async fn desk_log(&self, id: impl Display, query: &str) -> DeskPage {
        self.get(&format!("/api/chat/conversations/{id}/desk?{query}")).await.ok()
    }

    /// Marks the conversation as read up to `seq`.
    pub async fn read(&self, id: impl Display, seq: u64) -> ReadAnswer {
        self.post(&format!("/api/chat/conversations/{id}/read"), &json!({"seq": seq})).await.ok()
    }

    /// Requests a ticket for one WebSocket connection.
    pub async fn ticket(&self) -> TicketAnswer {
        self.post("/api/chat/ticket", &json!({})).await.ok()
    }

    /// Opens a WebSocket and waits until it answers a ping.
    pub async fn connect(&self) -> Client {
        let ticket = self.ticket().await;
        let client = Client::open(&self.id, &ticket.url).await;
        client.ping().await;
        client
    }

    /// Opens a WebSocket and joins a conversation.
    pub async fn connect_and_join(&self, id: impl Display) -> Client {
        let client = self.connect().await;
        client.join(id).await;
        client
    }
}
