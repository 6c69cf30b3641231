//! The stored log of a conversation, and every version of its messages, computed from the log and
//! from what users asked for, independently of the product.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Emoji, Time};
use serde_json::{Value, json};

use super::observations::{Asked, Observations, What};

/// After how many milliseconds a conversation is archived by itself.
pub(crate) const ARCHIVED_AFTER_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// The fields of a message that a change sets.
const CHANGING: [&str; 5] = ["body", "changedSeq", "editedAt", "deleted", "reactions"];

/// The log, with every version of its messages.
pub(crate) struct Stored<'a> {
    log: BTreeMap<u64, &'a Value>,
    observations: &'a Observations,
    /// The versions of each message, oldest first. The first has no `changedSeq`.
    versions: BTreeMap<u64, Vec<Value>>,
    /// The state after each entry.
    states: BTreeMap<u64, State>,
    /// Descriptions of entries that should not be there.
    broken: Vec<String>,
}

/// What a Conversation says of the log up to an entry.
#[derive(Clone, Debug)]
struct State {
    status: String,
    order: String,
    /// The `seq` of the last message.
    last_message: u64,
    at: Value,
}

fn is_admin(person: &Value) -> bool {
    person["role"] == "admin"
}

fn millis(time: &Value) -> i64 {
    serde_json::from_value::<Time>(time.clone()).unwrap().millis()
}

impl<'a> Stored<'a> {
    /// `log` has the messages and changes by `seq`.
    pub(crate) fn new(log: &'a [Value], observations: &'a Observations) -> Self {
        let mut stored = Self {
            log: log.iter().filter_map(|entry| Some((entry["seq"].as_u64()?, entry))).collect(),
            observations,
            versions: BTreeMap::new(),
            states: BTreeMap::new(),
            broken: Vec::new(),
        };
        let mut state = State { status: "active".into(), order: "pending".into(), last_message: 0, at: Value::Null };
        for entry in log {
            let seq = entry["seq"].as_u64().unwrap_or_default();
            if entry["kind"].is_string() {
                stored.add_message(seq, entry, &mut state);
            } else {
                stored.add_change(seq, entry, &mut state);
            }
            state.at = entry["createdAt"].clone();
            stored.states.insert(seq, state.clone());
        }
        for (seq, versions) in &stored.versions {
            let last = versions.last();
            if stored.log.get(seq).copied() != last {
                stored.broken.push(format!("{} is stored, and by the log it is {last:?}", stored.log[seq]));
            }
        }
        stored
    }

    fn add_message(&mut self, seq: u64, message: &Value, state: &mut State) {
        let mut first = message.clone();
        state.last_message = seq;
        if message["kind"] == "system" {
            if message["system"]["type"] == "status_changed" {
                message["system"]["to"].as_str().unwrap().clone_into(&mut state.order);
            }
            self.versions.insert(seq, vec![first]);
            return;
        }
        let asked = self.observations.asked(&message["sender"], &message["clientMessageId"]);
        let Some(Asked { began, what: What::Message { body, seen, reply_to, expect_last }, .. }) = asked else {
            self.broken.push(format!("nobody sent {message}"));
            return;
        };
        for field in CHANGING {
            first.as_object_mut().unwrap().remove(field);
        }
        first["body"] = json!(body);
        if state.status == "closed" {
            self.broken.push(format!("{message} came into a closed conversation"));
        }
        if message["replyTo"].as_u64() != *reply_to {
            self.broken.push(format!("{message} should answer {reply_to:?}"));
        }
        let answered = reply_to.map(|seq| (seq, self.versions.get(&seq).and_then(|versions| versions.last())));
        if let Some((answered, version)) = answered
            && version.is_none_or(|version| self.was_deleted_before(version, *began))
        {
            self.broken.push(format!("{message} answers {answered}, which is {version:?}"));
        }
        if *expect_last && is_admin(&message["sender"]) {
            // Whoever answered between, and whose answer still stood.
            let between = self.versions.range(seen.unwrap_or(0) + 1..seq).filter_map(|(_, it)| it.last());
            let other = |it: &&Value| is_admin(&it["sender"]) && it["sender"] != message["sender"];
            if let Some(overtook) = between.filter(other).find(|it| it["deleted"].is_null()) {
                self.broken.push(format!("{message} should have been refused, because of {overtook}"));
            }
        }
        "active".clone_into(&mut state.status);
        self.versions.insert(seq, vec![first]);
    }

