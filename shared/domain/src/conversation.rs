//! The head of a conversation, and the exact computation of `unread`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Message, Order, Person, Role, SharedId, Side, Summary, Time};

/// Whether anything may be said.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ConversationStatus {
    /// Open, and in the inbox.
    Active,
    /// Out of the way until somebody writes again.
    Archived,
    /// No more text messages.
    Closed,
}

impl ConversationStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Archived, Self::Closed];

    /// The status as the protocol spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
            Self::Closed => "closed",
        }
    }
}

/// Up to where one participant has received and read the conversation, and their rate limit.
/// Cursors only move forward.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cursors {
    /// Everything up to this `seq` is read. 0 = nothing.
    pub read: u64,
    /// How many of the messages up to `read` are the shop's.
    pub read_shop_count: u64,
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

/// A message with the number of the shop's messages up to it, from which `unread` is computed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogEntry {
    /// The message.
    pub message: Message,
    /// How many of the messages up to and including this one are the shop's. The rest are the
    /// customer's.
    pub shop_count: u64,
}

/// The current state of a conversation: everything except the older messages.
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
    /// The last message. Its `seq` is the number of messages, and its entry has how many of them
    /// are the shop's.
    pub last: LogEntry,
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
            last: LogEntry { shop_count: u64::from(first.side() == Side::Shop), message: first },
            customer: Cursors::default(),
            furthest: None,
            admins: BTreeMap::new(),
            shop_delivered: 0,
            admin_rate_limits: BTreeMap::new(),
        }
    }

    /// The `seq` of the last message.
    pub fn last_seq(&self) -> u64 {
        self.last.message.seq
    }

    /// The time of the last message.
    pub fn last_activity_at(&self) -> Time {
        self.last.message.created_at
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
        let shop = self.last.shop_count.saturating_sub(cursors.read_shop_count);
        match person.side() {
            Side::Customer => shop,
            Side::Shop => self.last_seq().saturating_sub(cursors.read).saturating_sub(shop),
        }
    }

    /// The log entry for `message` as the next after this head.
    pub fn next_entry(&self, message: Message) -> LogEntry {
        LogEntry { shop_count: self.last.shop_count + u64::from(message.side() == Side::Shop), message }
    }

    /// This head after a text message.
    #[must_use]
    pub fn with_text_message(mut self, message: Message) -> Self {
        self.last = self.next_entry(message);
        self.status = ConversationStatus::Active;
        self
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

    proptest! {
        /// The computed number equals a full count, for any order of messages and any cursor.
        #[test]
        fn unread_equals_a_full_count(shop in prop::collection::vec(any::<bool>(), 0..40), at in 0usize..41) {
            let mut head = new_head();
            let mut log = vec![head.last.clone()];
            for from_shop in shop {
                let sender = if from_shop { admin() } else { customer() };
                let mut message = head.last.message.clone();
                message.seq += 1;
                message.system = None;
                message.sender = sender;
                head = head.with_text_message(message);
                log.push(head.last.clone());
            }
            let at = at.min(log.len());
            let read = Cursors {
                read: at as u64,
                read_shop_count: at.checked_sub(1).map_or(0, |index| log[index].shop_count),
                ..Cursors::default()
            };
            head.customer = read;
            head = head.with_cursors_of(&admin(), read);
            let past = |side| log[at..].iter().filter(|entry| entry.message.side() == side).count() as u64;
            prop_assert_eq!(head.unread(&customer()), past(Side::Shop));
            prop_assert_eq!(head.unread(&admin()), past(Side::Customer));
        }
    }
}
