//! Compares what users observed with what is stored, promise by promise.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Desk, DeskEntry, DeskEvent, Entry, SharedId};
use serde_json::{Value, json};

use super::Simulation;
use super::fault_injector::Post;
use super::observations::{Acknowledged, Observations, secret_in};
use super::simulated_user::SimulatedUser;
use super::stored::Stored;

impl Simulation {
    /// Compares the observations with the stored state and returns descriptions of broken promises.
    /// Call it after [`Simulation::stop_faults`].
    pub async fn broken_promises(&self, shared_id: &SharedId, users: &[&SimulatedUser]) -> Vec<String> {
        let Some(admin) = users.iter().find(|user| user.person.is_admin()) else { return Vec::new() };
        let mut broken = Vec::new();
        let log = admin.whole_log(self, shared_id).await;
        let desk = admin.whole_desk(self, shared_id).await;
        for user in users.iter().filter(|user| user.takes_part) {
            let conversation = user.conversation(self, shared_id).await;
            let differs = user.differs_from(self, shared_id, (&conversation, &log, &desk)).await;
            broken.extend(differs.map(|what| format!("promise 6: {what}")));
            broken.extend(user.unread_is_wrong(&conversation, &log));
            broken.extend(user.furthest_is_wrong(&conversation, users));
        }
        for user in users.iter().filter(|user| user.takes_part).take(2) {
            broken.extend(user.inbox_is_wrong(self, shared_id, &log).await);
        }
        broken.extend(admin.status_is_wrong(self, shared_id, &log).await);
        broken.extend(desk_is_wrong(&admin.conversation(self, shared_id).await, &log, &desk));
        broken.extend(self.partly_created_orders(admin).await);
        let (items, posts) = (self.items().await, self.fault_injector().posts_since(0));
        let observations = self.observations.borrow();
        let stored = Stored::new(&log, &observations);
        broken.extend(observations.disagreements(&stored, &log, &posts));
        broken.extend(observations.desk_disagreements(&desk, &posts));
        broken.extend(self.fault_injector().wrong_writes().into_iter().map(|what| format!("promise 8: {what}")));
        for post in &posts {
            let theirs = |user: &&&SimulatedUser| user.connections.borrow().contains(&post.connection);
            let receiver = users.iter().find(theirs);
            // Whoever sends a frame gets its error.
            if post.frame["event"] != "error" && !receiver.is_some_and(|user| user.takes_part) {
                broken.push(format!("promise 7: {} was pushed to {}", post.frame, post.connection));
            }
            if !receiver.is_some_and(|user| user.person.is_admin())
                && let Some(what) = secret_in(&post.frame)
            {
                broken.push(format!("promise 9: {what} was pushed to {}: {}", post.connection, post.frame));
            }
        }
        broken.extend(wrong_items(&items, shared_id, &stored, log.len(), desk.len()));
        *self.kinds.borrow_mut() = kinds(&log, &desk);
        broken
    }

    /// Orders that are there without their conversation or first message.
    async fn partly_created_orders(&self, admin: &SimulatedUser) -> Vec<String> {
        let (orders, created) = {
            let observations = self.observations.borrow();
            (observations.orders.clone(), observations.created.clone())
        };
        let mut broken = Vec::new();
        for shared_id in orders {
            let order = admin.get(self, "GET /api/sales/{orderId}", &shared_id.order_id().to_string(), "").await;
            let id = shared_id.conversation_id().to_string();
            let conversation = admin.get(self, "GET /api/chat/conversations/{id}", &id, "").await;
            let history = admin.get(self, "GET /api/chat/conversations/{id}/messages", &id, "").await;
            let there = [order.0, conversation.0, history.0].map(|status| status == 200);
            if there != [true; 3] && there != [false; 3] || !there[0] && created.contains(&shared_id) {
                broken.push(format!("promise 5: of {}, order, conversation, history: {there:?}", shared_id.as_str()));
            }
        }
        broken
    }
}

