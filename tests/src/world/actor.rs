//! Somebody who does what a client does: tries until there is an answer, and remembers what it was told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use domain::{Person, Twin};
use serde_json::{Value, json};
use uuid::Uuid;

use super::event::{rest, socket};
use super::ledger::{Acknowledged, Connected};
use super::{Instances, Outcome, World};

/// How often a client tries before it gives up: more often than a plan makes things fail.
const TRIES: usize = 40;

const INBOX: &str = "GET /api/chat/conversations";
const HISTORY: &str = "GET /api/chat/conversations/{id}/messages";

/// A customer or an admin with at most one connection.
pub struct Actor {
    /// Who.
    pub person: Person,
    /// Whether the conversation is theirs.
    pub takes_part: bool,
    /// Every connection they ever had.
    pub connections: RefCell<BTreeSet<String>>,
    connection: RefCell<Option<String>>,
    /// Up to where they hold the conversation.
    connected_at: Cell<i64>,
    held: Cell<u64>,
    read: Cell<u64>,
}

impl Actor {
    /// Somebody who takes part.
    pub fn new(person: Person) -> Self {
        Self {
            person,
            takes_part: true,
            connections: RefCell::default(),
            connection: RefCell::default(),
            connected_at: Cell::new(0),
            held: Cell::new(0),
            read: Cell::new(0),
        }
    }

    /// Somebody who does not.
    pub fn stranger(person: Person) -> Self {
        Self { takes_part: false, ..Self::new(person) }
    }

    /// Places an order under `key` until it is answered.
    pub async fn order(&self, world: &World, key: &str) -> Twin {
        let twin = World::twin(&self.person, key);
        world.ledger.borrow_mut().asked_for.push(twin.clone());
        let body = json!({ "items": [{ "title": "Lamp", "quantity": 1, "unitPrice": 100 }], "currency": "EUR" });
        for _ in 0..TRIES {
            let event = rest(&self.person, world.now_millis(), "POST /api/sales", "", "", Some(key), &body);
            if let Some((200 | 201, answer)) = world.call(&world.functions.create_order, event).await {
                assert_eq!(answer["order"]["id"], json!(twin.order_id()));
                world.ledger.borrow_mut().created.push(twin.clone());
                break;
            }
        }
        twin
    }

    /// Sends a message until it is answered, by REST or over the connection.
    pub async fn send(&self, world: &World, twin: &Twin, body: &str, seen: bool) {
        let client_message_id = Uuid::from_u128(u128::from(world.chaos().below(usize::MAX) as u64) << 64 | 7);
        let mut fields = json!({ "clientMessageId": client_message_id, "body": body });
        if seen {
            fields["seenSeq"] = json!(self.held.get());
        }
        let began = world.ledger.borrow_mut().tick();
        for _ in 0..TRIES {
            let connection = self.connection.borrow().clone();
            let answer = match &connection {
                Some(connection) => self.send_over_websocket(world, connection, twin, &fields).await,
                None => self.send_over_rest(world, twin, &fields).await,
            };
            if let Some((message, duplicate)) = answer {
                let mut ledger = world.ledger.borrow_mut();
                let (at, offers) = (ledger.tick(), world.chaos().offers());
                ledger.shown.push(message.clone());
                let sender = self.person.user_id.clone();
                let told = Acknowledged { sender, began, at, message, duplicate, offers, asker: connection };
                ledger.acknowledged.push(told);
                return;
            }
        }
    }

    async fn send_over_rest(&self, world: &World, twin: &Twin, fields: &Value) -> Option<(Value, bool)> {
        let route = "POST /api/chat/conversations/{id}/messages";
        let event =
            rest(&self.person, world.now_millis(), route, &twin.conversation_id().to_string(), "", None, fields);
        let (status, answer) = world.call(&world.functions.send_message, event).await?;
        matches!(status, 200 | 201).then(|| (answer["message"].clone(), status == 200))
    }

    async fn send_over_websocket(
        &self,
        world: &World,
        connection: &str,
        twin: &Twin,
        fields: &Value,
    ) -> Option<(Value, bool)> {
        let mut frame = fields.clone();
        frame["conversationId"] = json!(twin.conversation_id());
        let (_, answer) = self.frame(world, &world.functions.send_message, connection, "send_message", frame).await?;
        (answer["event"] == "ack").then(|| (answer["message"].clone(), answer["duplicate"] == true))
    }

    async fn frame(
        &self,
        world: &World,
        function: &Instances,
        connection: &str,
        action: &str,
        mut frame: Value,
    ) -> Outcome {
        frame["action"] = json!(action);
        frame["requestId"] = json!("r");
        world.call(function, self.event(world, connection, "MESSAGE", Some(&frame))).await
    }

    fn event(&self, world: &World, connection: &str, kind: &str, frame: Option<&Value>) -> Value {
        socket(&self.person, world.now_millis(), connection, self.connected_at.get(), kind, frame)
    }

