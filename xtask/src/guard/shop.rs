//! A running system, and events for a function that runs outside of it.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::listener::Listener;
use crate::gateway::{self, Gateway};
use crate::shell;

/// The number of messages in a page.
pub(super) const PAGE: usize = 50;

/// The name of the local gateway's table.
const TABLE: &str = "order-chat-Table";

/// The text of every message.
const TEXT: &str = "a message of usual length, as people write them";

/// A customer, Anna, with two devices. One only listens. The other one sends the events.
pub(super) struct Shop {
    gateway: Gateway,
    token: String,
    websocket_url: String,
    pub(super) listener: Listener,
    /// A conversation with more than one page.
    long: String,
    messages: usize,
}

impl Shop {
    pub(super) fn open() -> Result<Self> {
        let gateway = Gateway::start(&gateway::build()?)?;
        let token = gateway.token("anna", "customer")?;
        let ticket = gateway.post("/api/chat/ticket", &token, &Value::Null)?;
        let url = ticket["url"].as_str().context("a ticket says where to go")?;
        let (websocket_url, _) = url.split_once('?').context("a ticket is in its address")?;
        let listener = Listener::connect(gateway.address(), url)?;
        let websocket_url = websocket_url.to_owned();
        let mut shop = Self { gateway, token, websocket_url, listener, long: String::new(), messages: 0 };
        shop.long = shop.order()?;
        for number in 0..PAGE {
            // Several senders, so that none reaches the rate limit.
            let writer = shop.gateway.token(&format!("writer{}", number / 20), "admin")?;
            shop.say(&shop.long.clone(), &writer, number + 1)?;
        }
        Ok(shop)
    }

    /// The environment variables with which a function uses this system.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let variables = [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.gateway.address())),
            ("LOG_SAMPLING", "20".to_owned()),
            ("TABLE_NAME", TABLE.to_owned()),
            ("WEBSOCKET_URL", self.websocket_url.clone()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// An event with which Anna sends a message in a conversation that has only its order.
    pub(super) fn send(&mut self) -> Result<Value> {
        let conversation = self.order()?;
        let mut frame = self.message(1);
        frame["action"] = "send_message".into();
        frame["requestId"] = "1".into();
        frame["conversationId"] = conversation.into();
        on_websocket("06-SendMessage-send_message.json", &frame)
    }

    /// An event with which Anna marks a message of the shop as read.
    pub(super) fn read(&mut self) -> Result<Value> {
        let conversation = self.order()?;
        let writer = self.gateway.token("ben", "admin")?;
        self.say(&conversation, &writer, 1)?;
        let frame = json!({ "action": "message_read", "conversationId": conversation, "seq": 2 });
        on_websocket("14-Signals-message_read.json", &frame)
    }

    /// An event with which Anna requests the newest page of a long conversation.
    pub(super) fn page(&mut self) -> Result<Value> {
        let mut event = event("24-Conversations-history.json")?;
        let path = format!("/api/chat/conversations/{}/messages", self.long);
        event["pathParameters"]["id"] = self.long.clone().into();
        event["requestContext"]["http"]["path"] = path.clone().into();
        event["rawPath"] = path.into();
        event["rawQueryString"] = "".into();
        event["queryStringParameters"] = Value::Null;
        Ok(event)
    }

    /// Places an order of Anna's. Returns the id of its conversation.
    fn order(&self) -> Result<String> {
        let order = json!({ "items": [{ "title": "Desk lamp", "quantity": 1, "unitPrice": 1250 }], "currency": "EUR" });
        let placed = self.gateway.post("/api/sales", &self.token, &order)?;
        let conversation = placed["conversation"]["id"].as_str().with_context(|| format!("no order but {placed}"))?;
        Ok(conversation.to_owned())
    }

    /// Sends a message and waits until Anna's listening device gets it.
    fn say(&mut self, conversation: &str, token: &str, seen: usize) -> Result<()> {
        let message = self.message(seen);
        let answer = self.gateway.post(&format!("/api/chat/conversations/{conversation}/messages"), token, &message)?;
        answer["message"]["seq"].as_u64().with_context(|| format!("no message but {answer}"))?;
        self.listener.next_frame()
    }

    fn message(&mut self, seen: usize) -> Value {
        self.messages += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.messages);
        json!({ "clientMessageId": id, "body": TEXT, "seenSeq": seen })
    }
}

fn on_websocket(file: &str, frame: &Value) -> Result<Value> {
    let mut event = event(file)?;
    event["body"] = frame.to_string().into();
    Ok(event)
}

/// An example event with Anna as the caller.
fn event(file: &str) -> Result<Value> {
    let text = fs::read_to_string(shell::root().join("tests/events").join(file)).with_context(|| file.to_owned())?;
    Ok(serde_json::from_str(&text)?)
}
