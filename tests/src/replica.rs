//! A model of what a client knows. It is built as the protocol says: from a first fetch, from
//! acknowledgements and from events.
//!
//! Messages and changes are ordered by `seq`. Of two versions of a message, the one with the higher
//! `changedSeq` is newer. Of two statuses, the one that was known up to the higher `seq` is. So
//! nothing depends on the order in which events and answers arrive.

use std::collections::BTreeMap;

use domain::{
    Change, ChangeKind, ConversationId, ConversationStatus, DeskEntry, Kind, Message, OrderStatus, Role, Side,
};
use protocol::{Conversation, Event, History};

/// Everything that the client of one user knows.
#[derive(Clone, Debug)]
pub struct Replica {
    user_id: String,
    role: Role,
    conversations: BTreeMap<ConversationId, ReplicaConversation>,
}

/// What a client knows of one conversation.
#[derive(Clone, Debug)]
pub struct ReplicaConversation {
    /// The messages by `seq`. A changed message is kept before the page with it is loaded.
    pub messages: BTreeMap<u64, Message>,
    /// The changes by `seq`.
    pub changes: BTreeMap<u64, Change>,
    /// The entries of the shop's log by `deskSeq`.
    pub desk: BTreeMap<u64, DeskEntry>,
    /// The conversation's status, and the `seq` up to which it is known.
    pub status: (u64, ConversationStatus),
    /// The order's status, and the `seq` up to which it is known.
    pub order: (u64, OrderStatus),
    /// The read and the delivery cursor, by user and role.
    pub cursors: BTreeMap<(String, &'static str), (u64, u64)>,
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
            changes: BTreeMap::new(),
            desk: BTreeMap::new(),
            status: (0, ConversationStatus::Active),
            order: (0, OrderStatus::Pending),
            cursors: BTreeMap::new(),
        }
    }
}

impl ReplicaConversation {
    /// The highest `seq` up to which no entry is missing.
    pub fn gapless(&self) -> u64 {
        self.gapless_after(0)
    }

    /// The highest `seq` up to which no entry after `begin` is missing.
    pub fn gapless_after(&self, begin: u64) -> u64 {
        let has = |seq: &u64| self.messages.contains_key(seq) || self.changes.contains_key(seq);
        let most = (self.messages.len() + self.changes.len()) as u64;
        (begin + 1..=begin + most).take_while(has).last().unwrap_or(begin)
    }

    /// The cursors of one user.
    pub fn cursor(&self, user_id: &str, role: Role) -> (u64, u64) {
        self.cursors.get(&(user_id.to_owned(), role_name(role))).copied().unwrap_or_default()
    }

    /// The furthest read and delivery cursor of a side.
    pub fn furthest(&self, role: Role) -> (u64, u64) {
        let of_side = self.cursors.iter().filter(|((_, side), _)| *side == role_name(role)).map(|(_, cursor)| *cursor);
        of_side.fold((0, 0), |(read, delivered), cursor| (read.max(cursor.0), delivered.max(cursor.1)))
    }

    fn advance(&mut self, user_id: &str, role: Role, read: u64, delivered: u64) {
        let cursor = self.cursors.entry((user_id.to_owned(), role_name(role))).or_default();
        cursor.0 = cursor.0.max(read);
        cursor.1 = cursor.1.max(delivered).max(cursor.0);
    }

    /// Applies a message. A text message makes the conversation active, unless the known status is
    /// newer.
    fn apply_message(&mut self, message: &Message) {
        if message.kind == Kind::Text && message.seq > self.status.0 {
            self.status = (message.seq, ConversationStatus::Active);
        }
        if let Some(domain::System::StatusChanged { to, .. }) = &message.system
            && message.seq >= self.order.0
        {
            self.order = (message.seq, *to);
        }
        if self.messages.get(&message.seq).is_none_or(|held| held.changed_seq < message.changed_seq) {
            self.messages.insert(message.seq, message.clone());
        }
    }