    /// Whether the deletion of this version was acknowledged before `began`.
    fn was_deleted_before(&self, version: &Value, began: usize) -> bool {
        let is_it = |entry: &Value| entry["seq"] == version["changedSeq"] && entry["type"] == "deleted";
        !version["deleted"].is_null()
            && self.observations.acknowledged.iter().any(|one| one.at < began && is_it(&one.entry))
    }

    fn add_change(&mut self, seq: u64, change: &Value, state: &mut State) {
        if change["type"] == "status" {
            self.add_status(seq, change, state);
            return;
        }
        let asked = self.observations.asked(&change["by"], &change["changeId"]);
        let target = change["target"].as_u64().unwrap_or_default();
        let is_asked_for = asked.is_some_and(|asked| match (&asked.what, change["type"].as_str()) {
            (What::Edit { target: it, .. }, Some("edited")) | (What::Delete { target: it }, Some("deleted")) => {
                *it == target
            }
            (What::React { target: it, emoji, on }, Some("reacted")) => {
                *it == target && change["emoji"] == **emoji && change["on"] == *on
            }
            _ => false,
        });
        let last = self.versions.get(&target).and_then(|versions| versions.last()).cloned();
        let (Some(asked), Some(last), true) = (asked, last, is_asked_for) else {
            self.broken.push(format!("nobody asked for {change}"));
            return;
        };
        let own = last["sender"] == change["by"];
        let is_allowed = match asked.what {
            What::Edit { .. } => own,
            What::Delete { .. } => own || is_admin(&change["by"]),
            _ => true,
        };
        if !is_allowed || last["kind"] == "system" || !last["deleted"].is_null() || state.status == "closed" {
            self.broken.push(format!("{change} changed {last} in a conversation that was {}", state.status));
        }
        let next = changed(last, seq, change, &asked.what);
        self.versions.get_mut(&target).unwrap().push(next);
    }

    fn add_status(&mut self, seq: u64, change: &Value, state: &mut State) {
        if change["from"] != state.status.as_str() || change["from"] == change["to"] {
            self.broken.push(format!("{change} came when the conversation was {}", state.status));
        }
        change["to"].as_str().unwrap_or_default().clone_into(&mut state.status);
        if change["by"]["role"] == "system" {
            let since = self.log.get(&(seq - 1)).map_or(0, |before| millis(&before["createdAt"]));
            let is_final = matches!(state.order.as_str(), "completed" | "cancelled");
            let is_due = millis(&change["createdAt"]) >= since + ARCHIVED_AFTER_MS;
            if change["from"] != "active" || change["to"] != "archived" || !is_final || !is_due {
                self.broken.push(format!("{change} came by itself, {state:?}"));
            }
        } else if !is_admin(&change["by"]) {
            self.broken.push(format!("{change} is not by an admin"));
        }
    }

    /// The entry `seq`.
    pub(crate) fn entry(&self, seq: &Value) -> Option<&Value> {
        self.log.get(&seq.as_u64()?).copied()
    }

    /// Descriptions of entries that should not be there, or of messages that are not what the log
    /// says.
    pub(crate) fn broken(&self) -> &[String] {
        &self.broken
    }

    /// Whether a message was like this after one of its changes.
    pub(crate) fn has_version(&self, message: &Value) -> bool {
        let versions = message["seq"].as_u64().and_then(|seq| self.versions.get(&seq));
        versions.is_some_and(|versions| versions.contains(message))
    }

