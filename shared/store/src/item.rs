//! How orders, heads and log entries are stored as items.
//!
//! A write unit of DynamoDB is 1 KB, and attribute names count. The head is written with every
//! message. So its attributes have names of one or two letters, and only this file knows them.
//!
//! | head | is | log entry | is |
//! |---|---|---|---|
//! | `n` | `lastSeq` | `sk` | `L` and the `seq` |
//! | `a` | their counts, packed (`domain::Counts`) | `a` | the same up to this one |
//! | `m` | the last message, as a log entry has it | `i` | message id |
//! | `e` | the last entry if it is a change, with the new body of an edited message | `c` | `clientMessageId` |
//! | `ms` | the `seq` of `m`; absent if `m` is the last entry | `u`, `r`, `w` | sender's id, role and name |
//! | `kn`, `ke` | number of entries of the shop's log; its last entry until that is put | `b` | body |
//! | `is`, `im` | conversation status; minute of last activity and X: the inbox index | `y` | what a system message reports |
//! | `cu`, `cn` | customer's id and name | `q` | the `seq` that the message answers |
//! | `ot oi op oc os oa ou` | order: title, image, total (price), currency, status, placed at, updated at | `t` | when, in ms |
//! | `cr`, `ca` | customer's read cursor; the counts up to it | `v`, `ed` | `changedSeq`; edited at |
//! | `cd`, `sd` | delivery cursor of the customer, of the shop | `dl` | who deleted it and when |
//! | `cg`, `ag` | rate limit of the customer, of admins by user id, see `domain::admit` | `+`, emoji, `c` or `a`, user id | a reaction: the person's name |
//! | `fu`, `fw` | id and name of the admin who has read furthest | **cursors** | **of another admin** |
//! | `fr`, `fa` | that admin's read cursor; the counts up to it | `sk` | `CUR#` and the user id |
//! | | | `r`, `a` | read cursor; the counts up to it |
//!
//! A change in the log has `k` (its kind, with its target), `c` (`changeId`), `u`, `r`, `w`, `t` and
//! `a`. So has an entry of the shop's log, under `K` and its number: `k`, `c`, `u`, `w`, `t`, and `f`,
//! the `seq` that it comes after. Its `is` is `note` and its `im` its minute, so the inbox index also
//! lists these entries, apart from the conversations. What the shop decided about a conversation is in
//! more attributes of its head: `desk_item.rs`.
//!
//! Versions before this one stored every admin in the maps `an` (name), `ar`, `aa` and `ad` (cursors
//! as `fr`, `fa` and `sd`), by user id. They are read, and an admin's entry is removed when that
//! admin next reads. A new head has them, empty, because those versions set keys in them.

use std::collections::{BTreeMap, HashMap};

use domain::{
    Admin, Change, ChangeKind, ConversationStatus, Counts, Cursors, Deletion, DeskEntry, DeskKind, Effect, Emoji,
    Entry, Head, Kind, LogEntry, Message, MessageId, Order, OrderStatus, Person, Position, Role, SharedId, Summary,
    System, Time, group_reactions,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;
use crate::desk_item::{self, StoredDesk};
use crate::key::{self, Item};
use crate::time::time;

/// A message as it is stored, both in a log entry and as the last message in the head.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct StoredMessage {
    i: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<String>,
    u: String,
    r: Role,
    w: String,
    b: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<System>,
    t: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    q: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ed: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dl: Option<StoredDeletion>,
}

/// Who deleted a message, and when.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct StoredDeletion {
    u: String,
    r: Role,
    w: String,
    t: i64,
}

impl StoredDeletion {
    pub(crate) fn by(by: &Person, at: Time) -> Self {
        Self { u: by.user_id.clone(), r: by.role, w: by.name.clone(), t: at.millis() }
    }
}

