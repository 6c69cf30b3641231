//! The head of a conversation, and the exact computation of `unread`.

use std::collections::BTreeMap;

use crate::{
    Change, ChangeKind, ConversationStatus, Desk, Effect, Message, Order, Person, Role, SharedId, Side, Summary, Time,
};

/// Up to where one participant has received and read the conversation, and their rate limit.
/// Cursors only move forward.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cursors {
    /// Everything up to this `seq` is read. 0 = nothing.
    pub read: u64,
    /// What the entries up to `read` are.
    pub read_counts: Counts,
    /// Everything up to this `seq` is delivered, according to delivery receipts alone.
    pub delivered_receipt: u64,
    /// The state of the rate limit, see [`crate::admit`]. `None` before the first message.
    pub rate_limit_state: Option<i64>,
}

impl Cursors {
    /// Everything up to this `seq` is delivered. Reading implies delivery.
    pub fn delivered(&self) -> u64 {
        self.delivered_receipt.max(self.read)
    }
}

/// An admin with a name and a read cursor. Admins have one delivery cursor together, see
/// [`Head::shop_delivered`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Admin {
    /// The name that others see.
    pub name: String,
    /// The admin's cursors. Only the read cursor counts.
    pub cursors: Cursors,
}

/// How many entries of a log, from its start up to one of them, are the shop's messages and how many
/// are changes. The other entries are the customer's messages. `unread` is computed from it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// The messages of the shop.
    pub shop: u64,
    /// The changes.
    pub changes: u64,
}

impl Counts {
    /// The number of changes counts from this bit on, so tables from before there were changes have
    /// valid counts.
    const CHANGES_SHIFT: u32 = 32;

    /// Both numbers in one, as they are stored.
    pub fn packed(self) -> u64 {
        self.shop + (self.changes << Self::CHANGES_SHIFT)
    }

    /// The counts in a stored number.
    pub fn from_packed(packed: u64) -> Self {
        Self { shop: packed & ((1 << Self::CHANGES_SHIFT) - 1), changes: packed >> Self::CHANGES_SHIFT }
    }

    /// How many of `entries` entries are messages of the other side than `side`.
    fn of_others(self, entries: u64, side: Side) -> u64 {
        match side {
            Side::Customer => self.shop,
            Side::Shop => entries.saturating_sub(self.shop).saturating_sub(self.changes),
        }
    }
}

/// A message or a change.
#[expect(clippy::large_enum_variant, reason = "nearly every entry is a message")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Entry {
    /// A message, as it is now.
    Message(Message),
    /// A change.
    Change(Change),
}

/// An entry of the log, with the counts up to and including it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogEntry {
    /// The entry.
    pub entry: Entry,
    /// The counts.
    pub counts: Counts,
}

impl LogEntry {
    /// The number of the entry in its conversation.
    pub fn seq(&self) -> u64 {
        match &self.entry {
            Entry::Message(message) => message.seq,
            Entry::Change(change) => change.seq,
        }
    }

    /// The message; `None` if the entry is a change.
    pub fn message(&self) -> Option<&Message> {
        match &self.entry {
            Entry::Message(message) => Some(message),
            Entry::Change(_) => None,
        }
    }

    /// The change; `None` if the entry is a message.
    pub fn change(&self) -> Option<&Change> {
        match &self.entry {
            Entry::Message(_) => None,
            Entry::Change(change) => Some(change),
        }
    }
}

/// The current state of a conversation: everything except the older entries of its log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// The id that the conversation shares with its order.
    pub shared_id: SharedId,
    /// The user id of the customer.
    pub customer_id: String,
    /// The name of the customer.
    pub customer_name: String,
    /// The status of the conversation.
    pub status: ConversationStatus,
    /// The summary of the order.
    pub order: Summary,
    /// When the order's status last changed.
    pub order_updated_at: Time,
    /// The last message, as it is now but without reactions.
    pub last_message: Message,
    /// The last entry of the log if that is a change, with its effect.
    pub last_change: Option<Effect>,
    /// The counts of the whole log.
    pub counts: Counts,
    /// The number of entries of the shop's log, which only admins see.
    pub desk_seq: u64,
    /// What the shop decided about the conversation, which only admins see.
    pub desk: Desk,
    /// The customer's cursors.
    pub customer: Cursors,
    /// The admin who has read furthest, with the user id. `None` before any admin has read or
    /// received anything.
    pub furthest: Option<(String, Admin)>,
    /// Other admins whose cursors are known, by user id. A stored head names none, unless an older
    /// version wrote it. [`Head::with_cursors_of`] adds those of the caller.
    pub admins: BTreeMap<String, Admin>,
    /// Everything up to this `seq` is delivered to the shop: to any admin.
    pub shop_delivered: u64,
    /// The states of the rate limit of admins who have sent lately, by user id.
    pub admin_rate_limits: BTreeMap<String, i64>,
}