    /// Returns a description if a Conversation is not what the log says of its `lastSeq`.
    pub(crate) fn wrong_conversation(&self, conversation: &Value) -> Option<String> {
        let last_seq = conversation["lastSeq"].as_u64()?;
        let Some(state) = self.states.get(&last_seq) else { return Some(format!("{conversation} is of no entry")) };
        let mut last = self.versions.get(&state.last_message)?.iter().rev();
        // The last message as it was then, by its last edit or deletion: it is without reactions.
        let last = last.find(|version| {
            version["changedSeq"].as_u64().is_none_or(|seq| seq <= last_seq && !self.is_reaction(seq))
        })?;
        let mut last = last.clone();
        last.as_object_mut()?.remove("reactions");
        let is_right = conversation["status"] == state.status.as_str()
            && conversation["order"]["status"] == state.order.as_str()
            && conversation["lastActivityAt"] == state.at
            && conversation["lastMessage"] == last;
        (!is_right).then(|| format!("{conversation} should be {state:?} with {last}"))
    }

    fn is_reaction(&self, seq: u64) -> bool {
        self.log.get(&seq).is_some_and(|entry| entry["type"] == "reacted")
    }

    /// The texts of messages that were deleted: all that they ever had.
    pub(crate) fn deleted_texts(&self) -> BTreeSet<&str> {
        let deleted =
            self.versions.values().filter(|versions| versions.last().is_some_and(|last| !last["deleted"].is_null()));
        deleted.flatten().filter_map(|version| version["body"].as_str()).filter(|body| !body.is_empty()).collect()
    }

    /// The status of the conversation after the last entry, and that of the order.
    pub(crate) fn last_statuses(&self) -> Option<(&str, &str)> {
        self.states.values().next_back().map(|state| (state.status.as_str(), state.order.as_str()))
    }
}

/// A message after one more change.
fn changed(mut message: Value, seq: u64, change: &Value, what: &What) -> Value {
    message["changedSeq"] = json!(seq);
    match what {
        What::Edit { body, .. } => {
            message["body"] = json!(body);
            message["editedAt"] = change["createdAt"].clone();
        }
        What::Delete { .. } => {
            message["body"] = json!("");
            message["deleted"] = json!({ "by": change["by"], "at": change["createdAt"] });
            message.as_object_mut().unwrap().remove("reactions");
        }
        What::React { emoji, on, .. } => {
            let reactions = message["reactions"].take();
            let mut all: BTreeMap<(usize, bool, String), Value> = BTreeMap::new();
            let key = |emoji: &Value, person: &Value| {
                let order = Emoji::ALL.iter().position(|it| json!(it) == *emoji).unwrap();
                (order, is_admin(person), person["userId"].as_str().unwrap().to_owned())
            };
            for reaction in reactions.as_array().into_iter().flatten() {
                for person in reaction["by"].as_array().unwrap() {
                    all.insert(key(&reaction["emoji"], person), person.clone());
                }
            }
            if *on {
                all.insert(key(&json!(emoji), &change["by"]), change["by"].clone());
            } else {
                all.remove(&key(&json!(emoji), &change["by"]));
            }
            let mut by_emoji: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
            for ((emoji, ..), person) in all {
                by_emoji.entry(emoji).or_default().push(person);
            }
            let reactions = by_emoji.into_iter().map(|(emoji, by)| json!({ "emoji": Emoji::ALL[emoji], "by": by }));
            let reactions: Vec<Value> = reactions.collect();
            let fields = message.as_object_mut().unwrap();
            if reactions.is_empty() {
                fields.remove("reactions");
            } else {
                fields.insert("reactions".to_owned(), json!(reactions));
            }
        }
        What::Message { .. } | What::Note { .. } | What::Decision => {}
    }
    message
}
