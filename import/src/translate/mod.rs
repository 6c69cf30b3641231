//! Translates an order of the old system. The functions are pure: the same row always becomes the
//! same order.
//!
//! An order that lacks something necessary is refused with a reason. A message that cannot be
//! imported is refused alone, and its order is imported without it. `docs/importing.md` lists what
//! becomes of unusual rows.

mod conversation;
mod legacy_values;
mod money;
mod people;
mod text;
mod timestamp;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use data_encoding::HEXLOWER;
use domain::{
    ConversationStatus, Counts, Cursors, Head, Item, LogEntry, Message, MessageId, NewOrder, Order, OrderStatus,
    Person, SharedId, Time,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{ImportRecord, OrderImport};

use crate::legacy::{LegacyItem, LegacyOrder};
use crate::settings::Rules;
pub(crate) use conversation::{ChangedMessage, part_id};
use people::People;

/// An order as it will be stored.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Its key in the old system.
    pub legacy_id: String,
    /// The order as it was placed.
    pub order: Order,
    /// Its current status in the old system.
    pub status: OrderStatus,
    /// When it last changed in the old system.
    pub updated_at: Time,
    /// The status of its conversation.
    pub conversation: ConversationStatus,
    /// All messages, numbered from 1; the first one says that the order was placed.
    pub messages: Vec<Message>,
    /// The participants by user id, with what they have read.
    pub readers: BTreeMap<String, Reader>,
    /// Messages that are refused.
    pub refused: Vec<Refused>,
    /// Messages that were edited or deleted in the old system.
    pub changed: Vec<ChangedMessage>,
}

/// A participant and what this person has read.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reader {
    /// The participant.
    pub person: Person,
    /// The ids of the messages they have read.
    pub read: BTreeSet<String>,
}

/// An order or message that is refused, with the reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refused {
    /// `order` or `message`.
    pub kind: &'static str,
    /// Its key in the old system, or its position in the source if it has no key.
    pub id: String,
    /// The reason in one sentence, for the person who can correct the row.
    pub reason: String,
}

impl Refused {
    /// A refused order.
    pub(crate) fn order(id: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { kind: "order", id: id.into(), reason: reason.into() }
    }

    /// A refused message.
    pub(crate) fn message(id: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { kind: "message", id: id.into(), reason: reason.into() }
    }
}

/// Translates an order, or returns why it is refused.
pub(crate) fn translate(old: LegacyOrder, rules: &Rules) -> Result<Plan, Refused> {
    let Some(id) = old.id.clone().filter(|id| !id.trim().is_empty()) else {
        return Err(Refused::order("", "it has no id"));
    };
    plan(&id, old, rules).map_err(|reason| Refused::order(id, reason))
}

fn plan(id: &str, old: LegacyOrder, rules: &Rules) -> Result<Plan, String> {
    let customer = old.customer.clone().unwrap_or_default();
    let people = People::of(&customer, &old.conversations, rules)?;
    let status = legacy_values::status(old.status.as_deref(), &rules.statuses)?;
    let zone = &rules.time_zone;
    let updated = timestamp::time(old.updated_at.as_deref(), zone)?;
    let messages = old.conversations.iter().flat_map(|conversation| &conversation.messages);
    let sent = messages.filter_map(|message| timestamp::time(message.created_at.as_deref(), zone).ok().flatten());
    let created = timestamp::time(old.created_at.as_deref(), zone)?.or(updated).or_else(|| sent.min());
    let created = created.ok_or("it has no date: neither its creation, nor its last change, nor a message has one")?;

    let shared_id = SharedId::from_legacy(&rules.namespace, id);
    let number = old.number.as_deref().unwrap_or(id);
    let currency = old.currency.as_deref().map_or(rules.currency.clone(), |currency| currency.trim().to_uppercase());
    let items = old.items.iter().map(|item| translate_item(item, number, &currency, rules));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let note = note(number, old.note.as_deref(), rules);
    let new = NewOrder::new(items, currency, note).map_err(|invalid| invalid.to_string())?;
    let order = new.place(&shared_id, people.customer(), created);
    let translated = conversation::translate(&order, old.conversations, &people, rules);
    Ok(Plan {
        legacy_id: id.to_owned(),
        order,
        status,
        updated_at: updated.unwrap_or(created).max(created),
        conversation: translated.status,
        messages: translated.messages,
        readers: translated.readers,
        refused: translated.refused,
        changed: translated.changed,
    })
}

