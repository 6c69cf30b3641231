//! A simulated user: its connection, and its requests.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use domain::{Person, SharedId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::event::{rest_event, websocket_event};
use super::held::Held;
use super::observations::Connected;
use super::{Instances, Simulation};

/// How often a client repeats a request. It is more often than the faults of a plan can make it
/// fail.
pub(crate) const TRIES: usize = 40;

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
    /// What the user's client holds.
    pub(crate) held: RefCell<Held>,
    /// The user was told to have read up to this `seq`.
    pub(crate) read: Cell<u64>,
    /// The furthest cursor of the admins that the user was shown.
    pub(crate) furthest: Cell<u64>,
}

/// An answer to a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// When it was asked for.
    pub(crate) began: usize,
    /// Whether the function got the request once, and no copy of it is under way.
    pub(crate) is_only: bool,
}

impl Answer {
    /// Whether the request was done: a status 200 or 201, over WebSocket an `ack`.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.status, 200 | 201) && self.body["event"] != "error"
    }

    /// The code, if the request is refused for good, so that repeating does not help.
    pub(crate) fn refusal(&self) -> Option<&str> {
        let code = self.body["code"].as_str()?;
        (!matches!(code, "internal" | "rate_limited" | "reconnect" | "token_expired")).then_some(code)
    }
}

impl SimulatedUser {
    /// A participant of the conversation.
    pub fn new(person: Person) -> Self {
        let held = RefCell::new(Held::new(&person));
        Self {
            person,
            takes_part: true,
            connections: RefCell::default(),
            connection: RefCell::default(),
            connected_at: Cell::new(0),
            held,
            read: Cell::new(0),
            furthest: Cell::new(0),
        }
    }

    /// A user who is no participant.
    pub fn stranger(person: Person) -> Self {
        Self { takes_part: false, ..Self::new(person) }
    }

    /// The open connection.
    pub(crate) fn connection(&self) -> Option<String> {
        self.connection.borrow().clone()
    }

    /// An id for a message or change, from the seed.
    pub(crate) fn new_id(simulation: &Simulation) -> String {
        Uuid::from_u128(u128::from(simulation.fault_injector().below(usize::MAX) as u64) << 64 | 7).to_string()
    }

    /// Sends one REST request without repeating it. `id` has the values of the path's parameters,
    /// separated by `/`. Returns `None` without an answer.
    pub(crate) async fn rest(
        &self,
        simulation: &Simulation,
        route: &str,
        id: &str,
        query: &str,
        body: &Value,
    ) -> Option<Answer> {
        let event = rest_event(&self.person, simulation.now_millis(), route, id, query, None, body);
        self.call(simulation, simulation.function(route), event).await
    }

    /// Sends one GET request without repeating it. Without an answer the status is 0.
    pub(crate) async fn get(&self, simulation: &Simulation, route: &str, id: &str, query: &str) -> (u16, Value) {
        let answer = self.rest(simulation, route, id, query, &Value::Null).await;
        answer.map_or((0, Value::Null), |answer| (answer.status, answer.body))
    }

    /// Sends one frame over the connection.
    pub(crate) async fn frame(
        &self,
        simulation: &Simulation,
        function: &Instances,
        connection: &str,
        action: &str,
        mut frame: Value,
    ) -> Option<Answer> {
        frame["action"] = json!(action);
        frame["requestId"] = json!("r");
        let answer = self.call(simulation, function, self.event(simulation, connection, "MESSAGE", Some(&frame))).await;
        let code = answer.as_ref().and_then(|answer| answer.body["code"].as_str());
        if matches!(code, Some("reconnect" | "token_expired")) {
            self.lose_connection(simulation);
        }
        answer
    }

    /// Calls a function, and records the answer.
    pub(crate) async fn call(&self, simulation: &Simulation, function: &Instances, event: Value) -> Option<Answer> {
        let began = simulation.observations.borrow_mut().tick();
        let (outcome, is_only) = simulation.deliver(function, event).await;
        let (status, body) = outcome?;
        simulation.observations.borrow_mut().answer(&self.person, self.takes_part, began, &body);
        Some(Answer { status, body, began, is_only })
    }

    fn event(&self, simulation: &Simulation, connection: &str, kind: &str, frame: Option<&Value>) -> Value {
        websocket_event(&self.person, simulation.now_millis(), connection, self.connected_at.get(), kind, frame)
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
        let steps = simulation.observations.borrow().steps;
        let event = self.event(simulation, &connection, "CONNECT", None);
        let answer = self.call(simulation, &simulation.functions.connect, event).await;
        let is_open = answer.is_some_and(|answer| answer.status == 200);
        simulation.fault_injector().set_open(&connection, is_open);
        if !is_open {
            return;
        }
        // A connection from before a step of the clocks is too old after it.
        if self.takes_part && simulation.observations.borrow().steps == steps {
            let mut observations = simulation.observations.borrow_mut();
            let since = observations.tick();
            let connected = Connected { since, until: usize::MAX, is_admin: self.person.is_admin() };
            observations.connected.insert(connection.clone(), connected);
        }
        *self.connection.borrow_mut() = Some(connection.clone());
        let frame = json!({ "conversationId": shared_id.conversation_id() });
        let joined =
            self.frame(simulation, &simulation.functions.signals, &connection, "join_conversation", frame).await;
        if let Some(joined) = joined.filter(Answer::is_done) {
            self.held.borrow_mut().take_conversation(&joined.body["conversation"]);
        }
    }

    /// Closes the connection. With `politely` the function for `$disconnect` is called.
    pub async fn disconnect(&self, simulation: &Simulation, politely: bool) {
        let Some(connection) = self.lose_connection(simulation) else { return };
        if politely {
            let event = self.event(simulation, &connection, "DISCONNECT", None);
            self.call(simulation, &simulation.functions.disconnect, event).await;
        }
    }

    /// Forgets the connection, which is over.
    fn lose_connection(&self, simulation: &Simulation) -> Option<String> {
        let connection = self.connection.borrow_mut().take()?;
        let mut observations = simulation.observations.borrow_mut();
        let until = observations.tick();
        if let Some(connected) = observations.connected.get_mut(&connection) {
            connected.until = connected.until.min(until);
        }
        simulation.fault_injector().set_open(&connection, false);
        Some(connection)
    }
}