impl StoredMessage {
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            i: message.id.as_str().to_owned(),
            c: message.client_message_id.map(|id| id.to_string()),
            u: message.sender.user_id.clone(),
            r: message.sender.role,
            w: message.sender.name.clone(),
            b: message.body.clone(),
            y: message.system.clone(),
            t: message.created_at.millis(),
            q: message.reply_to,
            v: message.changed_seq,
            ed: message.edited_at.map(Time::millis),
            dl: message.deleted.as_ref().map(|deleted| StoredDeletion::by(&deleted.by, deleted.at)),
        }
    }

    fn message(self, shared_id: &SharedId, seq: u64) -> Result<Message, Error> {
        Ok(Message {
            conversation_id: shared_id.conversation_id(),
            seq,
            id: MessageId::from_stored(self.i),
            client_message_id: match self.c {
                Some(id) => Some(Uuid::parse_str(&id).map_err(|_| Error::Corrupt("clientMessageId"))?),
                None => None,
            },
            sender: Person { user_id: self.u, role: self.r, name: self.w },
            kind: if self.y.is_some() { Kind::System } else { Kind::Text },
            body: self.b,
            system: self.y,
            created_at: time(self.t)?,
            reply_to: self.q,
            changed_seq: self.v,
            edited_at: self.ed.map(time).transpose()?,
            deleted: match self.dl {
                Some(it) => Some(Deletion { by: Person { user_id: it.u, role: it.r, name: it.w }, at: time(it.t)? }),
                None => None,
            },
            reactions: Vec::new(),
        })
    }
}

/// A change as it is stored, both in a log entry and as the last entry in the head.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct StoredChange {
    k: ChangeKind,
    c: Uuid,
    u: String,
    r: Role,
    w: String,
    t: i64,
    /// The new body of an edited message. Only in the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    b: Option<String>,
}

impl StoredChange {
    pub(crate) fn of(effect: &Effect) -> Self {
        Self { b: effect.body.clone(), ..Self::without_body(&effect.change) }
    }

    fn without_body(change: &Change) -> Self {
        Self {
            k: change.kind.clone(),
            c: change.change_id,
            u: change.by.user_id.clone(),
            r: change.by.role,
            w: change.by.name.clone(),
            t: change.created_at.millis(),
            b: None,
        }
    }

    fn effect(self, shared_id: &SharedId, seq: u64) -> Result<Effect, Error> {
        let change = Change {
            conversation_id: shared_id.conversation_id(),
            seq,
            change_id: self.c,
            kind: self.k,
            by: Person { user_id: self.u, role: self.r, name: self.w },
            created_at: time(self.t)?,
        };
        Ok(Effect { change, body: self.b })
    }
}

/// The name of the attribute for a reaction of `person`. Its value is the person's name. Each
/// reaction is an attribute of its own, because an update cannot set a key in a map that does not
/// exist.
pub(crate) fn reaction(emoji: Emoji, person: &Person) -> String {
    let role = if person.is_admin() { 'a' } else { 'c' };
    format!("{REACTION}{}{role}{}", emoji.as_str(), person.user_id)
}

const REACTION: char = '+';

/// The reactions in the item of a message.
fn reactions(item: &Item) -> Vec<(Emoji, Person)> {
    let mut all = Vec::new();
    for (name, value) in item {
        let Some(rest) = name.strip_prefix(REACTION) else { continue };
        // An emoji of a later version is left out.
        let known = Emoji::ALL.into_iter().find_map(|emoji| Some((emoji, rest.strip_prefix(emoji.as_str())?)));
        let (Some((emoji, by)), Ok(name)) = (known, value.as_s()) else { continue };
        let (role, user_id) = match (by.strip_prefix('a'), by.strip_prefix('c')) {
            (Some(user_id), _) => (Role::Admin, user_id),
            (_, Some(user_id)) => (Role::Customer, user_id),
            _ => continue,
        };
        all.push((emoji, Person { user_id: user_id.to_owned(), role, name: name.clone() }));
    }
    all
}