/// Looks at the items of the table: both logs are there, and a text that was deleted is nowhere.
fn wrong_items(
    items: &BTreeMap<(String, String), Value>,
    shared_id: &SharedId,
    stored: &Stored<'_>,
    log: usize,
    desk: usize,
) -> Vec<String> {
    let mut broken = Vec::new();
    for (letter, count) in [("L", log), ("K", desk)] {
        let keys = items.keys().filter(|(pk, sk)| pk == shared_id.as_str() && sk.starts_with(letter));
        let keys: Vec<&str> = keys.map(|(_, sk)| sk.as_str()).collect();
        let expected: Vec<String> = (1..=count).map(|number| format!("{letter}{number:012}")).collect();
        if keys != expected {
            broken.push(format!("promise 2: {keys:?} are stored instead of {count}"));
        }
    }
    for text in stored.deleted_texts() {
        if let Some((key, item)) = items.iter().find(|(_, item)| item.to_string().contains(text)) {
            broken.push(format!("promise 8: {text} was deleted, and is still in {key:?}: {item}"));
        }
    }
    broken
}

/// Whether a push tells of this entry.
fn tells_of(frame: &Value, entry: &Value) -> bool {
    let same = |other: &Value, id: &str| !entry[id].is_null() && other[id] == entry[id];
    match frame["event"].as_str() {
        Some("new_message" | "order_message_update" | "order_updated") => same(&frame["message"], "id"),
        Some("message_changed" | "conversation_updated") => same(&frame["change"], "changeId"),
        Some("desk_updated") => same(&frame["entry"], "changeId"),
        _ => false,
    }
}

/// Entries that were written twice, with one id of their sender.
fn repeated(log: &[Value]) -> Vec<String> {
    let mut seen = BTreeMap::new();
    let mut broken = Vec::new();
    for entry in log {
        let message = !entry["clientMessageId"].is_null();
        let (by, id) = if message { ("sender", "clientMessageId") } else { ("by", "changeId") };
        let id = (entry[by]["userId"].to_string(), entry[id].to_string());
        if (message || entry["changeId"].is_string())
            && let Some(before) = seen.insert(id, &entry["seq"])
        {
            broken.push(format!("{entry} is also at {before}"));
        }
    }
    broken
}

/// The parts of a message that no change changes.
fn identity(message: &Value) -> Value {
    let fields = ["seq", "id", "clientMessageId", "sender", "kind", "system", "createdAt", "replyTo"];
    fields.into_iter().map(|field| (field.to_owned(), message[field].clone())).collect()
}

/// Whether both are the same message or the same change.
fn is_same(one: &Value, other: &Value) -> bool {
    if one["kind"].is_string() { identity(one) == identity(other) } else { one == other }
}

