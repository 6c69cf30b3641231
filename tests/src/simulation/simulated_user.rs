//! A simulated user. It acts like a client: it repeats requests until they are answered, and
//! records what it was shown.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use domain::{Person, SharedId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::event::{rest_event, websocket_event};
use super::observations::{Acknowledged, Connected};
use super::{Instances, Outcome, Simulation};

/// How often a client repeats a request. It is more often than the faults of a plan can make it
/// fail.
const TRIES: usize = 40;

const INBOX: &str = "GET /api/chat/conversations";
const HISTORY: &str = "GET /api/chat/conversations/{id}/messages";

/// A customer or an admin with at most one connection.
pub struct SimulatedUser {
    /// The person.
    pub person: Person,
    /// Whether the person may see the conversation.
    pub takes_part: bool,
    /// All connections that the user has had.
    pub connections: RefCell<BTreeSet<String>>,
    connection: RefCell<Option<String>>,
    connected_at: Cell<i64>,
    /// The user holds all messages up to this `seq`.
    held: Cell<u64>,
    read: Cell<u64>,
    furthest: Cell<u64>,
}

impl SimulatedUser {
    /// A participant of the conversation.
    pub fn new(person: Person) -> Self {
        Self {
            person,
            takes_part: true,
            connections: RefCell::default(),
            connection: RefCell::default(),
            connected_at: Cell::new(0),
            held: Cell::new(0),
            read: Cell::new(0),
            furthest: Cell::new(0),
        }
    }

    /// A user who is no participant.
    pub fn stranger(person: Person) -> Self {
        Self { takes_part: false, ..Self::new(person) }
    }

    /// Places an order with the idempotency key `key`, and repeats the request until it is
    /// answered.
    pub async fn order(&self, simulation: &Simulation, key: &str) -> SharedId {
        let shared_id = Simulation::shared_id(&self.person, key);
        simulation.observations.borrow_mut().asked_for.push(shared_id.clone());
        let body = json!({ "items": [{ "title": "Lamp", "quantity": 1, "unitPrice": 100 }], "currency": "EUR" });
        for _ in 0..TRIES {
            let event = rest_event(&self.person, simulation.now_millis(), "POST /api/sales", "", "", Some(key), &body);
            if let Some((200 | 201, answer)) = simulation.call(&simulation.functions.create_order, event).await {
                assert_eq!(answer["order"]["id"], json!(shared_id.order_id()));
                simulation.observations.borrow_mut().created.push(shared_id.clone());
                break;
            }
        }
        shared_id
    }

    /// Sends a message over the connection, or over REST without one, and repeats it until it is
    /// answered. With `seen` the request has a `seenSeq`.
    pub async fn send(&self, simulation: &Simulation, shared_id: &SharedId, body: &str, seen: bool) {
        let client_message_id =
            Uuid::from_u128(u128::from(simulation.fault_injector().below(usize::MAX) as u64) << 64 | 7);
        let mut fields = json!({ "clientMessageId": client_message_id, "body": body });
        if seen {
            fields["seenSeq"] = json!(self.held.get());
        }
        let began = simulation.observations.borrow_mut().tick();
        for _ in 0..TRIES {
            let connection = self.connection.borrow().clone();
            let over_rest = simulation.fault_injector().below(3) == 0;
            let answer = match &connection {
                Some(connection) if !over_rest => {
                    self.send_over_websocket(simulation, connection, shared_id, &fields).await
                }
                own => {
                    // Without an own connection it names some other one, which changes nothing.
                    let known = || simulation.observations.borrow().connected.keys().next().cloned();
                    let mut request = fields.clone();
                    request["connectionId"] = json!(own.clone().or_else(known).unwrap_or_default());
                    self.send_over_rest(simulation, shared_id, &request).await
                }
            };
            if let Some((message, duplicate)) = answer {
                let mut observations = simulation.observations.borrow_mut();
                let (at, offers) = (observations.tick(), simulation.fault_injector().offers());
                observations.shown.push(message.clone());
                let sender = self.person.user_id.clone();
                let acknowledged =
                    Acknowledged { sender, began, at, message, duplicate, offers, requester: connection };
                observations.acknowledged.push(acknowledged);
                return;
            }
        }
    }

    async fn send_over_rest(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        fields: &Value,
    ) -> Option<(Value, bool)> {
        let route = "POST /api/chat/conversations/{id}/messages";
        let event = rest_event(
            &self.person,
            simulation.now_millis(),
            route,
            &shared_id.conversation_id().to_string(),
            "",
            None,
            fields,
        );
        let (status, answer) = simulation.call(&simulation.functions.send_message, event).await?;
        matches!(status, 200 | 201).then(|| (answer["message"].clone(), status == 200))
    }