#[derive(Deserialize, Serialize)]
struct LogItem<T> {
    pk: String,
    sk: String,
    a: u64,
    #[serde(flatten)]
    entry: T,
}

/// Converts a log entry to an item.
pub(crate) fn from_entry(entry: &LogEntry) -> Result<Item, Error> {
    let (sk, a) = (key::log(entry.seq()), entry.counts.packed());
    let pk = |id: &domain::ConversationId| id.shared_id().as_str().to_owned();
    Ok(match &entry.entry {
        Entry::Message(message) => {
            let item = LogItem { pk: pk(&message.conversation_id), sk, a, entry: StoredMessage::of(message) };
            serde_dynamo::to_item(item)?
        }
        Entry::Change(change) => {
            let item = LogItem { pk: pk(&change.conversation_id), sk, a, entry: StoredChange::without_body(change) };
            serde_dynamo::to_item(item)?
        }
    })
}

/// Converts an item to a log entry.
pub(crate) fn to_entry(item: Item) -> Result<LogEntry, Error> {
    if item.contains_key("k") {
        let item: LogItem<StoredChange> = serde_dynamo::from_item(item)?;
        let (shared_id, seq) = log_key(&item.pk, &item.sk)?;
        let effect = item.entry.effect(&shared_id, seq)?;
        return Ok(LogEntry { entry: Entry::Change(effect.change), counts: Counts::from_packed(item.a) });
    }
    let reactions = reactions(&item);
    let item: LogItem<StoredMessage> = serde_dynamo::from_item(item)?;
    let (shared_id, seq) = log_key(&item.pk, &item.sk)?;
    let mut message = item.entry.message(&shared_id, seq)?;
    if message.deleted.is_none() {
        message.reactions = group_reactions(reactions);
    }
    Ok(LogEntry { entry: Entry::Message(message), counts: Counts::from_packed(item.a) })
}

fn log_key(pk: &str, sk: &str) -> Result<(SharedId, u64), Error> {
    let shared_id = SharedId::parse(pk).ok_or(Error::Corrupt("log key"))?;
    let seq = sk.strip_prefix(key::LOG_START).and_then(|digits| digits.parse().ok());
    Ok((shared_id, seq.ok_or(Error::Corrupt("log key"))?))
}

/// An entry of the shop's log as it is stored, both as an item and as the last entry in the head.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct StoredDeskEntry {
    k: DeskKind,
    c: Uuid,
    u: String,
    w: String,
    f: u64,
    t: i64,
}

#[derive(Deserialize, Serialize)]
struct DeskItem {
    pk: String,
    sk: String,
    /// Absent in items of older versions, as `im` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    im: Option<String>,
    #[serde(flatten)]
    entry: StoredDeskEntry,
}

impl StoredDeskEntry {
    pub(crate) fn of(entry: &DeskEntry) -> Self {
        Self {
            k: entry.kind.clone(),
            c: entry.change_id,
            u: entry.by.user_id.clone(),
            w: entry.by.name.clone(),
            f: entry.after_seq,
            t: entry.created_at.millis(),
        }
    }

    fn entry(self, shared_id: &SharedId, desk_seq: u64) -> Result<DeskEntry, Error> {
        Ok(DeskEntry {
            conversation_id: shared_id.conversation_id(),
            desk_seq,
            change_id: self.c,
            kind: self.k,
            by: author(self.u, self.w),
            after_seq: self.f,
            created_at: time(self.t)?,
        })
    }
}

/// Only admins and the system write into the shop's log.
fn author(user_id: String, name: String) -> Person {
    let system = Person::system();
    if user_id == system.user_id { system } else { Person { user_id, role: Role::Admin, name } }
}

