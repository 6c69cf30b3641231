//! A simulated user edits, deletes, reacts, changes statuses, writes notes and decides at the desk.

use domain::SharedId;
use serde_json::json;

use super::Simulation;
use super::messages::Way;
use super::observations::{SECRET, What};
use super::simulated_user::{SimulatedUser, TRIES};

impl SimulatedUser {
    /// Edits the message `target`, and repeats the request until it is answered.
    pub async fn edit(&self, simulation: &Simulation, shared_id: &SharedId, target: u64, seen: bool) {
        let body = format!("<{} edits {}>", self.person.user_id, simulation.fault_injector().below(1 << 30));
        self.change(simulation, shared_id, What::Edit { target, body }, seen).await;
    }

    /// Deletes the message `target`, and repeats the request until it is answered.
    pub async fn delete(&self, simulation: &Simulation, shared_id: &SharedId, target: u64, seen: bool) {
        self.change(simulation, shared_id, What::Delete { target }, seen).await;
    }

    /// Adds a reaction to the message `target`, or removes it, and repeats the request until it is
    /// answered.
    pub async fn react(&self, simulation: &Simulation, shared_id: &SharedId, target: u64, on: bool, seen: bool) {
        let emoji = ["\u{1f44d}", "\u{1f389}"][simulation.fault_injector().below(2)];
        self.change(simulation, shared_id, What::React { target, emoji, on }, seen).await;
    }

    async fn change(&self, simulation: &Simulation, shared_id: &SharedId, what: What, seen: bool) {
        let id = Self::new_id(simulation);
        let mut fields = match &what {
            What::Edit { body, .. } => json!({ "edit": { "body": body } }),
            What::React { emoji, on, .. } => json!({ "react": { "emoji": emoji, "on": on } }),
            _ => json!({ "delete": {} }),
        };
        fields["changeId"] = json!(id);
        if seen {
            fields["seenSeq"] = json!(self.held.borrow().gapless());
        }
        let target = what.target().unwrap_or_default();
        let asked = simulation.observations.borrow_mut().ask(&self.person, &id, what);
        self.insist(simulation, shared_id, asked, Way::Change(target), &fields).await;
    }

    /// Writes a note, and repeats the request until it is answered.
    pub async fn note(&self, simulation: &Simulation, shared_id: &SharedId, seen: bool) {
        let id = Self::new_id(simulation);
        let body = format!("{SECRET} {id}");
        let mut fields = json!({ "changeId": id, "note": { "body": body } });
        if seen {
            fields["seenDeskSeq"] = json!(self.held.borrow().gapless_desk());
        }
        let asked = simulation.observations.borrow_mut().ask(&self.person, &id, What::Note { body });
        self.insist(simulation, shared_id, asked, Way::Desk, &fields).await;
    }

    /// Decides something at the desk, and repeats the request until it is answered.
    pub async fn decide(&self, simulation: &Simulation, shared_id: &SharedId, seen: bool) {
        let id = Self::new_id(simulation);
        let mut fields = match simulation.fault_injector().below(6) {
            0 => json!({ "prioritize": { "to": "urgent" } }),
            1 => json!({ "prioritize": { "to": "low" } }),
            2 | 3 => json!({ "snooze": {} }),
            4 => json!({ "wake": {} }),
            _ => json!({ "settle": {} }),
        };
        fields["changeId"] = json!(id);
        if seen {
            fields["seenDeskSeq"] = json!(self.held.borrow().gapless_desk());
        }
        let asked = simulation.observations.borrow_mut().ask(&self.person, &id, What::Decision);
        self.insist(simulation, shared_id, asked, Way::Desk, &fields).await;
    }

    /// Archives, closes or opens the conversation, and repeats the request until it is answered.
    pub async fn set_status(&self, simulation: &Simulation, shared_id: &SharedId, status: &str) {
        let (route, id) = ("PATCH /api/chat/conversations/{id}", shared_id.conversation_id().to_string());
        let began = simulation.observations.borrow_mut().tick();
        for _ in 0..TRIES {
            let Some(answer) = self.rest(simulation, route, &id, "", &json!({ "status": status })).await else {
                continue;
            };
            if answer.is_done() {
                self.held.borrow_mut().take_answer(&answer.body);
                if answer.body["change"].is_object() {
                    self.acknowledged(simulation, began, &answer.body, false, None);
                }
                return;
            }
            if let Some(code) = answer.refusal() {
                if self.person.is_admin() {
                    let who = &self.person.user_id;
                    simulation.observations.borrow_mut().surprises.push(format!("{status} of {who}: {code}"));
                }
                return;
            }
        }
    }

    /// Changes the order's status, and repeats the request until it is answered.
    pub async fn change_status(&self, simulation: &Simulation, shared_id: &SharedId, status: &str) {
        let (route, id) = ("PATCH /api/sales/{orderId}/status", shared_id.order_id().to_string());
        let began = simulation.observations.borrow_mut().tick();
        for _ in 0..TRIES {
            let Some(answer) = self.rest(simulation, route, &id, "", &json!({ "status": status })).await else {
                continue;
            };
            if answer.is_done() {
                if answer.body["message"].is_object() {
                    self.held.borrow_mut().take_answer(&answer.body);
                    self.acknowledged(simulation, began, &answer.body, false, None);
                }
                return;
            }
            if answer.refusal().is_some() {
                return;
            }
        }
    }
}