impl Observations {
    /// The observations that contradict the log, or the pushes that were made.
    fn disagreements(&self, stored: &Stored<'_>, log: &[Value], posts: &[Post]) -> Vec<String> {
        let mut broken = Vec::new();
        let mut fail = |promise: u8, what: String| broken.push(format!("promise {promise}: {what}"));
        for (entry, seq) in log.iter().zip(1u64..) {
            if entry["seq"] != seq {
                fail(2, format!("seq {} instead of {seq}", entry["seq"]));
            }
        }
        self.holes.iter().for_each(|hole| fail(2, format!("a page has a gap {hole}")));
        self.leaks.iter().for_each(|leak| fail(7, leak.clone()));
        self.surprises.iter().for_each(|what| fail(8, what.clone()));
        stored.broken().iter().for_each(|what| fail(8, what.clone()));
        for one in self.acknowledged.iter().filter(|one| !one.is_note()) {
            if !stored.entry(&one.entry["seq"]).is_some_and(|entry| is_same(&one.entry, entry)) {
                fail(1, format!("{} was acknowledged and is not in the log like this", one.entry));
            }
        }
        let pushed = |name: &'static str| posts.iter().map(move |post| &post.frame[name]).filter(|it| it.is_object());
        for change in self.changes.iter().chain(pushed("change")) {
            if stored.entry(&change["seq"]) != Some(change) {
                fail(2, format!("{change} was shown and is not in the log"));
            }
        }
        for message in self.messages.iter().map(|shown| &shown.message).chain(pushed("message")) {
            if !stored.entry(&message["seq"]).is_some_and(|entry| is_same(message, entry)) {
                fail(2, format!("{message} was shown and is not in the log"));
            } else if !stored.has_version(message) {
                fail(8, format!("{message} was shown and never was like this"));
            }
        }
        for conversation in self.conversations.iter().chain(pushed("conversation")) {
            stored.wrong_conversation(conversation).into_iter().for_each(|what| fail(8, what));
        }
        self.stale().into_iter().for_each(|what| fail(8, what));
        for what in repeated(log) {
            fail(3, what);
        }
        for asked in self.asked.iter().filter(|asked| asked.refused.is_some()) {
            let mine = |entry: &&Value| {
                let by = if entry["kind"].is_string() { &entry["sender"] } else { &entry["by"] };
                let ids = [&entry["clientMessageId"], &entry["changeId"]];
                by["userId"] == asked.by.as_str() && ids.into_iter().any(|id| *id == asked.id.as_str())
            };
            if let Some(entry) = log.iter().find(mine) {
                fail(8, format!("{entry} was refused: {:?}", asked.refused));
            }
        }
        for one in &self.acknowledged {
            let later = self.acknowledged.iter().filter(|other| other.sender == one.sender && other.began > one.at);
            let later = later.filter(|other| other.is_note() == one.is_note());
            for other in later.filter(|other| other.number() <= one.number()) {
                fail(4, format!("{} was sent after {} was acknowledged", other.entry, one.entry));
            }
        }
        for one in self.acknowledged.iter().filter(|one| !one.duplicate) {
            let there = self.connected.iter().filter(|(_, when)| when.since < one.began && when.until > one.at);
            let there = there.filter(|(connection, _)| one.requester.as_ref() != Some(connection));
            // The connections of customers have no part in notes.
            for (connection, _) in there.filter(|(_, when)| when.is_admin || !one.is_note()) {
                let offers = posts[..one.offers].iter().filter(|post| post.connection == *connection);
                if !offers.into_iter().any(|post| tells_of(&post.frame, &one.entry)) {
                    fail(6, format!("{} was acknowledged and never pushed to {connection}", one.entry));
                }
            }
        }
        // What the system does is told once.
        let mut told = BTreeSet::new();
        for post in posts.iter().filter(|post| post.frame["change"]["by"]["role"] == "system") {
            if !told.insert((&post.connection, post.frame["change"]["seq"].as_u64())) {
                fail(8, format!("{} was told twice to {}", post.frame, post.connection));
            }
        }
        broken
    }

    /// Messages that were shown older than something that was shown, or acknowledged, before they
    /// were asked for.
    fn stale(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let version = |message: &Value| message["changedSeq"].as_u64().unwrap_or(0);
        let mut by_seq: BTreeMap<Option<u64>, Vec<_>> = BTreeMap::new();
        for shown in &self.messages {
            by_seq.entry(shown.message["seq"].as_u64()).or_default().push(shown);
        }
        let mut known: BTreeMap<Option<u64>, Vec<(usize, u64)>> = BTreeMap::new();
        for one in &self.acknowledged {
            if let (Some(target), Some(seq)) = (one.entry["target"].as_u64(), one.entry["seq"].as_u64()) {
                known.entry(Some(target)).or_default().push((one.at, seq));
            }
        }
        for (seq, shown) in by_seq {
            let mut known = known.remove(&seq).unwrap_or_default();
            known.extend(shown.iter().map(|shown| (shown.at, version(&shown.message))));
            for one in shown {
                let newer = known.iter().find(|(at, newer)| *at < one.began && *newer > version(&one.message));
                if let Some((_, newer)) = newer {
                    broken.push(format!("{} was shown after version {newer} was", one.message));
                }
            }
        }
        broken
    }