fn translate_item(old: &LegacyItem, number: &str, currency: &str, rules: &Rules) -> Result<Item, String> {
    let quantity = match old.quantity.as_deref().map(str::trim) {
        None | Some("") => 1,
        Some(quantity) => quantity.parse().map_err(|_| format!("the quantity {quantity:?} is not a number"))?,
    };
    let price = old.unit_price.as_deref().filter(|price| !price.trim().is_empty());
    let price = price.or(rules.missing_price.as_deref()).ok_or("it has no price, and its product has none either")?;
    let title = text::line(old.title.as_deref(), 200).or_else(|| text::line(old.sku.as_deref(), 64));
    Ok(Item {
        sku: text::line(old.sku.as_deref(), 64),
        title: title.unwrap_or_else(|| format!("Order {number}")),
        quantity,
        unit_price: money::minor_units(price, currency)?,
        image_url: old.image_url.as_deref().and_then(|url| image(url, rules)),
    })
}

/// The address of a picture; of a JSON list the first. An invalid address is left out, which is no
/// reason to refuse the order.
fn image(url: &str, rules: &Rules) -> Option<String> {
    let url = url.trim();
    let listed = serde_json::from_str::<Vec<String>>(url).ok().and_then(|urls| urls.into_iter().next());
    let url = listed.unwrap_or_else(|| url.to_owned());
    let url = match &rules.images {
        Some(base) if !url.is_empty() && !url.contains("://") => {
            format!("{}/{}", base.trim_end_matches('/'), url.trim_start_matches('/'))
        }
        _ => url,
    };
    let probe = Item { sku: None, title: "x".to_owned(), quantity: 1, unit_price: 0, image_url: Some(url.clone()) };
    NewOrder::new(vec![probe], "EUR".to_owned(), None).ok().map(|_| url)
}

/// The note: the old order number, which people still have on paper, and the customer's note.
fn note(number: &str, note: Option<&str>, rules: &Rules) -> Option<String> {
    let number = rules.note.replace("{number}", number);
    let parts: Vec<&str> =
        [number.as_str(), note.unwrap_or_default()].into_iter().filter(|it| !it.trim().is_empty()).collect();
    text::lines(&parts.join("\n"), 1_000)
}

impl Plan {
    /// The id that the order and its conversation share.
    pub(crate) fn shared_id(&self) -> &SharedId {
        self.order.id.shared_id()
    }

    /// The import record: a fingerprint of everything that is imported, and the status.
    pub(crate) fn import_record(&self) -> ImportRecord {
        #[derive(Serialize)]
        struct Everything<'a>(&'a Order, OrderStatus, Time, &'a [Message], &'a BTreeMap<String, Reader>);
        let all = Everything(&self.order, self.status, self.updated_at, &self.messages, &self.readers);
        let text = serde_json::to_vec(&all).unwrap_or_default();
        ImportRecord { fingerprint: HEXLOWER.encode(&Sha256::digest(text)[..16]), status: self.status }
    }

    /// The order, head and log entries to store.
    pub(crate) fn order_import(&self) -> OrderImport {
        let mut messages = self.messages.iter().cloned();
        // A conversation always has the first message that `conversation::translate` gave it.
        let first = messages.next().expect("a conversation begins with its order");
        let mut head = Head::new(&self.order, first);
        let mut entries = vec![head.last_entry()];
        for message in messages {
            head = head.with_message(message);
            entries.push(head.last_entry());
        }
        head.status = self.conversation;
        head.order.status = self.status;
        head.order_updated_at = self.updated_at;
        for reader in self.readers.values() {
            let read = self.read_by(reader, &entries, 0);
            let read_counts = read.checked_sub(1).and_then(|at| entries.get(usize::try_from(at).ok()?));
            let read_counts = read_counts.map_or(Counts::default(), |entry| entry.counts);
            let cursors = Cursors { read, read_counts, ..Cursors::default() };
            if reader.person.is_admin() {
                head = head.with_cursors_of(&reader.person, cursors);
            } else {
                head.customer = cursors;
            }
        }
        let furthest =
            head.admins.iter().max_by_key(|(_, admin)| admin.cursors.read).map(|(user_id, _)| user_id.clone());
        head.furthest = furthest.and_then(|user_id| head.admins.remove_entry(&user_id));
        OrderImport { order: self.order.clone(), head, entries, import_record: self.import_record() }
    }

    /// The `seq` up to which `reader`, whose cursor is at `from`, has read `entries` according to
    /// the old system. It stops before the first message of the other side that the reader has not
    /// read, so that every unread message stays unread.
    pub(crate) fn read_by(&self, reader: &Reader, entries: &[LogEntry], from: u64) -> u64 {
        let translated: HashSet<&MessageId> = self.messages.iter().map(|message| &message.id).collect();
        let mut at = from;
        for entry in entries.iter().filter(|entry| entry.seq() > from) {
            // A change is nothing to read.
            if let Some(message) = entry.message() {
                let own = message.side() == reader.person.side() || message.system.is_some();
                let read = reader.read.contains(message.id.as_str()) || (own && translated.contains(&message.id));
                if !read {
                    break;
                }
            }
            at = entry.seq();
        }
        at
    }
}
