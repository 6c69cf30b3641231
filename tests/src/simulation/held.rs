//! What the client of a simulated user holds: a [`Replica`] built from acknowledgements, events and
//! pages, of which many come late, twice or never.

use std::collections::BTreeSet;

use domain::{ConversationId, Person};
use protocol::{Conversation, Event, History};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fault_injector::{FaultInjector, Post};
use super::observations::seqs;
use crate::replica::{Replica, ReplicaConversation};

/// What the client holds of the conversation.
#[derive(Debug)]
pub(crate) struct Held {
    replica: Replica,
    conversation: Option<ConversationId>,
    /// The history begins after this `seq`; `None` before the first page.
    begin: Option<u64>,
    late: Vec<Late>,
    /// How many pushes were looked at.
    looked_at: usize,
}

/// An answer or event that has not arrived yet.
#[derive(Clone, Debug)]
enum Late {
    Page { before: u64, page: Value },
    Conversation(Value),
    Event(Box<Event>),
}

fn parse<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|problem| panic!("{problem}: {value}"))
}

impl Held {
    pub(crate) fn new(person: &Person) -> Self {
        Self::after(person, 0)
    }

    /// A client that begins after the first `offers` pushes.
    pub(crate) fn after(person: &Person, offers: usize) -> Self {
        let replica = Replica::new(&person.user_id, person.role);
        Self { replica, conversation: None, begin: None, late: Vec::new(), looked_at: offers }
    }

    /// What it knows of the conversation, if anything.
    pub(crate) fn known(&self) -> Option<&ReplicaConversation> {
        self.replica.conversations().get(self.conversation.as_ref()?)
    }

    /// The `seq` after which its history begins.
    pub(crate) fn begin(&self) -> u64 {
        self.begin.unwrap_or(0)
    }

    /// The `seq` up to which no entry is missing, counted from where its history begins.
    pub(crate) fn gapless(&self) -> u64 {
        self.known().map_or(self.begin(), |known| known.gapless_after(self.begin()))
    }

    /// The `deskSeq` up to which no entry of the shop's log is missing.
    pub(crate) fn gapless_desk(&self) -> u64 {
        let desk = self.known().map(|known| &known.desk);
        desk.map_or(0, |desk| desk.keys().zip(1..).take_while(|(seq, expected)| **seq == *expected).count() as u64)
    }

    /// The messages that it holds, by `seq`; those of persons only, if `texts`.
    pub(crate) fn messages(&self, texts: bool) -> Vec<u64> {
        let messages = self.known().into_iter().flat_map(|known| known.messages.values());
        messages.filter(|message| !texts || message.system.is_none()).map(|message| message.seq).collect()
    }

    /// Applies an acknowledgement or an answer to a write.
    pub(crate) fn take_answer(&mut self, body: &Value) {
        if body["conversation"].is_object() {
            self.take_conversation(&body["conversation"]);
        }
        if body["change"].is_object() {
            self.replica.apply_change(&parse(&body["change"]));
        }
        if body["message"].is_object() {
            self.replica.apply_message(&parse(&body["message"]));
        }
        if body["entry"].is_object() {
            self.replica.apply_desk(&parse(&body["entry"]));
        }
    }

    /// Applies a conversation of an answer.
    pub(crate) fn take_conversation(&mut self, conversation: &Value) {
        let conversation: Conversation = parse(conversation);
        self.replica.apply_conversation(&conversation);
        self.conversation = Some(conversation.id);
    }

    /// Applies the newest page. The history begins with it, unless it has begun.
    pub(crate) fn take_newest(&mut self, id: &ConversationId, page: &Value) {
        self.begin = self.begin.or(seqs(page).first().map(|first| first - 1));
        self.take_page(id, page);
    }

    /// Applies a page of newer entries.
    pub(crate) fn take_page(&mut self, id: &ConversationId, page: &Value) {
        self.begin.get_or_insert(0);
        self.conversation = Some(id.clone());
        self.replica.apply_history(id, &parse::<History>(page));
    }

    /// Applies a whole log: messages and changes.
    pub(crate) fn take_log(&mut self, log: &[Value]) {
        for entry in log {
            if entry["kind"].is_string() {
                self.replica.apply_message(&parse(entry));
            } else {
                self.replica.apply_change(&parse(entry));
            }
        }
    }

    /// Applies entries of the shop's log.
    pub(crate) fn take_desk(&mut self, entries: &[Value]) {
        for entry in entries {
            self.replica.apply_desk(&parse(entry));
        }
    }

    /// Keeps a page of older entries, which ends below `before`, until it arrives.
    pub(crate) fn delay_page(&mut self, before: u64, page: &Value) {
        self.late.push(Late::Page { before, page: page.clone() });
    }

    /// Keeps a conversation until it arrives.
    pub(crate) fn delay_conversation(&mut self, conversation: &Value) {
        self.late.push(Late::Conversation(conversation.clone()));
    }

    /// Something late arrives.
    pub(crate) fn arrive(&mut self, random: &FaultInjector) {
        if !self.late.is_empty() {
            let late = self.late.swap_remove(random.below(self.late.len()));
            self.take_late(&late);
        }
    }

    /// Everything that is late arrives.
    pub(crate) fn arrive_all(&mut self) {
        for late in std::mem::take(&mut self.late) {
            self.take_late(&late);
        }
    }

    fn take_late(&mut self, late: &Late) {
        match late {
            Late::Event(event) => self.replica.apply_event(event),
            Late::Conversation(conversation) => self.take_conversation(conversation),
            Late::Page { before, page } => {
                let Some(id) = self.conversation.clone() else { return };
                // A page that continues the history to the past.
                if let Some(first) = seqs(page).first().filter(|_| *before == self.begin() + 1) {
                    self.begin = Some(first - 1);
                }
                self.replica.apply_history(&id, &parse::<History>(page));
            }
        }
    }

    /// Applies the pushes to `connections` since the last call: each once, or lost, twice or late.
    pub(crate) fn listen(&mut self, random: &FaultInjector, connections: &BTreeSet<String>) {
        let posts = random.posts_since(self.looked_at);
        self.looked_at += posts.len();
        for Post { frame, .. } in posts.iter().filter(|post| connections.contains(&post.connection)) {
            let event: Event = parse(frame);
            // The answer to a frame of a connection that is over by then.
            if matches!(event, Event::Error { .. }) {
                continue;
            }
            let times = match random.below(5) {
                0 => 0,
                1 => {
                    self.late.push(Late::Event(Box::new(event.clone())));
                    random.below(2)
                }
                2 => 2,
                _ => 1,
            };
            for _ in 0..times {
                self.replica.apply_event(&event);
            }
        }
    }

    /// Returns a description if it differs from what `fresh` has, which was just fetched.
    pub(crate) fn differs_from(&self, fresh: &Self) -> Option<String> {
        let (known, truth) = (self.known()?, fresh.known()?);
        let differs = |what: &str| Some(format!("{what}: {known:#?}\ninstead of {truth:#?}"));
        if known.messages != truth.messages {
            return differs("messages");
        }
        if known.changes != truth.changes {
            return differs("changes");
        }
        if known.desk != truth.desk {
            return differs("the shop's log");
        }
        if known.status.1 != truth.status.1 {
            return differs("the status");
        }
        (known.order.1 != truth.order.1).then(|| differs("the order's status"))?
    }
}
