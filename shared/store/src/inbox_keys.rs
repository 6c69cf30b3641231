//! Reads the keys of conversations from the indexes `inbox` and `queue`, last activity first.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use domain::{ConversationStatus, Position, Priority, SharedId, TagId, Time};

use crate::customer_orders::string_attribute;
use crate::key::{self, Item, n, s};
use crate::queue::Queue;
use crate::{Error, Store};

/// The number of index keys per request of a query. They cost about two read units and are enough
/// for most pages.
const KEYS_PER_QUERY: i32 = 150;

/// After this many keys of a queue a page ends, however few of them are selected: about eight read
/// units.
const MAX_EXAMINED: i32 = 400;

/// A key in one of the indexes.
pub(crate) struct Key {
    pub(crate) minutes: Minutes,
    pub(crate) shared_id: String,
}

/// The minutes that a key stands for: one in the inbox, ten in a queue.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Minutes {
    pub(crate) first: i64,
    count: i64,
}

impl Minutes {
    pub(crate) fn last(self) -> i64 {
        self.first + self.count - 1
    }

    /// The time within these minutes that is nearest to `at`.
    pub(crate) fn clamp(self, at: Time) -> Time {
        let first = self.first * 60_000;
        let millis = at.millis().clamp(first, first + self.count.max(1) * 60_000 - 1);
        Time::from_millis(millis).unwrap_or(at)
    }
}

/// A partition of one of the indexes.
pub(crate) struct List {
    index: &'static str,
    partition: String,
}

const INBOX: &str = "inbox";
const QUEUE: &str = "queue";

impl List {
    pub(crate) fn of_status(status: ConversationStatus) -> Self {
        Self { index: INBOX, partition: status.as_str().to_owned() }
    }

    pub(crate) fn of_queue(queue: &Queue) -> Self {
        Self { index: QUEUE, partition: queue.key() }
    }

    pub(crate) fn is_queue(&self) -> bool {
        self.index == QUEUE
    }

    /// The names of the index' keys.
    fn keys(&self) -> (&'static str, &'static str) {
        if self.is_queue() { ("qk", "iq") } else { ("is", "im") }
    }

    /// The keys from minute `bottom` up to minute `top`.
    fn range(&self, bottom: i64, top: i64) -> (AttributeValue, AttributeValue) {
        if self.is_queue() {
            return (n(key::queue_position(bottom)), n(key::queue_position(top)));
        }
        // `~` sorts after every character of a shared id.
        (s(key::inbox_position(bottom, "")), s(key::inbox_position(top, "~")))
    }

    fn minutes(&self, item: &Item) -> Result<Minutes, Error> {
        if self.is_queue() {
            let position = item.get("iq").and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok());
            let position: i64 = position.ok_or(Error::Corrupt("index key"))?;
            return Ok(Minutes { first: position.saturating_mul(key::QUEUE_STEP), count: key::QUEUE_STEP });
        }
        let minute = key::inbox_minute(&string_attribute(item, "im")?).ok_or(Error::Corrupt("index key"))?;
        Ok(Minutes { first: minute, count: 1 })
    }
}

/// What the index `queue` tells of a conversation. The index `inbox` has keys only.
#[derive(Clone, Copy)]
pub(crate) struct Narrow<'a> {
    pub(crate) tag: Option<&'a TagId>,
    pub(crate) priority: Option<Priority>,
}

impl Narrow<'_> {
    fn selects(self, list: &List, item: &Item) -> bool {
        if !list.is_queue() {
            return true;
        }
        let has_tag = |tag: &TagId| {
            let tags = item.get("tg").and_then(|value| value.as_l().ok());
            tags.is_some_and(|tags| tags.contains(&s(tag.as_str())))
        };
        let priority = item.get("pr").cloned().and_then(|value| serde_dynamo::from_attribute_value(value).ok());
        let priority: Priority = priority.unwrap_or_default();
        self.tag.is_none_or(has_tag) && self.priority.is_none_or(|it| it == priority)
    }
}

/// The shared id that sorts after all others.
const LAST_SHARED_ID: &str = "zzzzzzzzzzzzzzzzzzzzzzzzzy";