    async fn send_over_websocket(
        &self,
        simulation: &Simulation,
        connection: &str,
        shared_id: &SharedId,
        fields: &Value,
    ) -> Option<(Value, bool)> {
        let mut frame = fields.clone();
        frame["conversationId"] = json!(shared_id.conversation_id());
        let (_, answer) =
            self.frame(simulation, &simulation.functions.send_message, connection, "send_message", frame).await?;
        (answer["event"] == "ack").then(|| (answer["message"].clone(), answer["duplicate"] == true))
    }

    async fn frame(
        &self,
        simulation: &Simulation,
        function: &Instances,
        connection: &str,
        action: &str,
        mut frame: Value,
    ) -> Outcome {
        frame["action"] = json!(action);
        frame["requestId"] = json!("r");
        simulation.call(function, self.event(simulation, connection, "MESSAGE", Some(&frame))).await
    }

    fn event(&self, simulation: &Simulation, connection: &str, kind: &str, frame: Option<&Value>) -> Value {
        websocket_event(&self.person, simulation.now_millis(), connection, self.connected_at.get(), kind, frame)
    }

    /// Reads the messages after those it holds.
    pub async fn catch_up(&self, simulation: &Simulation, shared_id: &SharedId) {
        let after = self.held.get();
        let (status, page) =
            self.get(simulation, HISTORY, &shared_id.conversation_id().to_string(), &format!("after={after}")).await;
        if status == 200 {
            let messages = page["messages"].as_array().unwrap();
            simulation.observations.borrow_mut().page(after, messages);
            let reached = messages.last().and_then(|last| last["seq"].as_u64()).unwrap_or(after);
            self.held.set(self.held.get().max(reached));
        }
    }

    /// Reads the newest three messages.
    pub async fn read_newest(&self, simulation: &Simulation, shared_id: &SharedId) {
        let (status, page) = self.get(simulation, HISTORY, &shared_id.conversation_id().to_string(), "limit=3").await;
        if status == 200 {
            let messages = page["messages"].as_array().unwrap();
            let first = messages.first().and_then(|first| first["seq"].as_u64()).unwrap_or(1);
            simulation.observations.borrow_mut().page(first - 1, messages);
        }
    }

    /// Reads the list of conversations. It may be stale, but must contain only the user's own
    /// conversations.
    pub async fn read_inbox(&self, simulation: &Simulation) {
        let (status, page) = self.get(simulation, INBOX, "", "").await;
        if status == 200 {
            for conversation in page["items"].as_array().unwrap() {
                let mut observations = simulation.observations.borrow_mut();
                if !self.person.is_admin() && conversation["customerId"] != self.person.user_id.as_str() {
                    observations.leaks.push(format!("{} saw {conversation}", self.person.user_id));
                }
                observations.shown.push(conversation["lastMessage"].clone());
            }
        }
    }

    /// Marks a random part of the held messages as read, and repeats the request until it is
    /// answered.
    pub async fn read(&self, simulation: &Simulation, shared_id: &SharedId) {
        let seq = simulation.fault_injector().below(usize::try_from(self.held.get()).unwrap() + 1) as u64;
        self.read_up_to(simulation, shared_id, seq).await;
    }

    /// Marks the messages up to `seq` as read, and repeats the request until it is answered.
    pub async fn read_up_to(&self, simulation: &Simulation, shared_id: &SharedId, seq: u64) {
        let route = "POST /api/chat/conversations/{id}/read";
        for _ in 0..TRIES {
            let id = shared_id.conversation_id().to_string();
            let event = rest_event(&self.person, simulation.now_millis(), route, &id, "", None, &json!({ "seq": seq }));
            if let Some((200, answer)) = simulation.call(&simulation.functions.signals, event).await {
                let stands = answer["readSeq"].as_u64().unwrap();
                assert!(stands >= seq.max(self.read.get()), "a cursor went back: {answer}");
                self.read.set(stands);
                return;
            }
        }
    }

    /// Fetches the conversation. The own cursor and the furthest of the admins must not be behind
    /// what this user knows of them.
    pub async fn look_at_cursors(&self, simulation: &Simulation, shared_id: &SharedId) {
        let id = shared_id.conversation_id().to_string();
        let (status, answer) = self.get(simulation, "GET /api/chat/conversations/{id}", &id, "").await;
        if status == 200 {
            let (own, furthest) = self.cursors_in(&answer["conversation"]);
            assert!(own >= self.read.get(), "the cursor of {} went back: {answer}", self.person.user_id);
            assert!(furthest >= self.furthest.get(), "the shop's cursor went back: {answer}");
            self.read.set(own);
            self.furthest.set(furthest);
        }
    }