/// Converts an entry of the shop's log to an item.
pub(crate) fn from_desk_entry(entry: &DeskEntry) -> Result<Item, Error> {
    let pk = entry.conversation_id.shared_id().as_str().to_owned();
    let item = DeskItem {
        sk: key::desk(entry.desk_seq),
        is: Some(key::NOTES.to_owned()),
        im: Some(key::inbox_position(entry.created_at.minute(), &pk)),
        entry: StoredDeskEntry::of(entry),
        pk,
    };
    Ok(serde_dynamo::to_item(item)?)
}

/// Converts an item to an entry of the shop's log.
pub(crate) fn to_desk_entry(item: Item) -> Result<DeskEntry, Error> {
    let item: DeskItem = serde_dynamo::from_item(item)?;
    let shared_id = SharedId::parse(&item.pk).ok_or(Error::Corrupt("desk key"))?;
    let seq = item.sk.strip_prefix(key::DESK_START).and_then(|digits| digits.parse().ok());
    item.entry.entry(&shared_id, seq.ok_or(Error::Corrupt("desk key"))?)
}

/// The last entry of the shop's log if it may not be an item yet.
pub(crate) fn pending_desk_entry(head: &Item) -> Result<Option<DeskEntry>, Error> {
    #[derive(Deserialize)]
    struct Pending {
        pk: String,
        #[serde(default)]
        kn: u64,
        ke: Option<StoredDeskEntry>,
    }
    let pending: Pending = serde_dynamo::from_item(head.clone())?;
    let shared_id = SharedId::parse(&pending.pk).ok_or(Error::Corrupt("head key"))?;
    pending.ke.map(|entry| entry.entry(&shared_id, pending.kn)).transpose()
}