/// The position of everything before a minute.
pub(crate) fn before_minute(minute: i64) -> Option<Position> {
    let at = Time::from_millis(minute.checked_mul(60_000)?.checked_sub(1)?)?;
    let shared_id = SharedId::parse(LAST_SHARED_ID)?;
    Position::MILLIS.contains(&at.millis()).then_some(Position { at, shared_id })
}

impl Store {
    /// Reads the keys of a list from minute `top` downwards. Stops when more than `limit` keys are
    /// before minute `top` and the last minutes are complete. Of a queue it looks at the keys of one
    /// request, if these have complete minutes. Also returns the minute before which there may be more
    /// keys.
    pub(crate) async fn keys_of(
        &self,
        list: &List,
        top: Option<i64>,
        bottom: Option<i64>,
        limit: usize,
        narrow: Narrow<'_>,
    ) -> Result<(Vec<Key>, Option<i64>), Error> {
        if bottom > top && top.is_some() {
            return Ok((Vec::new(), None));
        }
        let (lowest, highest) = list.range(bottom.unwrap_or_default().max(0), top.unwrap_or(9_999_999_999));
        let mut items = self
            .list_query(list)
            .expression_attribute_values(":first", lowest)
            .expression_attribute_values(":last", highest)
            .limit(if list.is_queue() { MAX_EXAMINED } else { KEYS_PER_QUERY })
            .into_paginator()
            .items()
            .send();
        let (mut keys, mut fresh, mut examined) = (Vec::<Key>::new(), 0, 0);
        let mut before: Option<i64> = None;
        // The last minutes that are complete, and how many keys there are up to them.
        let mut complete: Option<(i64, usize)> = None;
        loop {
            if let Some((minute, count)) = complete
                && list.is_queue()
                && examined == MAX_EXAMINED
            {
                keys.truncate(count);
                return Ok((keys, Some(minute)));
            }
            let Some(found) = items.next().await else { break };
            let found = found?;
            let minutes = list.minutes(&found)?;
            if let Some(before) = before.filter(|before| *before != minutes.first) {
                if fresh > limit {
                    return Ok((keys, Some(before)));
                }
                complete = Some((before, keys.len()));
            }
            before = Some(minutes.first);
            examined += 1;
            if narrow.selects(list, &found) {
                fresh += usize::from(top.is_none_or(|top| minutes.last() < top));
                keys.push(Key { minutes, shared_id: string_attribute(&found, "pk")? });
            }
        }
        Ok((keys, None))
    }

    /// The number of keys of a list, or `limit` if there are more.
    pub(crate) async fn count_list(&self, list: &List, limit: u32) -> Result<u32, Error> {
        let (lowest, highest) = list.range(0, 9_999_999_999);
        let query = self
            .list_query(list)
            .expression_attribute_values(":first", lowest)
            .expression_attribute_values(":last", highest)
            .select(Select::Count)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        Ok(query.send().await?.count.try_into().unwrap_or_default())
    }

    fn list_query(&self, list: &List) -> QueryFluentBuilder {
        let (partition, sort) = list.keys();
        self.client
            .query()
            .table_name(&self.table)
            .index_name(list.index)
            .key_condition_expression(format!("#list = :list AND {sort} BETWEEN :first AND :last"))
            .expression_attribute_names("#list", partition)
            .expression_attribute_values(":list", s(&list.partition))
            .scan_index_forward(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A page that begins behind a minute has everything of the minutes before.
        #[test]
        fn a_page_behind_a_minute_lacks_nothing(minute in 1..1_000_000_000i64, millis in 0..60_000i64, x: [u8; 16]) {
            let behind = before_minute(minute).unwrap();
            let at = |minute: i64| Time::from_millis(minute * 60_000 + millis).unwrap();
            let of = |minute| Position { at: at(minute), shared_id: SharedId::from_random(x) };
            prop_assert!(of(minute - 1) <= behind && of(minute) > behind);
            prop_assert_eq!(behind.at.minute(), minute - 1);
        }
    }
}