impl Head {
    /// The head of a new conversation about `order`, with `first` as its only message.
    pub fn new(order: &Order, first: Message) -> Self {
        Self {
            shared_id: order.id.shared_id().clone(),
            customer_id: order.customer_id.clone(),
            customer_name: order.customer_name.clone(),
            status: ConversationStatus::Active,
            order: order.summary(),
            order_updated_at: order.updated_at,
            counts: Counts { shop: u64::from(first.side() == Side::Shop), changes: 0 },
            last_message: first,
            last_change: None,
            desk_seq: 0,
            desk: Desk::default(),
            customer: Cursors::default(),
            furthest: None,
            admins: BTreeMap::new(),
            shop_delivered: 0,
            admin_rate_limits: BTreeMap::new(),
        }
    }

    /// The `seq` of the last entry: the number of messages and changes.
    pub fn last_seq(&self) -> u64 {
        self.last_change.as_ref().map_or(self.last_message.seq, |last| last.change.seq)
    }

    /// The time of the last entry.
    pub fn last_activity_at(&self) -> Time {
        self.last_change.as_ref().map_or(self.last_message.created_at, |last| last.change.created_at)
    }

    /// The last entry of the log.
    pub fn last_entry(&self) -> LogEntry {
        let entry = match &self.last_change {
            Some(last) => Entry::Change(last.change.clone()),
            None => Entry::Message(self.last_message.clone()),
        };
        LogEntry { entry, counts: self.counts }
    }

    /// When the conversation is archived by itself: `days` after its last activity, and not before a
    /// snooze is over. `None` if it is not active, or its order is not completed or cancelled.
    pub fn archived_at(&self, days: u16) -> Option<Time> {
        let at = self.last_activity_at().plus_days(days);
        let snoozed_until = self.desk.snooze.and_then(|snooze| snooze.until);
        self.status.is_archived_by_itself(self.order.status).then(|| snoozed_until.map_or(at, |until| until.max(at)))
    }

    /// Returns true if `person` takes part. Every admin does, and the customer of the order.
    pub fn has_participant(&self, person: &Person) -> bool {
        match person.role {
            Role::Admin => true,
            Role::Customer => person.user_id == self.customer_id,
            Role::System => false,
        }
    }

    /// The cursors of `person`. All are 0 if `person` has done nothing yet. Those of an admin are
    /// complete unless [`Head::lacks_cursors_of`] this admin.
    pub fn cursors(&self, person: &Person) -> Cursors {
        if person.is_admin() { self.admin_cursors(&person.user_id) } else { self.customer }
    }

    /// The cursors of the admin with this user id, as [`Head::cursors`].
    pub fn admin_cursors(&self, user_id: &str) -> Cursors {
        let furthest = self.furthest.as_ref().filter(|(id, _)| id == user_id).map(|(_, admin)| admin);
        let known = furthest.into_iter().chain(self.admins.get(user_id)).map(|admin| admin.cursors);
        Cursors {
            delivered_receipt: self.shop_delivered,
            rate_limit_state: self.admin_rate_limits.get(user_id).copied(),
            ..known.max_by_key(|cursors| cursors.read).unwrap_or_default()
        }
    }

    /// Returns true if the cursors of `person` are stored elsewhere: `person` is an admin, and
    /// another admin has read furthest.
    pub fn lacks_cursors_of(&self, person: &Person) -> bool {
        person.is_admin() && self.furthest.as_ref().is_some_and(|(user_id, _)| *user_id != person.user_id)
    }

    /// This head with cursors of the admin `person` that were read elsewhere. Does nothing for a
    /// customer, or if those of the head are as far.
    #[must_use]
    pub fn with_cursors_of(mut self, person: &Person, cursors: Cursors) -> Self {
        if person.is_admin() && cursors.read > self.cursors(person).read {
            self.admins.insert(person.user_id.clone(), Admin { name: person.name.clone(), cursors });
        }
        self
    }

    /// The number of messages of the other side after `person`'s read cursor.
    pub fn unread(&self, person: &Person) -> u64 {
        let cursors = self.cursors(person);
        let since = Counts {
            shop: self.counts.shop.saturating_sub(cursors.read_counts.shop),
            changes: self.counts.changes.saturating_sub(cursors.read_counts.changes),
        };
        since.of_others(self.last_seq().saturating_sub(cursors.read), person.side())
    }

    /// The log entry for `message` as the next after this head.
    pub fn next_entry(&self, message: Message) -> LogEntry {
        LogEntry { counts: self.counts_with(&message), entry: Entry::Message(message) }
    }

    fn counts_with(&self, message: &Message) -> Counts {
        Counts { shop: self.counts.shop + u64::from(message.side() == Side::Shop), ..self.counts }
    }

    /// This head after `message`.
    #[must_use]
    pub fn with_message(self, message: Message) -> Self {
        Self { counts: self.counts_with(&message), last_message: message, last_change: None, ..self }
    }