#[derive(Deserialize, Serialize)]
struct HeadItem {
    pk: String,
    sk: String,
    n: u64,
    a: u64,
    m: StoredMessage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e: Option<StoredChange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    #[serde(default, skip_serializing_if = "is_zero")]
    kn: u64,
    is: ConversationStatus,
    im: String,
    cu: String,
    cn: String,
    ot: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oi: Option<String>,
    op: u64,
    oc: String,
    os: OrderStatus,
    oa: i64,
    ou: i64,
    cr: u64,
    ca: u64,
    cd: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cg: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fu: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fw: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fr: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fa: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sd: Option<u64>,
    an: HashMap<String, String>,
    ar: HashMap<String, u64>,
    aa: HashMap<String, u64>,
    ad: HashMap<String, u64>,
    ag: BTreeMap<String, i64>,
    /// The keys of the index `queue`. Nothing is read from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    qk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iq: Option<i64>,
    #[serde(flatten)]
    desk: StoredDesk,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Converts the head of a new conversation to an item. Only an imported one has a furthest admin.
pub(crate) fn from_head(head: &Head) -> Result<Item, Error> {
    let shared_id = head.shared_id.as_str();
    let furthest = head.furthest.as_ref();
    let item = HeadItem {
        pk: shared_id.to_owned(),
        sk: key::HEAD.to_owned(),
        n: head.last_seq(),
        a: head.counts.packed(),
        m: StoredMessage::of(&head.last_message),
        e: head.last_change.as_ref().map(StoredChange::of),
        ms: head.last_change.as_ref().map(|_| head.last_message.seq),
        kn: head.desk_seq,
        is: head.status,
        im: key::inbox_position(head.last_activity_at().minute(), shared_id),
        cu: head.customer_id.clone(),
        cn: head.customer_name.clone(),
        ot: head.order.title.clone(),
        oi: head.order.image_url.clone(),
        op: head.order.total,
        oc: head.order.currency.clone(),
        os: head.order.status,
        oa: head.order.created_at.millis(),
        ou: head.order_updated_at.millis(),
        cr: head.customer.read,
        ca: head.customer.read_counts.packed(),
        cd: head.customer.delivered_receipt,
        cg: None,
        fu: furthest.map(|(user_id, _)| user_id.clone()),
        fw: furthest.map(|(_, admin)| admin.name.clone()),
        fr: furthest.map(|(_, admin)| admin.cursors.read),
        fa: furthest.map(|(_, admin)| admin.cursors.read_counts.packed()),
        sd: None,
        an: HashMap::new(),
        ar: HashMap::new(),
        aa: HashMap::new(),
        ad: HashMap::new(),
        ag: BTreeMap::new(),
        qk: Some(desk_item::queue(&head.desk)),
        iq: desk_item::queue_position(head.status, head.last_activity_at()),
        desk: StoredDesk::of(&head.desk),
    };
    Ok(serde_dynamo::to_item(item)?)
}

/// Converts an item to a head.
pub(crate) fn to_head(item: Item) -> Result<Head, Error> {
    let item: HeadItem = serde_dynamo::from_item(item)?;
    let shared_id = SharedId::parse(&item.pk).ok_or(Error::Corrupt("head key"))?;
    let read_by = |read: Option<u64>, counts: Option<u64>| Cursors {
        read: read.unwrap_or_default(),
        read_counts: Counts::from_packed(counts.unwrap_or_default()),
        ..Cursors::default()
    };
    let mut admins: BTreeMap<String, Admin> = BTreeMap::new();
    for (user_id, name) in item.an {
        let cursors = read_by(item.ar.get(&user_id).copied(), item.aa.get(&user_id).copied());
        admins.insert(user_id, Admin { name, cursors });
    }
    let furthest = item
        .fu
        .map(|user_id| (user_id, Admin { name: item.fw.unwrap_or_default(), cursors: read_by(item.fr, item.fa) }));
    // What any admin has read or received is delivered to the shop.
    let delivered = item.sd.into_iter().chain(item.fr).chain(item.ad.into_values()).chain(item.ar.into_values());
    Ok(Head {
        customer_id: item.cu,
        customer_name: item.cn,
        status: item.is,
        order: Summary {
            id: shared_id.order_id(),
            title: item.ot,
            image_url: item.oi,
            total: item.op,
            currency: item.oc,
            status: item.os,
            created_at: time(item.oa)?,
        },
        order_updated_at: time(item.ou)?,
        last_message: item.m.message(&shared_id, item.ms.unwrap_or(item.n))?,
        last_change: item.e.map(|change| change.effect(&shared_id, item.n)).transpose()?,
        counts: Counts::from_packed(item.a),
        desk_seq: item.kn,
        desk: item.desk.desk()?,
        customer: Cursors {
            read: item.cr,
            read_counts: Counts::from_packed(item.ca),
            delivered_receipt: item.cd,
            rate_limit_state: item.cg,
        },
        furthest,
        admins,
        shop_delivered: delivered.max().unwrap_or_default(),
        admin_rate_limits: item.ag,
        shared_id,
    })
}

#[derive(Deserialize, Serialize)]
struct CursorsItem {
    pk: String,
    sk: String,
    r: u64,
    a: u64,
}

/// Converts the read cursor of an admin to an item.
pub(crate) fn from_cursors(shared_id: &SharedId, user_id: &str, cursors: &Cursors) -> Result<Item, Error> {
    let (pk, sk) = (shared_id.as_str().to_owned(), key::cursors(user_id));
    Ok(serde_dynamo::to_item(CursorsItem { pk, sk, r: cursors.read, a: cursors.read_counts.packed() })?)
}

/// Converts an item to the conversation (X), the user id and the cursors of an admin.
pub(crate) fn to_cursors(item: Item) -> Result<(String, String, Cursors), Error> {
    let CursorsItem { pk, sk, r, a } = serde_dynamo::from_item(item)?;
    let user_id = sk.strip_prefix(key::CURSORS_PREFIX).ok_or(Error::Corrupt("cursors key"))?.to_owned();
    Ok((pk, user_id, Cursors { read: r, read_counts: Counts::from_packed(a), ..Cursors::default() }))
}

#[derive(Deserialize, Serialize)]
struct OrderItem {
    pk: String,
    sk: String,
    ck: String,
    cm: String,
    /// The hash of the request that placed the order.
    h: String,
    order: Order,
}

/// Converts an order to an item. `fingerprint` is the hash of the request that places the order.
pub(crate) fn from_order(order: &Order, fingerprint: &str) -> Result<Item, Error> {
    let shared_id = order.id.shared_id();
    let item = OrderItem {
        pk: shared_id.as_str().to_owned(),
        sk: key::ORDER.to_owned(),
        ck: order.customer_id.clone(),
        // The key of the customer index. It is in order of creation and never changes.
        cm: Position { at: order.created_at, shared_id: shared_id.clone() }.to_string(),
        h: fingerprint.to_owned(),
        order: order.clone(),
    };
    Ok(serde_dynamo::to_item(item)?)
}

/// Converts an item to the order as it was placed, and the fingerprint of the request that placed
/// it.
pub(crate) fn to_order(item: Item) -> Result<(Order, String), Error> {
    let item: OrderItem = serde_dynamo::from_item(item)?;
    Ok((item.order, item.h))
}

/// Returns the order as it is now: `order` as it was placed, with the current status and its time
/// from the head.
pub(crate) fn current_order(order: Order, head: &Head) -> Order {
    Order { status: head.order.status, updated_at: head.order_updated_at, ..order }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Desk, Item as Line, MAX_PAUSES, MAX_TAGS, NewOrder, Pause, Priority, Snooze, TagId};
    use proptest::prelude::*;