    fn apply_change(&mut self, change: &Change) {
        if let ChangeKind::Status { to, .. } = change.kind
            && change.seq > self.status.0
        {
            self.status = (change.seq, to);
        }
        self.changes.insert(change.seq, change.clone());
    }

    /// Applies a conversation. It shows the state as of its `lastSeq`.
    fn apply_conversation(&mut self, conversation: &Conversation) {
        if conversation.last_seq >= self.status.0 {
            self.status = (conversation.last_seq, conversation.status);
        }
        self.see_versioned(conversation);
    }

    /// Applies the values that carry their own version: the order's status and the cursors.
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
    /// A client that knows nothing yet.
    pub fn new(user_id: &str, role: Role) -> Self {
        Self { user_id: user_id.to_owned(), role, conversations: BTreeMap::new() }
    }

    /// All known conversations, by id.
    pub fn conversations(&self) -> &BTreeMap<ConversationId, ReplicaConversation> {
        &self.conversations
    }

    /// One of the known conversations, selected by any number. `None` if none is known.
    pub fn pick(&self, number: usize) -> Option<(ConversationId, ReplicaConversation)> {
        let at = number % self.conversations.len().max(1);
        self.conversations.iter().nth(at).map(|(id, known)| (id.clone(), known.clone()))
    }

    /// Applies a conversation from an answer or an event.
    pub fn apply_conversation(&mut self, conversation: &Conversation) {
        self.conversation(&conversation.id).apply_conversation(conversation);
    }

    /// Applies a page of a history.
    pub fn apply_history(&mut self, id: &ConversationId, page: &History) {
        let known = self.conversation(id);
        page.messages.iter().chain(&page.others).for_each(|message| known.apply_message(message));
        page.changes.iter().for_each(|change| known.apply_change(change));
    }

    /// Applies a change from an acknowledgement or an event.
    pub fn apply_change(&mut self, change: &Change) {
        self.conversation(&change.conversation_id).apply_change(change);
    }

    /// Applies an entry of the shop's log.
    pub fn apply_desk(&mut self, entry: &DeskEntry) {
        self.conversation(&entry.conversation_id).desk.insert(entry.desk_seq, entry.clone());
    }

    /// Applies a message from a fetch or an acknowledgement.
    pub fn apply_message(&mut self, message: &Message) {
        self.conversation(&message.conversation_id).apply_message(message);
    }

    /// Applies a move of the user's own cursors.
    pub fn own_cursor(&mut self, id: &ConversationId, read: u64, delivered: u64) {
        let (user_id, role) = (self.user_id.clone(), self.role);
        self.conversation(id).advance(&user_id, role, read, delivered);
    }

    /// Applies an event.
    pub fn apply_event(&mut self, event: &Event) {
        match event {
            Event::NewMessage { message, .. }
            | Event::OrderMessageUpdate { message, .. }
            | Event::OrderUpdated { message, .. } => self.apply_message(message),
            Event::OrderCreated { conversation, .. } => {
                self.apply_conversation(conversation);
                self.apply_message(&conversation.last_message);
            }
            Event::ConversationUpdated { conversation, change } => {
                self.apply_change(change);
                self.apply_conversation(conversation);
            }
            Event::MessageChanged { change, message, .. } => {
                self.apply_change(change);
                self.apply_message(message);
            }
            Event::DeskUpdated { entry, .. } => self.apply_desk(entry),
            Event::MessageRead { conversation_id, user_id, role, seq } => {
                self.conversation(conversation_id).advance(user_id, *role, *seq, *seq);
            }
            Event::MessageDelivered { conversation_id, user_id, role, seq } => {
                self.conversation(conversation_id).advance(user_id, *role, 0, *seq);
            }
            Event::Presence { .. }
            | Event::SettingsUpdated { .. }
            | Event::UserTyping { .. }
            | Event::UserStoppedTyping { .. } => {}
            Event::Ack { .. } | Event::Error { .. } => panic!("nothing was asked without a requestId: {event:?}"),
        }
    }

    /// The number of messages of the other side after the user's read cursor.
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