    /// Reads on from what it holds.
    pub async fn catch_up(&self, world: &World, twin: &Twin) {
        let after = self.held.get();
        let (status, page) =
            self.get(world, HISTORY, &twin.conversation_id().to_string(), &format!("after={after}")).await;
        if status == 200 {
            let messages = page["messages"].as_array().unwrap();
            world.ledger.borrow_mut().page(after, messages);
            let reached = messages.last().and_then(|last| last["seq"].as_u64()).unwrap_or(after);
            self.held.set(self.held.get().max(reached));
        }
    }

    /// Reads the newest few.
    pub async fn look(&self, world: &World, twin: &Twin) {
        let (status, page) = self.get(world, HISTORY, &twin.conversation_id().to_string(), "limit=3").await;
        if status == 200 {
            let messages = page["messages"].as_array().unwrap();
            let first = messages.first().and_then(|first| first["seq"].as_u64()).unwrap_or(1);
            world.ledger.borrow_mut().page(first - 1, messages);
        }
    }

    /// Reads the list of conversations, which may be behind, but has nobody else's.
    pub async fn look_around(&self, world: &World) {
        let (status, page) = self.get(world, INBOX, "", "").await;
        if status == 200 {
            for conversation in page["items"].as_array().unwrap() {
                let mut ledger = world.ledger.borrow_mut();
                if !self.person.is_admin() && conversation["customerId"] != self.person.user_id.as_str() {
                    ledger.leaks.push(format!("{} saw {conversation}", self.person.user_id));
                }
                ledger.shown.push(conversation["lastMessage"].clone());
            }
        }
    }

    /// Says that everything up to somewhere is read, until it is answered.
    pub async fn read(&self, world: &World, twin: &Twin) {
        let seq = world.chaos().below(usize::try_from(self.held.get()).unwrap() + 1) as u64;
        let route = "POST /api/chat/conversations/{id}/read";
        for _ in 0..TRIES {
            let id = twin.conversation_id().to_string();
            let event = rest(&self.person, world.now_millis(), route, &id, "", None, &json!({ "seq": seq }));
            if let Some((200, answer)) = world.call(&world.functions.signals, event).await {
                let stands = answer["readSeq"].as_u64().unwrap();
                assert!(stands >= seq.max(self.read.get()), "a cursor went back: {answer}");
                self.read.set(stands);
                return;
            }
        }
    }

    /// Says that everything it holds has arrived.
    pub async fn deliver(&self, world: &World, twin: &Twin) {
        let Some(connection) = self.connection.borrow().clone() else { return };
        let frame = json!({ "conversationId": twin.conversation_id(), "seq": self.held.get() });
        self.frame(world, &world.functions.signals, &connection, "message_delivered", frame).await;
    }

    /// Moves the order on, until it is answered.
    pub async fn change_status(&self, world: &World, twin: &Twin, status: &str) {
        let route = "PATCH /api/sales/{orderId}/status";
        for _ in 0..TRIES {
            let id = twin.order_id().to_string();
            let event = rest(&self.person, world.now_millis(), route, &id, "", None, &json!({ "status": status }));
            match world.call(&world.functions.orders, event).await {
                Some((200, answer)) => {
                    if !answer["message"].is_null() {
                        world.ledger.borrow_mut().shown.push(answer["message"].clone());
                    }
                    return;
                }
                Some((409, _)) => return,
                _ => {}
            }
        }
    }

    /// Opens a connection and joins; without one it goes on by REST.
    pub async fn connect(&self, world: &World, twin: &Twin) {
        let connection = format!("{}-{}", self.person.user_id, self.connections.borrow().len());
        self.connections.borrow_mut().insert(connection.clone());
        // Half of them are as old as no handshake gets, so that a push that finds them gone is believed. The others are young,
        // and like every young one gone as far as pushes can tell, until the handshake has ended.
        let age = [0, 60_000][world.chaos().below(2)];
        self.connected_at.set(world.now_millis() - age);
        world.chaos().set_living(&connection, age > 0);
        let event = self.event(world, &connection, "CONNECT", None);
        let answer = world.call(&world.functions.connect, event).await;
        world.chaos().set_living(&connection, matches!(answer, Some((200, _))));
        if !matches!(answer, Some((200, _))) {
            return;
        }
        if self.takes_part {
            let mut ledger = world.ledger.borrow_mut();
            let since = ledger.tick();
            ledger.connected.insert(connection.clone(), Connected { since, until: usize::MAX });
        }
        *self.connection.borrow_mut() = Some(connection.clone());
        let frame = json!({ "conversationId": twin.conversation_id() });
        self.frame(world, &world.functions.signals, &connection, "join_conversation", frame).await;
    }

    /// Closes the connection; `politely`, so that the functions hear of it, or not.
    pub async fn disconnect(&self, world: &World, politely: bool) {
        let Some(connection) = self.connection.borrow_mut().take() else { return };
        {
            let mut ledger = world.ledger.borrow_mut();
            let until = ledger.tick();
            if let Some(connected) = ledger.connected.get_mut(&connection) {
                connected.until = until;
            }
        }
        world.chaos().set_living(&connection, false);
        if politely {
            let event = self.event(world, &connection, "DISCONNECT", None);
            world.call(&world.functions.disconnect, event).await;
        }
    }