    /// This head after a change.
    #[must_use]
    pub fn with_change(mut self, effect: Effect) -> Self {
        self.counts.changes += 1;
        match effect.change.kind {
            ChangeKind::Status { to, .. } => {
                self.status = to;
                if to != ConversationStatus::Active {
                    self.desk.ended(effect.change.created_at);
                }
            }
            // The last message is stored without its reactions.
            ChangeKind::Reacted { .. } => {}
            ChangeKind::Edited { .. } | ChangeKind::Deleted { .. } => self.last_message.apply(&effect),
        }
        self.last_change = Some(effect);
        self
    }

    /// This head after a text message.
    #[must_use]
    pub fn with_text_message(self, message: Message) -> Self {
        let (side, at) = (message.side(), message.created_at);
        let mut head = self.with_message(message);
        head.status = ConversationStatus::Active;
        match side {
            Side::Customer => head.desk.asked(at),
            Side::Shop => head.desk.answered(at),
        }
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, MessageId, NewOrder, System};
    use proptest::prelude::*;

    fn customer() -> Person {
        Person { user_id: "c".to_owned(), role: Role::Customer, name: "C".to_owned() }
    }

    fn admin() -> Person {
        Person { user_id: "a".to_owned(), role: Role::Admin, name: "A".to_owned() }
    }

    fn new_head() -> Head {
        let item = Item { sku: None, title: "Lamp".to_owned(), quantity: 1, unit_price: 1, image_url: None };
        let now = Time::from_millis(0).unwrap();
        let shared_id = SharedId::from_random([7; 16]);
        let order = NewOrder::new(vec![item], "EUR".to_owned(), None).unwrap().place(&shared_id, &customer(), now);
        let system = System::OrderCreated { by: customer() };
        let id = MessageId::from_random([1; 10]);
        Head::new(&order, Message::system(shared_id.conversation_id(), 1, id, system, now))
    }

    #[derive(Clone, Copy, Debug)]
    enum Next {
        OfCustomer,
        OfShop,
        Change,
    }

    fn log() -> impl Strategy<Value = Vec<Next>> {
        prop::collection::vec(prop::sample::select(vec![Next::OfCustomer, Next::OfShop, Next::Change]), 0..40)
    }

    fn reaction(seq: u64) -> Effect {
        let kind = ChangeKind::Reacted { target: 1, emoji: crate::Emoji::ThumbsUp, on: true };
        let conversation_id = SharedId::from_random([7; 16]).conversation_id();
        let created_at = Time::from_millis(0).unwrap();
        let change = Change { conversation_id, seq, change_id: uuid::Uuid::nil(), kind, by: admin(), created_at };
        Effect { change, body: None }
    }

    #[test]
    fn only_an_active_conversation_about_a_final_order_is_archived_by_itself() {
        let mut head = new_head();
        for status in ConversationStatus::ALL {
            for order in crate::OrderStatus::ALL {
                (head.status, head.order.status) = (status, order);
                let expected = status == ConversationStatus::Active && order.is_final();
                let expected = expected.then(|| Time::from_millis(2 * 86_400_000).unwrap());
                assert_eq!(head.archived_at(2), expected, "{status:?} {order:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn counts_round_trip(shop in 0..1u64 << 32, changes in 0..1u64 << 31) {
            let counts = Counts { shop, changes };
            prop_assert_eq!(Counts::from_packed(counts.packed()), counts);
        }

        /// The computed number equals a full count, for any order of entries and any cursor.
        #[test]
        fn unread_equals_a_full_count(entries in log(), at in 0usize..41) {
            let mut head = new_head();
            let mut log = vec![head.last_entry()];
            for next in entries {
                let seq = head.last_seq() + 1;
                head = match next {
                    Next::Change => head.with_change(reaction(seq)),
                    Next::OfCustomer | Next::OfShop => {
                        let sender = if matches!(next, Next::OfShop) { admin() } else { customer() };
                        let message = Message { seq, system: None, sender, ..head.last_message.clone() };
                        head.with_text_message(message)
                    }
                };
                log.push(head.last_entry());
            }
            let at = at.min(log.len());
            let read = Cursors {
                read: at as u64,
                read_counts: at.checked_sub(1).map_or(Counts::default(), |index| log[index].counts),
                ..Cursors::default()
            };
            head.customer = read;
            head = head.with_cursors_of(&admin(), read);
            let past = |side| {
                let messages = log[at..].iter().filter_map(LogEntry::message);
                messages.filter(|message| message.side() == side).count() as u64
            };
            prop_assert_eq!(head.last_seq(), log.len() as u64);
            prop_assert_eq!(head.unread(&customer()), past(Side::Shop));
            prop_assert_eq!(head.unread(&admin()), past(Side::Customer));
        }
    }
}
