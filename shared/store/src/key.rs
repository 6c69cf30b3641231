//! The keys of all items. No other module builds a key.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Person, Role, SharedId};

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The order as it was placed. It sorts before the log.
pub(crate) const ORDER: &str = "A";
/// What the keys of admins' cursors begin with. They sort before the log, where no query of a
/// conversation reads them.
pub(crate) const CURSORS_PREFIX: &str = "CUR#";
/// The record of an import about its order. It sorts before the log, where no query of a
/// conversation reads it.
pub(crate) const IMPORT: &str = "I";
/// The head. It sorts after the log, so that one query from any `seq` reads the rest of the log and
/// then the head.
pub(crate) const HEAD: &str = "Z";
/// Sorts before the first log entry.
pub(crate) const LOG_START: &str = "L";
/// Sorts before the first entry of the shop's log, which sorts before the log: no query of what
/// customers see reads it.
pub(crate) const DESK_START: &str = "K";
/// The partition of the shop's counts.
pub(crate) const SHOP_COUNTS: &str = "N";
/// The only item of a customer's counts, and of a ticket.
pub(crate) const ONLY: &str = "-";
/// The partition of what is due later.
pub(crate) const DUE: &str = "D";
/// The partition of the index `inbox` that lists notes. The others list the conversations of a status.
pub(crate) const NOTES: &str = "note";
/// How far the due list has been filled. It sorts before everything that is due, so one query reads
/// both.
pub(crate) const BACKFILL: &str = "-";

/// The partition of the shop's tags.
pub(crate) const TAGS: &str = "G";
/// The partition of the canned responses that all admins have.
pub(crate) const SHOP_RESPONSES: &str = "R";
/// The partition of the admins whom a conversation can be assigned to.
pub(crate) const ADMINS: &str = "Q";
/// The partition of what the shop has set once.
pub(crate) const SHOP_SETTINGS: &str = "V";
/// The policy of the SLA, in that partition.
pub(crate) const SLA: &str = "sla";

/// The partition of an admin's own canned responses.
pub(crate) fn responses_of(user_id: &str) -> String {
    format!("{SHOP_RESPONSES}#{user_id}")
}

const SHARDS: u8 = 16;

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn n(number: impl Into<Number>) -> AttributeValue {
    AttributeValue::N(number.into().0)
}

/// An integer in DynamoDB's form.
pub(crate) struct Number(String);

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

pub(crate) fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

/// The highest `seq` that fits into a log key.
pub(crate) const MAX_SEQ: u64 = 999_999_999_999;

/// The key of a log entry. Its 12 digits sort like the number.
pub(crate) fn log(seq: u64) -> String {
    format!("L{seq:012}")
}

/// The key of an entry of the shop's log.
pub(crate) fn desk(desk_seq: u64) -> String {
    format!("K{desk_seq:012}")
}

/// The key of an admin's cursors, in the partition of the conversation.
pub(crate) fn cursors(user_id: &str) -> String {
    format!("{CURSORS_PREFIX}{user_id}")
}

/// The partition of a user's connections. All admins share one, because every send reads all their
/// connections.
pub(crate) fn connections(user_id: &str, role: Role) -> String {
    match role {
        Role::Admin => "U".to_owned(),
        Role::Customer | Role::System => format!("U#{user_id}"),
    }
}

pub(crate) fn connections_key_of(person: &Person) -> String {
    connections(&person.user_id, person.role)
}

pub(crate) const CONNECTION_PREFIX: &str = "C#";
pub(crate) const SEEN_PREFIX: &str = "S#";

pub(crate) fn connection(id: &str) -> String {
    format!("{CONNECTION_PREFIX}{id}")
}

/// The key of a user's last-seen time, in the partition of their connections.
pub(crate) fn seen(user_id: &str) -> String {
    format!("{SEEN_PREFIX}{user_id}")
}

pub(crate) fn ticket(hash: &str) -> String {
    format!("T#{hash}")
}

pub(crate) fn customer_counts(customer_id: &str) -> String {
    format!("N#{customer_id}")
}

/// The shard of the shop's counts for an order. It is always the same for one order.
pub(crate) fn count_shard(shared_id: &SharedId) -> String {
    let first = shared_id.as_str().bytes().next().unwrap_or_default();
    format!("{:02}", first % SHARDS)
}