    /// One thing after another, as the seed has it.
    pub async fn live(&self, world: &World, twin: &Twin, deeds: usize) {
        for deed in 0..deeds {
            match world.chaos().below(13) {
                0..=3 => self.send(world, twin, &format!("{} {deed}", self.person.user_id), true).await,
                4 => self.send(world, twin, &format!("{} {deed}", self.person.user_id), false).await,
                5 | 6 => self.catch_up(world, twin).await,
                7 => self.look(world, twin).await,
                8 => self.read(world, twin).await,
                9 => self.deliver(world, twin).await,
                11 => self.look_around(world).await,
                10 if self.person.is_admin() => {
                    let status = ["confirmed", "completed", "cancelled"][world.chaos().below(3)];
                    self.change_status(world, twin, status).await;
                }
                _ if self.connection.borrow().is_some() => {
                    let politely = world.chaos().below(2) == 0;
                    self.disconnect(world, politely).await;
                }
                _ => self.connect(world, twin).await,
            }
        }
    }

    /// One read, as far as it goes.
    pub(crate) async fn get(&self, world: &World, route: &str, id: &str, query: &str) -> (u16, Value) {
        let function = if route.contains("/sales/") { &world.functions.orders } else { &world.functions.conversations };
        world
            .call(function, rest(&self.person, world.now_millis(), route, id, query, None, &Value::Null))
            .await
            .unwrap_or_default()
    }

    /// All there is.
    pub(crate) async fn whole_history(&self, world: &World, twin: &Twin) -> Vec<Value> {
        let id = twin.conversation_id().to_string();
        let mut log: Vec<Value> = Vec::new();
        loop {
            let after = log.last().and_then(|last| last["seq"].as_u64()).unwrap_or_default();
            let (status, page) = self.get(world, HISTORY, &id, &format!("after={after}&limit=100")).await;
            assert_eq!(status, 200, "{page}");
            let messages = page["messages"].as_array().unwrap();
            log.extend(messages.iter().cloned());
            if page["hasMore"] != true || messages.is_empty() {
                return log;
            }
        }
    }

    /// Whether `unread` is not what counting says.
    pub(crate) async fn unread_is_wrong(&self, world: &World, twin: &Twin, log: &[Value]) -> Option<String> {
        let id = twin.conversation_id().to_string();
        let (_, answer) = self.get(world, "GET /api/chat/conversations/{id}", &id, "").await;
        let conversation = &answer["conversation"];
        let participants = conversation["participants"].as_array().unwrap();
        let own = participants.iter().find(|participant| participant["userId"] == self.person.user_id.as_str());
        let read = own.and_then(|own| own["readSeq"].as_u64()).unwrap_or_default();
        let mine = |message: &Value| {
            let by = if message["kind"] == "system" { &message["system"]["by"] } else { &message["sender"] };
            (by["role"] == "admin") == self.person.is_admin()
        };
        let past = log.iter().filter(|message| message["seq"].as_u64() > Some(read) && !mine(message)).count();
        if read < self.read.get() {
            return Some(format!("{} was told {} is read, and it is {read}", self.person.user_id, self.read.get()));
        }
        let unread = conversation["unread"].as_u64();
        (unread != Some(past as u64)).then(|| format!("unread of {} is {unread:?}, not {past}", self.person.user_id))
    }

    /// Whether the list of conversations lacks the conversation, or has it as it no longer is.
    pub(crate) async fn inbox_is_wrong(&self, world: &World, twin: &Twin, log: &[Value]) -> Option<String> {
        let (_, page) = self.get(world, INBOX, "", "").await;
        let id = json!(twin.conversation_id());
        let found = page["items"].as_array().unwrap().iter().find(|conversation| conversation["id"] == id);
        let shown = found.map(|conversation| &conversation["lastMessage"]);
        (shown != log.last()).then(|| format!("the list of {} ends with {shown:?}", self.person.user_id))
    }

    /// Whether the order's status, or the counts, are not what the log says.
    pub(crate) async fn status_is_wrong(&self, world: &World, twin: &Twin, log: &[Value]) -> Option<String> {
        let mut status = "pending".to_owned();
        for message in log.iter().filter(|message| message["system"]["type"] == "status_changed") {
            if message["system"]["from"] != status.as_str() {
                return Some(format!("{message} does not start from {status}"));
            }
            message["system"]["to"].as_str().unwrap().clone_into(&mut status);
        }
        let id = twin.order_id().to_string();
        let (_, answer) = self.get(world, "GET /api/sales/{orderId}", &id, "").await;
        if answer["order"]["status"] != status.as_str() {
            return Some(format!("the order is {}, by its log {status}", answer["order"]["status"]));
        }
        let (_, counts) = self.get(world, "GET /api/sales/stats", "", "").await;
        let other = ["pending", "confirmed", "completed", "cancelled"].into_iter().filter(|other| *other != status);
        let wrong = counts[status.as_str()] != 1 || other.map(|other| &counts[other]).any(|count| *count != 0);
        wrong.then(|| format!("counts are {counts}, the only order is {status}"))
    }
}