    /// The observations that contradict the shop's log.
    fn desk_disagreements(&self, desk: &[Value], posts: &[Post]) -> Vec<String> {
        let mut broken = Vec::new();
        let mut fail = |promise: u8, what: String| broken.push(format!("promise {promise}: {what}"));
        let mut seen = BTreeMap::new();
        for (entry, number) in desk.iter().zip(1u64..) {
            if entry["deskSeq"] != number {
                fail(9, format!("deskSeq {} instead of {number}", entry["deskSeq"]));
            }
            if let Some(before) = seen.insert((entry["by"].to_string(), entry["changeId"].to_string()), number) {
                fail(3, format!("{entry} is also at {before}"));
            }
            let asked = self.asked(&entry["by"], &entry["changeId"]);
            let body = asked.and_then(|asked| asked.what.body());
            if asked.is_none() || body != entry["body"].as_str() || entry["by"]["role"] != "admin" {
                fail(9, format!("nobody wrote {entry}"));
            }
            if asked.is_some_and(|asked| asked.refused.is_some()) {
                fail(9, format!("{entry} was refused"));
            }
        }
        let acknowledged = self.acknowledged.iter().filter(|one| one.is_note()).map(|one| &one.entry);
        let pushed = posts.iter().map(|post| &post.frame["entry"]).filter(|entry| entry.is_object());
        for entry in acknowledged.chain(&self.notes).chain(pushed) {
            if !desk.contains(entry) {
                fail(9, format!("{entry} was shown and is not in the shop's log"));
            }
        }
        let count = desk.len() as u64;
        for conversation in &self.conversations {
            if conversation["deskSeq"].as_u64().is_some_and(|number| number > count) {
                fail(9, format!("{conversation} has a deskSeq above {count}"));
            }
        }
        broken
    }
}

impl Acknowledged {
    fn is_note(&self) -> bool {
        self.entry["deskSeq"].is_u64()
    }

    /// Its place in its log.
    fn number(&self) -> Option<u64> {
        let number = if self.is_note() { &self.entry["deskSeq"] } else { &self.entry["seq"] };
        number.as_u64()
    }
}

/// The difference between the desk of a conversation and what its two logs say.
fn desk_is_wrong(conversation: &Value, log: &[Value], desk: &[Value]) -> Option<String> {
    let parsed = |entry: &Value| {
        if entry["kind"].is_string() {
            Entry::Message(serde_json::from_value(entry.clone()).unwrap())
        } else {
            Entry::Change(serde_json::from_value(entry.clone()).unwrap())
        }
    };
    let log: Vec<(u64, Entry)> = (1..).zip(log.iter().map(parsed)).collect();
    let desk: Vec<DeskEntry> = desk.iter().map(|entry| serde_json::from_value(entry.clone()).unwrap()).collect();
    // A decision is made while neither log moves, so it comes right after the entry that it names.
    let mut events: Vec<((u64, u64), DeskEvent<'_>)> = Vec::new();
    events.extend(log.iter().map(|(seq, entry)| ((*seq, 0), DeskEvent::Log(entry))));
    events.extend(desk.iter().map(|entry| ((entry.after_seq, entry.desk_seq), DeskEvent::Desk(entry))));
    events.sort_by_key(|(at, _)| *at);
    let expected = Desk::of(events.into_iter().map(|(_, event)| event));
    let expected = json!(protocol::Desk::of(&expected, Vec::new()));
    (conversation["desk"] != expected)
        .then(|| format!("promise 9: the desk is {} instead of {expected}", conversation["desk"]))
}

/// How many entries of each kind a conversation has, for the measurements.
fn kinds(log: &[Value], desk: &[Value]) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    for entry in log {
        let by_itself = if entry["by"]["role"] == "system" { " by itself" } else { "" };
        let kind = match (&entry["type"], &entry["replyTo"]) {
            (Value::String(kind), _) if entry["on"] == json!(false) => format!("{kind} off"),
            (Value::String(kind), _) => format!("{kind}{by_itself}"),
            (_, Value::Number(_)) => "reply".to_owned(),
            _ => entry["kind"].as_str().unwrap_or_default().to_owned(),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    for entry in desk {
        let kind = if entry["type"] == "note" { "note" } else { "decision" };
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    kinds
}
