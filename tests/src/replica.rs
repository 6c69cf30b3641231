//! What a client knows, built as the protocol says: from a first fetch, its acknowledgements, and events.
//!
//! Messages are ordered by `seq`. A change of the conversation's status has no `seq`, so its events and the answers to requests may
//! come in any order. A client therefore fetches the conversation again when an event brings another status than it holds, and
//! when an answer comes whose request began before such an event was heard; that answer changes no status.

use std::collections::BTreeMap;

use domain::{ConversationId, ConversationStatus, Kind, Message, OrderStatus, Role, Side};
use protocol::{Conversation, Event};

/// Everything that one user's client knows.
#[derive(Clone, Debug)]
pub struct Replica {
    user_id: String,
    role: Role,
    conversations: BTreeMap<ConversationId, ReplicaConversation>,
    /// How many changes of a conversation's status were heard.
    changes: u64,
}

/// When a request began: after so many changes.
#[derive(Clone, Copy, Debug)]
pub struct Began(u64);

/// What it knows of one conversation.
#[derive(Clone, Debug)]
pub struct ReplicaConversation {
    /// The messages by `seq`.
    pub messages: BTreeMap<u64, Message>,
    /// The conversation's status, as of this `seq`.
    pub status: (u64, ConversationStatus),
    /// The order's status, as of this `seq`.
    pub order: (u64, OrderStatus),
    /// Read and delivered, by user and role.
    pub cursors: BTreeMap<(String, &'static str), (u64, u64)>,
    /// Which of the changes was the last of this conversation.
    changed: u64,
    /// Whether only a fetch can tell the status.
    is_stale: bool,
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Admin => "admin",
        Role::System => "system",
    }
}

impl Default for ReplicaConversation {
    fn default() -> Self {
        Self {
            messages: BTreeMap::new(),
            status: (0, ConversationStatus::Active),
            order: (0, OrderStatus::Pending),
            cursors: BTreeMap::new(),
            changed: 0,
            is_stale: false,
        }
    }
}

impl ReplicaConversation {
    /// The highest `seq` up to which nothing is missing.
    pub fn gapless(&self) -> u64 {
        self.messages.keys().zip(1..).take_while(|(seq, expected)| *seq == expected).count() as u64
    }

    /// The cursors of one user.
    pub fn cursor(&self, user_id: &str, role: Role) -> (u64, u64) {
        self.cursors.get(&(user_id.to_owned(), role_name(role))).copied().unwrap_or_default()
    }

    /// The cursors that stand anywhere.
    pub fn moved_cursors(&self) -> BTreeMap<(String, &'static str), (u64, u64)> {
        self.cursors.clone().into_iter().filter(|(_, cursor)| *cursor != (0, 0)).collect()
    }

    fn advance(&mut self, user_id: &str, role: Role, read: u64, delivered: u64) {
        let cursor = self.cursors.entry((user_id.to_owned(), role_name(role))).or_default();
        cursor.0 = cursor.0.max(read);
        cursor.1 = cursor.1.max(delivered).max(cursor.0);
    }

    /// A text wakes the conversation, unless what is known of its status is newer.
    fn apply_message(&mut self, message: &Message) {
        if message.kind == Kind::Text && message.seq > self.status.0 {
            self.status = (message.seq, ConversationStatus::Active);
        }
        if let Some(domain::System::StatusChanged { to, .. }) = &message.system
            && message.seq >= self.order.0
        {
            self.order = (message.seq, *to);
        }
        self.messages.insert(message.seq, message.clone());
    }

    /// An answer to a request: the conversation as it was when `lastSeq` was its last.
    fn apply_conversation(&mut self, conversation: &Conversation, began: Began) {
        if began.0 < self.changed {
            self.is_stale = true;
        } else {
            if conversation.last_seq >= self.status.0 {
                self.status = (conversation.last_seq, conversation.status);
            }
            self.is_stale = false;
        }
        self.see_versioned(conversation);
    }