    fn person() -> impl Strategy<Value = Person> {
        let role = prop_oneof![Just(Role::Customer), Just(Role::Admin)];
        (any::<String>(), role, any::<String>()).prop_map(|(user_id, role, name)| Person { user_id, role, name })
    }

    fn cursors() -> impl Strategy<Value = Cursors> {
        // A new head has no state of the rate limit. Only updates write that state.
        (any::<u64>(), any::<u64>(), any::<u64>()).prop_map(|(read, counts, delivered_receipt)| Cursors {
            read,
            read_counts: Counts::from_packed(counts),
            delivered_receipt,
            rate_limit_state: None,
        })
    }

    fn time() -> impl Strategy<Value = Time> {
        (0..253_402_207_200_000i64).prop_map(|millis| Time::from_millis(millis).unwrap())
    }

    fn order() -> impl Strategy<Value = Order> {
        let of = (any::<[u8; 16]>(), person(), 1..10_000u32, 0..1_000_000_000u64, time());
        of.prop_map(|(shared_id, customer, quantity, unit_price, now)| {
            let line = Line { sku: None, title: "Lamp".to_owned(), quantity, unit_price, image_url: None };
            let order = NewOrder::new(vec![line], "EUR".to_owned(), Some(" \u{1f4a1}".to_owned())).unwrap();
            order.place(&SharedId::from_random(shared_id), &customer, now)
        })
    }

    fn emoji() -> impl Strategy<Value = Emoji> {
        prop::sample::select(Emoji::ALL.to_vec())
    }

    fn counts() -> impl Strategy<Value = Counts> {
        (0..1u64 << 32, 0..1u64 << 31).prop_map(|(shop, changes)| Counts { shop, changes })
    }

    /// A participant. The system has no reactions and makes no changes.
    fn participant() -> impl Strategy<Value = Person> {
        (any::<String>(), any::<bool>(), any::<String>()).prop_map(|(user_id, is_admin, name)| {
            let role = if is_admin { Role::Admin } else { Role::Customer };
            Person { user_id, role, name }
        })
    }

