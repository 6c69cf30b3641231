//! A simulated user places an order and sends messages. It repeats a request until it is answered.

use domain::SharedId;
use serde_json::{Value, json};

use super::Simulation;
use super::event::rest_event;
use super::observations::{Acknowledged, What};
use super::simulated_user::{SimulatedUser, TRIES};

/// What a message may have beside its text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extras {
    pub(crate) reply_to: Option<u64>,
    pub(crate) expect_last: bool,
}

impl SimulatedUser {
    /// Places an order with the idempotency key `key`, and repeats the request until it is
    /// answered.
    pub async fn order(&self, simulation: &Simulation, key: &str) -> SharedId {
        let shared_id = Simulation::shared_id(&self.person, key);
        simulation.observations.borrow_mut().orders.push(shared_id.clone());
        let body = json!({ "items": [{ "title": "Lamp", "quantity": 1, "unitPrice": 100 }], "currency": "EUR" });
        for _ in 0..TRIES {
            let event = rest_event(&self.person, simulation.now_millis(), "POST /api/sales", "", "", Some(key), &body);
            let answer = self.call(simulation, &simulation.functions.create_order, event).await;
            if let Some(answer) = answer.filter(|answer| matches!(answer.status, 200 | 201)) {
                assert_eq!(answer.body["order"]["id"], json!(shared_id.order_id()));
                simulation.observations.borrow_mut().created.push(shared_id.clone());
                break;
            }
        }
        shared_id
    }

    /// Sends a message over the connection, or over REST without one, and repeats it until it is
    /// answered. With `seen` the request has a `seenSeq`.
    pub async fn send(&self, simulation: &Simulation, shared_id: &SharedId, body: &str, seen: bool) {
        self.send_with(simulation, shared_id, body, seen, Extras::default()).await;
    }

    pub(crate) async fn send_with(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        body: &str,
        seen: bool,
        extras: Extras,
    ) {
        let id = Self::new_id(simulation);
        let seen = seen.then(|| self.held.borrow().gapless());
        let Extras { reply_to, expect_last } = extras;
        let mut fields = json!({ "clientMessageId": id, "body": body });
        if let Some(seq) = seen {
            fields["seenSeq"] = json!(seq);
        }
        if let Some(seq) = reply_to {
            fields["replyTo"] = json!(seq);
        }
        if expect_last {
            fields["expectLast"] = json!(true);
        }
        let what = What::Message { body: body.to_owned(), seen, reply_to, expect_last };
        let asked = simulation.observations.borrow_mut().ask(&self.person, &id, what);
        self.insist(simulation, shared_id, asked, Way::Message, &fields).await;
    }

    /// Repeats a request until it is answered, and records the acknowledgement or the refusal.
    /// `asked` is the index of what was asked for.
    pub(crate) async fn insist(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        asked: usize,
        way: Way,
        fields: &Value,
    ) {
        let id = shared_id.conversation_id().to_string();
        for attempt in 0..TRIES {
            // A repeat goes over the connection that is open then, or over REST.
            let connection = self.connection().filter(|_| !matches!(way, Way::Desk));
            let over_rest = matches!(way, Way::Message) && simulation.fault_injector().below(3) == 0;
            let answer = match (&connection, way) {
                (Some(connection), Way::Message) if !over_rest => {
                    let mut frame = fields.clone();
                    frame["conversationId"] = json!(id);
                    let function = &simulation.functions.send_message;
                    self.frame(simulation, function, connection, "send_message", frame).await
                }
                (Some(connection), Way::Change(seq)) => {
                    let mut frame = fields.clone();
                    (frame["conversationId"], frame["seq"]) = (json!(id), json!(seq));
                    let function = &simulation.functions.change_conversation;
                    self.frame(simulation, function, connection, "change_message", frame).await
                }
                (own, Way::Message) => {
                    // Without an own connection it names some other one, which changes nothing.
                    let known = || simulation.observations.borrow().connected.keys().next().cloned();
                    let mut request = fields.clone();
                    request["connectionId"] = json!(own.clone().or_else(known).unwrap_or_default());
                    self.rest(simulation, "POST /api/chat/conversations/{id}/messages", &id, "", &request).await
                }
                (_, Way::Change(seq)) => {
                    let route = "POST /api/chat/conversations/{id}/messages/{seq}/changes";
                    self.rest(simulation, route, &format!("{id}/{seq}"), "", fields).await
                }
                (_, Way::Desk) => {
                    self.rest(simulation, "POST /api/chat/conversations/{id}/desk", &id, "", fields).await
                }
            };
            let Some(answer) = answer else { continue };
            if answer.is_done() {
                let duplicate = answer.status == 200 && answer.body["duplicate"] != false;
                self.held.borrow_mut().take_answer(&answer.body);
                if matches!(way, Way::Desk) && answer.body["entry"].is_null() {
                    // All was as it was asked for.
                    return;
                }
                let began = simulation.observations.borrow().asked[asked].began;
                self.acknowledged(simulation, began, &answer.body, duplicate, connection);
                return;
            }
            if let Some(code) = answer.refusal() {
                if attempt == 0 && answer.is_only {
                    simulation.observations.borrow_mut().asked[asked].refused = Some(code.to_owned());
                }
                self.examine(simulation, asked, code, &answer.body);
                return;
            }
        }
    }

    /// Records an acknowledgement.
    pub(crate) fn acknowledged(
        &self,
        simulation: &Simulation,
        began: usize,
        body: &Value,
        duplicate: bool,
        requester: Option<String>,
    ) {
        let entry = [&body["entry"], &body["change"], &body["message"]].into_iter().find(|value| value.is_object());
        let mut observations = simulation.observations.borrow_mut();
        let (at, offers) = (observations.tick(), simulation.fault_injector().offers());
        let (sender, entry) = (self.person.user_id.clone(), entry.unwrap().clone());
        observations.acknowledged.push(Acknowledged { sender, began, at, entry, duplicate, offers, requester });
    }

    /// Looks whether there was a reason to refuse what was asked for.
    fn examine(&self, simulation: &Simulation, asked: usize, code: &str, body: &Value) {
        let mut observations = simulation.observations.borrow_mut();
        let what = observations.asked[asked].what.clone();
        let by = &body["overtakenBy"];
        let expected = match (&what, code) {
            _ if !self.takes_part => matches!(code, "not_found" | "forbidden"),
            (What::Note { .. } | What::Delete { .. }, "forbidden") => !self.person.is_admin(),
            (What::Note { .. }, _) => false,
            // Only an active conversation can be snoozed.
            (What::Decision, code) => code == "invalid_request" || code == "forbidden" && !self.person.is_admin(),
            (_, "conversation_closed") => true,
            (What::Message { reply_to, .. }, "invalid_request") => reply_to.is_some(),
            (What::Message { expect_last: true, seen, .. }, "overtaken") => {
                let is_answer = by["sender"]["role"] == "admin" && by["deleted"].is_null();
                is_answer && by["sender"]["userId"] != self.person.user_id.as_str() && by["seq"].as_u64() > *seen
            }
            (What::Message { .. }, _) => false,
            (What::Edit { .. }, "forbidden" | "not_changeable") | (_, "not_changeable") => true,
            _ => false,
        };
        if !expected {
            observations.surprises.push(format!("{} was refused with {body}: {what:?}", self.person.user_id));
        }
    }
}

/// How something is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Message,
    /// A change of the message with this `seq`.
    Change(u64),
    Desk,
}