    /// The own read cursor in a conversation, and the furthest of the admins.
    fn cursors_in(&self, conversation: &Value) -> (u64, u64) {
        let participants = conversation["participants"].as_array().unwrap();
        let read = |participant: &Value| participant["readSeq"].as_u64().unwrap();
        let own = participants.iter().filter(|participant| participant["userId"] == self.person.user_id.as_str());
        let admins = participants.iter().filter(|participant| participant["role"] == "admin");
        (own.map(read).max().unwrap_or_default(), admins.map(read).max().unwrap_or_default())
    }

    /// Reads, writes and looks at cursors, `times` times.
    pub async fn move_cursors(&self, simulation: &Simulation, shared_id: &SharedId, times: usize) {
        for number in 0..times {
            if simulation.fault_injector().below(3) == 0 {
                self.send(simulation, shared_id, &format!("{} {number}", self.person.user_id), true).await;
            }
            self.catch_up(simulation, shared_id).await;
            match simulation.fault_injector().below(3) {
                0 => self.read_up_to(simulation, shared_id, self.held.get()).await,
                _ => self.read(simulation, shared_id).await,
            }
            self.look_at_cursors(simulation, shared_id).await;
        }
    }

    /// Marks the held messages as delivered.
    pub async fn deliver(&self, simulation: &Simulation, shared_id: &SharedId) {
        let Some(connection) = self.connection.borrow().clone() else { return };
        let frame = json!({ "conversationId": shared_id.conversation_id(), "seq": self.held.get() });
        self.frame(simulation, &simulation.functions.signals, &connection, "message_delivered", frame).await;
    }

    /// Changes the order's status, and repeats the request until it is answered.
    pub async fn change_status(&self, simulation: &Simulation, shared_id: &SharedId, status: &str) {
        let route = "PATCH /api/sales/{orderId}/status";
        for _ in 0..TRIES {
            let id = shared_id.order_id().to_string();
            let event =
                rest_event(&self.person, simulation.now_millis(), route, &id, "", None, &json!({ "status": status }));
            match simulation.call(&simulation.functions.orders, event).await {
                Some((200, answer)) => {
                    if !answer["message"].is_null() {
                        simulation.observations.borrow_mut().shown.push(answer["message"].clone());
                    }
                    return;
                }
                Some((409, _)) => return,
                _ => {}
            }
        }
    }

    /// Opens a connection and joins the conversation. If that fails, the user continues over REST.
    pub async fn connect(&self, simulation: &Simulation, shared_id: &SharedId) {
        let connection = format!("{}-{}", self.person.user_id, self.connections.borrow().len());
        self.connections.borrow_mut().insert(connection.clone());
        // Half of the connections are older than any handshake, so that the server believes a push
        // that answers 410. The others are young: pushes to them answer 410 until the handshake has
        // ended.
        let age = [0, 60_000][simulation.fault_injector().below(2)];
        self.connected_at.set(simulation.now_millis() - age);
        simulation.fault_injector().set_open(&connection, age > 0);
        let event = self.event(simulation, &connection, "CONNECT", None);
        let answer = simulation.call(&simulation.functions.connect, event).await;
        simulation.fault_injector().set_open(&connection, matches!(answer, Some((200, _))));
        if !matches!(answer, Some((200, _))) {
            return;
        }
        if self.takes_part {
            let mut observations = simulation.observations.borrow_mut();
            let since = observations.tick();
            observations.connected.insert(connection.clone(), Connected { since, until: usize::MAX });
        }
        *self.connection.borrow_mut() = Some(connection.clone());
        let frame = json!({ "conversationId": shared_id.conversation_id() });
        self.frame(simulation, &simulation.functions.signals, &connection, "join_conversation", frame).await;
    }

    /// Closes the connection. With `politely` the function for `$disconnect` is called.
    pub async fn disconnect(&self, simulation: &Simulation, politely: bool) {
        let Some(connection) = self.connection.borrow_mut().take() else { return };
        {
            let mut observations = simulation.observations.borrow_mut();
            let until = observations.tick();
            if let Some(connected) = observations.connected.get_mut(&connection) {
                connected.until = until;
            }
        }
        simulation.fault_injector().set_open(&connection, false);
        if politely {
            let event = self.event(simulation, &connection, "DISCONNECT", None);
            simulation.call(&simulation.functions.disconnect, event).await;
        }
    }