    fn message(order: &Order) -> impl Strategy<Value = Message> + use<> {
        let (conversation_id, status) = (order.conversation_id.clone(), order.status);
        let of = (1..=key::MAX_SEQ, any::<[u8; 10]>(), any::<u128>(), person(), any::<String>(), any::<bool>(), time());
        let deleted = prop::option::of((participant(), time()).prop_map(|(by, at)| Deletion { by, at }));
        let changed =
            (prop::option::of(any::<u64>()), prop::option::of(any::<u64>()), prop::option::of(time()), deleted);
        (of, changed).prop_map(move |((seq, id, uuid, person, body, by_system, now), changed)| {
            let (id, conversation_id) = (MessageId::from_random(id), conversation_id.clone());
            if by_system {
                let moved = System::StatusChanged { from: status, to: OrderStatus::Cancelled, by: person };
                return Message::system(conversation_id, seq, id, moved, now);
            }
            let (reply_to, changed_seq, edited_at, deleted) = changed;
            let text = Message::text(conversation_id, seq, id, Uuid::from_u128(uuid), person, body, now);
            Message { reply_to, changed_seq, edited_at, deleted, ..text }
        })
    }

    fn change(order: &Order) -> impl Strategy<Value = Change> + use<> {
        let conversation_id = order.conversation_id.clone();
        let status = || prop::sample::select(ConversationStatus::ALL.to_vec());
        let kind = prop_oneof![
            any::<u64>().prop_map(|target| ChangeKind::Edited { target }),
            any::<u64>().prop_map(|target| ChangeKind::Deleted { target }),
            (any::<u64>(), emoji(), any::<bool>()).prop_map(|(target, emoji, on)| ChangeKind::Reacted {
                target,
                emoji,
                on
            }),
            (status(), status()).prop_map(|(from, to)| ChangeKind::Status { from, to }),
        ];
        (1..=key::MAX_SEQ, any::<u128>(), kind, participant(), time()).prop_map(
            move |(seq, change_id, kind, by, created_at)| Change {
                conversation_id: conversation_id.clone(),
                seq,
                change_id: Uuid::from_u128(change_id),
                kind,
                by,
                created_at,
            },
        )
    }

    fn entry(order: &Order) -> impl Strategy<Value = LogEntry> + use<> {
        let entry = prop_oneof![message(order).prop_map(Entry::Message), change(order).prop_map(Entry::Change)];
        (entry, counts()).prop_map(|(entry, counts)| LogEntry { entry, counts })
    }

    fn desk_entry(order: &Order) -> impl Strategy<Value = DeskEntry> + use<> {
        let conversation_id = order.conversation_id.clone();
        let of = (1..=key::MAX_SEQ, any::<u128>(), any::<String>(), any::<[String; 2]>(), any::<u64>(), time());
        of.prop_map(move |(desk_seq, change_id, body, [user_id, name], after_seq, created_at)| DeskEntry {
            conversation_id: conversation_id.clone(),
            desk_seq,
            change_id: Uuid::from_u128(change_id),
            kind: DeskKind::Note { body },
            by: Person { user_id, role: Role::Admin, name },
            after_seq,
            created_at,
        })
    }

    fn desk() -> impl Strategy<Value = Desk> {
        let snooze = (time(), prop::option::of(time()), any::<u64>());
        let snooze = snooze.prop_map(|(since, until, after_seq)| Snooze { since, until, after_seq });
        let pause = (time(), time()).prop_map(|(from, to)| Pause { from, to });
        let decided = (
            prop::option::of(any::<String>()),
            prop::sample::select(Priority::ALL.to_vec()),
            prop::collection::btree_set(any::<[u8; 5]>().prop_map(TagId::from_random), 0..=MAX_TAGS),
            prop::option::of(snooze),
        );
        let clocks = (
            prop::collection::vec(pause, 0..=MAX_PAUSES),
            [prop::option::of(time()), prop::option::of(time()), prop::option::of(time())],
            any::<bool>(),
        );
        (decided, clocks).prop_map(|((assignee, priority, tags, snooze), (pauses, times, resolution_breach))| {
            let [waiting_since, first_answered_at, response_breach] = times;
            Desk {
                assignee,
                priority,
                tags,
                snooze,
                waiting_since,
                first_answered_at,
                pauses,
                response_breach,
                resolution_breach,
            }
        })
    }