/// The key in the inbox index. It has the minute, not the exact time, so that many messages in a
/// minute move the entry once.
pub(crate) fn inbox_position(minute: i64, shared_id: &str) -> String {
    format!("{minute:010}#{shared_id}")
}

/// The minute of a key in the inbox index.
pub(crate) fn inbox_minute(position: &str) -> Option<i64> {
    position.split('#').next()?.parse().ok()
}

/// The queue of open conversations that nobody takes care of.
pub(crate) const UNASSIGNED: &str = "u";
/// The queue of snoozed conversations, whoever takes care of them.
pub(crate) const SNOOZED: &str = "z";

/// The queue of open conversations that this admin takes care of.
pub(crate) fn queue_of(assignee: &str) -> String {
    format!("{QUEUE_PREFIX}{assignee}")
}

pub(crate) const QUEUE_PREFIX: &str = "a#";

/// A queue is sorted by activity in steps of this many minutes. So a conversation moves in its queue
/// at most once in ten minutes, which costs two write units.
pub(crate) const QUEUE_STEP: i64 = 10;

/// The key of a conversation within its queue.
pub(crate) fn queue_position(minute: i64) -> i64 {
    minute.div_euclid(QUEUE_STEP)
}

/// The key of what is due for a conversation in a minute.
pub(crate) fn due(minute: i64, kind: &str, shared_id: &str) -> String {
    format!("{minute:010}#{kind}#{shared_id}")
}

/// The end of what is due up to and including a minute.
pub(crate) fn due_end(minute: i64) -> String {
    // `~` sorts after `#`.
    format!("{minute:010}~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// One query from any `seq` must read the log in order and then the head.
        #[test]
        fn log_entries_and_head_sort_in_order(one in 1..=MAX_SEQ, other in 1..=MAX_SEQ, user_id: String) {
            prop_assert_eq!(log(one).cmp(&log(other)), one.cmp(&other));
            let first = log(one);
            prop_assert!([ORDER, &cursors(&user_id), IMPORT, DESK_START, &desk(MAX_SEQ), LOG_START, &first, HEAD].is_sorted());
            prop_assert_eq!(first.strip_prefix(LOG_START).unwrap().parse(), Ok(one));
        }

        #[test]
        fn inbox_keys_sort_by_minute(one in 0..10_000_000_000i64, other in 0..10_000_000_000i64, x: [u8; 16]) {
            let x = SharedId::from_random(x);
            let at = |minute| inbox_position(minute, x.as_str());
            prop_assert_eq!(at(one).cmp(&at(other)), one.cmp(&other));
            // The bounds of a query for one minute.
            prop_assert!(inbox_position(one, "") < at(one) && at(one) < inbox_position(one, "~"));
            prop_assert_eq!(inbox_minute(&at(one)), Some(one));
        }

        /// One query reads how far the list is filled, and what is due up to a minute.
        #[test]
        fn due_keys_sort_by_minute(one in 0..10_000_000_000i64, other in 0..10_000_000_000i64, x: [u8; 16]) {
            let key = due(one, "archive", SharedId::from_random(x).as_str());
            prop_assert_eq!(key <= due_end(other), one <= other);
            prop_assert!(BACKFILL < key.as_str());
        }

        /// Holds for any user id of an identity provider and any connection id.
        #[test]
        fn keys_of_different_users_never_collide(one: String, other: String, x: [u8; 16]) {
            let keys = |id: &str| {
                [
                    connections(id, Role::Customer),
                    customer_counts(id),
                    ticket(id),
                    connection(id),
                    seen(id),
                    responses_of(id),
                ]
            };
            let x = SharedId::from_random(x).as_str().to_owned();
            let of_all = [SHOP_COUNTS, DUE, ONLY, TAGS, SHOP_RESPONSES, ADMINS, SHOP_SETTINGS].map(str::to_owned);
            let shared: Vec<String> = of_all.into_iter().chain([x, connections(&one, Role::Admin)]).collect();
            for (n, key) in keys(&one).into_iter().enumerate() {
                for (m, another) in keys(&other).into_iter().enumerate() {
                    prop_assert_eq!(key == another, n == m && one == other);
                }
                prop_assert!(!shared.contains(&key));
            }
            let connection = connection(&one);
            prop_assert_eq!(connection.strip_prefix(CONNECTION_PREFIX), Some(one.as_str()));
        }
    }
}