    /// Performs `actions` actions that the seed chooses.
    pub async fn run(&self, simulation: &Simulation, shared_id: &SharedId, actions: usize) {
        for number in 0..actions {
            match simulation.fault_injector().below(13) {
                0..=3 => self.send(simulation, shared_id, &format!("{} {number}", self.person.user_id), true).await,
                4 => self.send(simulation, shared_id, &format!("{} {number}", self.person.user_id), false).await,
                5 | 6 => self.catch_up(simulation, shared_id).await,
                7 => self.read_newest(simulation, shared_id).await,
                8 => self.read(simulation, shared_id).await,
                9 => self.deliver(simulation, shared_id).await,
                11 => self.read_inbox(simulation).await,
                10 if self.person.is_admin() => {
                    let status = ["confirmed", "completed", "cancelled"][simulation.fault_injector().below(3)];
                    self.change_status(simulation, shared_id, status).await;
                }
                _ if self.connection.borrow().is_some() => {
                    let politely = simulation.fault_injector().below(2) == 0;
                    self.disconnect(simulation, politely).await;
                }
                _ => self.connect(simulation, shared_id).await,
            }
        }
    }

    /// Sends one GET request without repeating it. Without an answer the status is 0.
    pub(crate) async fn get(&self, simulation: &Simulation, route: &str, id: &str, query: &str) -> (u16, Value) {
        let function =
            if route.contains("/sales/") { &simulation.functions.orders } else { &simulation.functions.conversations };
        simulation
            .call(function, rest_event(&self.person, simulation.now_millis(), route, id, query, None, &Value::Null))
            .await
            .unwrap_or_default()
    }

    /// Reads the whole history.
    pub(crate) async fn whole_history(&self, simulation: &Simulation, shared_id: &SharedId) -> Vec<Value> {
        let id = shared_id.conversation_id().to_string();
        let mut log: Vec<Value> = Vec::new();
        loop {
            let after = log.last().and_then(|last| last["seq"].as_u64()).unwrap_or_default();
            let (status, page) = self.get(simulation, HISTORY, &id, &format!("after={after}&limit=100")).await;
            assert_eq!(status, 200, "{page}");
            let messages = page["messages"].as_array().unwrap();
            log.extend(messages.iter().cloned());
            if page["hasMore"] != true || messages.is_empty() {
                return log;
            }
        }
    }

    /// Returns a description if the admins' furthest cursor, as this user sees it, is behind what one
    /// of `users` was told to have read.
    pub(crate) async fn furthest_is_wrong(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        users: &[&Self],
    ) -> Option<String> {
        let id = shared_id.conversation_id().to_string();
        let (_, answer) = self.get(simulation, "GET /api/chat/conversations/{id}", &id, "").await;
        let (_, furthest) = self.cursors_in(&answer["conversation"]);
        let ahead = users.iter().find(|user| user.person.is_admin() && user.read.get() > furthest)?;
        Some(format!("{} has read {}, and the shop {furthest}", ahead.person.user_id, ahead.read.get()))
    }

    /// Returns a description if `unread` differs from the number of unread messages in the log.
    pub(crate) async fn unread_is_wrong(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        log: &[Value],
    ) -> Option<String> {
        let id = shared_id.conversation_id().to_string();
        let (_, answer) = self.get(simulation, "GET /api/chat/conversations/{id}", &id, "").await;
        let conversation = &answer["conversation"];
        let (read, _) = self.cursors_in(conversation);
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

    /// Returns a description if the list of conversations lacks the conversation or shows an old
    /// last message.
    pub(crate) async fn inbox_is_wrong(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        log: &[Value],
    ) -> Option<String> {
        let (_, page) = self.get(simulation, INBOX, "", "").await;
        let id = json!(shared_id.conversation_id());
        let found = page["items"].as_array().unwrap().iter().find(|conversation| conversation["id"] == id);
        let shown = found.map(|conversation| &conversation["lastMessage"]);
        (shown != log.last()).then(|| format!("the list of {} ends with {shown:?}", self.person.user_id))
    }

    /// Returns a description if the order's status, or the counts, contradict the log.
    pub(crate) async fn status_is_wrong(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        log: &[Value],
    ) -> Option<String> {
        let mut status = "pending".to_owned();
        for message in log.iter().filter(|message| message["system"]["type"] == "status_changed") {
            if message["system"]["from"] != status.as_str() {
                return Some(format!("{message} does not start from {status}"));
            }
            message["system"]["to"].as_str().unwrap().clone_into(&mut status);
        }
        let id = shared_id.order_id().to_string();
        let (_, answer) = self.get(simulation, "GET /api/sales/{orderId}", &id, "").await;
        if answer["order"]["status"] != status.as_str() {
            return Some(format!("the order is {}, by its log {status}", answer["order"]["status"]));
        }
        let (_, counts) = self.get(simulation, "GET /api/sales/stats", "", "").await;
        let other = ["pending", "confirmed", "completed", "cancelled"].into_iter().filter(|other| *other != status);
        let wrong = counts[status.as_str()] != 1 || other.map(|other| &counts[other]).any(|count| *count != 0);
        wrong.then(|| format!("counts are {counts}, the only order is {status}"))
    }
}