    /// A head's last change, with the new text if it is an edit.
    fn effect(order: &Order) -> impl Strategy<Value = Effect> + use<> {
        (change(order), any::<String>()).prop_map(|(change, body)| {
            let body = matches!(change.kind, ChangeKind::Edited { .. }).then_some(body);
            Effect { change, body }
        })
    }

    proptest! {
        #[test]
        fn orders_and_heads_round_trip(
            (order, last_message, last_change) in order().prop_flat_map(|order| {
                let (message, effect) = (message(&order), prop::option::of(effect(&order)));
                (Just(order), message, effect)
            }),
            counts in counts(), desk_seq: u64, desk in desk(), customer in cursors(),
            furthest in prop::option::of((any::<String>(), any::<u64>(), counts())),
        ) {
            let read_by = |read, read_counts| Cursors { read, read_counts, ..Cursors::default() };
            let furthest = furthest.map(|(id, read, counts)| (id, Admin { name: "A".to_owned(), cursors: read_by(read, counts) }));
            let head = Head {
                shared_id: order.id.shared_id().clone(),
                customer_id: order.customer_id.clone(),
                customer_name: order.customer_name.clone(),
                status: ConversationStatus::Archived,
                order: order.summary(),
                order_updated_at: order.updated_at,
                last_message,
                last_change,
                counts,
                desk_seq,
                desk,
                customer,
                shop_delivered: furthest.as_ref().map_or(0, |(_, admin)| admin.cursors.read),
                furthest,
                admins: BTreeMap::new(),
                admin_rate_limits: BTreeMap::new(),
            };
            prop_assert_eq!(&to_head(from_head(&head).unwrap()).unwrap(), &head);
            let (read, fingerprint) = to_order(from_order(&order, "f").unwrap()).unwrap();
            prop_assert_eq!((read, fingerprint.as_str()), (order, "f"));
            let own = (head.shared_id.as_str().to_owned(), head.customer_id.clone(), read_by(customer.read, customer.read_counts));
            prop_assert_eq!(to_cursors(from_cursors(&head.shared_id, &own.1, &own.2).unwrap()).unwrap(), own);
        }

        #[test]
        fn entries_round_trip(
            (entry, desk) in order().prop_flat_map(|order| (entry(&order), desk_entry(&order))),
        ) {
            prop_assert_eq!(to_entry(from_entry(&entry).unwrap()).unwrap(), entry);
            prop_assert_eq!(to_desk_entry(from_desk_entry(&desk).unwrap()).unwrap(), desk);
        }

        /// Each reaction is an attribute of its own, named by emoji, role and user id.
        #[test]
        fn reactions_round_trip(
            message in order().prop_flat_map(|order| message(&order)),
            all in prop::collection::hash_map(
                (emoji(), any::<bool>(), any::<String>()), any::<String>(), 0..12,
            ),
        ) {
            let reactor = |((emoji, is_admin, user_id), name): ((Emoji, bool, String), String)| {
                let role = if is_admin { Role::Admin } else { Role::Customer };
                (emoji, Person { user_id, role, name })
            };
            let all: Vec<_> = all.into_iter().map(reactor).collect();
            let deleted = message.deleted.is_some();
            let entry = LogEntry { entry: Entry::Message(message), counts: Counts::default() };
            let mut item = from_entry(&entry).unwrap();
            for (emoji, person) in &all {
                item.insert(reaction(*emoji, person), key::s(&person.name));
            }
            // Emoji of a later version: one of ours with a skin tone, and another.
            for emoji in ["\u{1f44d}\u{1f3fd}", "\u{1f300}"] {
                item.insert(format!("{REACTION}{emoji}cu"), key::s("name"));
            }
            let read = to_entry(item).unwrap();
            let expected = if deleted { Vec::new() } else { group_reactions(all) };
            prop_assert_eq!(&read.message().unwrap().reactions, &expected);
        }
    }
}