    /// The change of a status, which others may have overtaken.
    fn change(&mut self, conversation: &Conversation, number: u64) {
        self.changed = number;
        if conversation.last_seq >= self.status.0 {
            self.is_stale |= conversation.status != self.status.1;
            self.status = (conversation.last_seq, conversation.status);
        }
        self.see_versioned(conversation);
    }

    /// What tells by itself whether it is newer.
    fn see_versioned(&mut self, conversation: &Conversation) {
        if conversation.last_seq >= self.order.0 {
            self.order = (conversation.last_seq, conversation.order.status);
        }
        for it in &conversation.participants {
            self.advance(&it.user_id, it.role, it.read_seq, it.delivered_seq);
        }
    }
}

impl Replica {
    /// Knows nothing yet.
    pub fn new(user_id: &str, role: Role) -> Self {
        Self { user_id: user_id.to_owned(), role, conversations: BTreeMap::new(), changes: 0 }
    }

    /// What is known, by conversation.
    pub fn conversations(&self) -> &BTreeMap<ConversationId, ReplicaConversation> {
        &self.conversations
    }

    /// One of the conversations, picked by any number; `None` as long as none is known.
    pub fn pick(&self, number: usize) -> Option<(ConversationId, ReplicaConversation)> {
        let at = number % self.conversations.len().max(1);
        self.conversations.iter().nth(at).map(|(id, known)| (id.clone(), known.clone()))
    }

    /// For [`Self::see`], before a request begins.
    pub fn begin(&self) -> Began {
        Began(self.changes)
    }

    /// Takes in a conversation that the answer to a request showed.
    pub fn apply_conversation(&mut self, conversation: &Conversation, began: Began) {
        self.conversation(&conversation.id).apply_conversation(conversation, began);
    }

    /// A conversation that has to be fetched again.
    pub fn stale(&self) -> Option<ConversationId> {
        self.conversations.iter().find(|(_, known)| known.is_stale).map(|(id, _)| id.clone())
    }

    /// Takes in a message that a fetch or an acknowledgement showed.
    pub fn apply_message(&mut self, message: &Message) {
        self.conversation(&message.conversation_id).apply_message(message);
    }

    /// Takes in where the user's own cursor now stands.
    pub fn own_cursor(&mut self, id: &ConversationId, read: u64, delivered: u64) {
        let (user_id, role) = (self.user_id.clone(), self.role);
        self.conversation(id).advance(&user_id, role, read, delivered);
    }

    /// Takes in an event.
    pub fn apply_event(&mut self, event: &Event) {
        match event {
            Event::NewMessage { message, .. }
            | Event::OrderMessageUpdate { message, .. }
            | Event::OrderUpdated { message, .. } => self.apply_message(message),
            Event::OrderCreated { conversation, .. } => {
                self.apply_conversation(conversation, self.begin());
                self.apply_message(&conversation.last_message);
            }
            Event::ConversationUpdated { conversation } => {
                self.changes += 1;
                let number = self.changes;
                self.conversation(&conversation.id).change(conversation, number);
            }
            Event::MessageRead { conversation_id, user_id, role, seq } => {
                self.conversation(conversation_id).advance(user_id, *role, *seq, *seq);
            }
            Event::MessageDelivered { conversation_id, user_id, role, seq } => {
                self.conversation(conversation_id).advance(user_id, *role, 0, *seq);
            }
            Event::Presence { .. } | Event::UserTyping { .. } | Event::UserStoppedTyping { .. } => {}
            Event::Ack { .. } | Event::Error { .. } => panic!("nothing was asked without a requestId: {event:?}"),
        }
    }

    /// How many messages of the other side lie past the user's read cursor.
    pub fn unread(&self, id: &ConversationId) -> u64 {
        let own = if self.role == Role::Customer { Side::Customer } else { Side::Shop };
        let known = &self.conversations[id];
        let (read, _) = known.cursor(&self.user_id, self.role);
        known.messages.range(read + 1..).filter(|(_, message)| message.side() != own).count() as u64
    }

    fn conversation(&mut self, id: &ConversationId) -> &mut ReplicaConversation {
        self.conversations.entry(id.clone()).or_default()
    }
}
