//! The due list: what has to be looked at later, and in which minute.
//!
//! An item is a reason to look, never an order to act. Whoever finds it due looks whether it is
//! still true. So an item that is there twice, late, or for something that has passed does no harm.

use domain::{ConversationStatus, Head, SharedId, Time};
use serde::{Deserialize, Serialize};

use crate::conversation::update_if;
use crate::customer_orders::string_attribute;
use crate::key::{self, Item, n, s};
use crate::{Error, Store, desk_item};

/// The most due items of one request.
const MAX_DUE: i32 = 100;

/// The most conversations that one step of the backfill looks at.
const MAX_BACKFILLED: i32 = 100;

/// What has to be looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DueKind {
    /// Whether a conversation is archived by itself.
    Archive,
    /// Whether a snooze is over.
    Wake,
    /// Whether a time of the SLA is over.
    Sla,
}

impl DueKind {
    const ALL: [Self; 3] = [Self::Archive, Self::Wake, Self::Sla];

    fn as_str(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Wake => "wake",
            Self::Sla => "sla",
        }
    }
}

/// An item of the due list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Due {
    /// What has to be looked at.
    pub kind: DueKind,
    /// The conversation, by the id that it shares with its order.
    pub shared_id: SharedId,
    minute: i64,
}

impl Due {
    /// The item for the first whole minute that is not before `at`.
    pub fn new(kind: DueKind, shared_id: SharedId, at: Time) -> Self {
        Self { kind, shared_id, minute: at.plus_millis(59_999).minute() }
    }

    fn key(&self) -> Item {
        key::key(key::DUE, &key::due(self.minute, self.kind.as_str(), self.shared_id.as_str()))
    }

    /// `None` for a kind that only a newer version knows, which will look at it.
    fn parse(sk: &str) -> Option<Self> {
        let (minute, rest) = sk.split_once('#')?;
        let (kind, shared_id) = rest.split_once('#')?;
        let kind = DueKind::ALL.into_iter().find(|it| it.as_str() == kind)?;
        Some(Self { kind, shared_id: SharedId::parse(shared_id)?, minute: minute.parse().ok()? })
    }
}

/// How far the due list has been filled with conversations that were there before: those of a
/// version without the list, and those that another number of days put elsewhere.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Backfill {
    /// The number of days for which the list is filled.
    #[serde(rename = "d")]
    pub days: u16,
    /// The policy of the SLA for which it is filled, see [`crate::Sla`].
    #[serde(rename = "s", default)]
    pub sla: i64,
    /// Whether a version that knows the queues of the desk fills it.
    #[serde(rename = "q", default)]
    pub queues: bool,
    /// Whether all conversations are in their queues.
    #[serde(rename = "h", default)]
    pub has_queues: bool,
    /// The position in the inbox index up to which it is filled; `None` at the beginning.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Whether all conversations were looked at.
    #[serde(rename = "f")]
    pub is_finished: bool,
}

/// What is due.
#[derive(Clone, Debug, Default)]
pub struct DueList {
    /// The items, longest due first: at most 100.
    pub items: Vec<Due>,
    /// How far the list has been filled.
    pub backfill: Backfill,
}

impl Store {
    /// What is due at `now`. The read is eventually consistent: what it misses is found a minute
    /// later.
    pub async fn due(&self, now: Time) -> Result<DueList, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :due AND sk <= :end")
            .expression_attribute_values(":due", s(key::DUE))
            .expression_attribute_values(":end", s(key::due_end(now.minute())))
            .limit(MAX_DUE + 1);
        let mut list = DueList::default();
        for item in query.send().await?.items.unwrap_or_default() {
            let sk = string_attribute(&item, "sk")?;
            if sk == key::BACKFILL {
                list.backfill = serde_dynamo::from_item(item)?;
            } else {
                list.items.extend(Due::parse(&sk));
            }
        }
        Ok(list)
    }

    /// Adds an item to the due list. Adding it again changes nothing.
    pub async fn put_due(&self, due: &Due) -> Result<(), Error> {
        self.client.put_item().table_name(&self.table).set_item(Some(due.key())).send().await?;
        Ok(())
    }

    /// Removes an item that was looked at.
    pub async fn delete_due(&self, due: &Due) -> Result<(), Error> {
        self.client.delete_item().table_name(&self.table).set_key(Some(due.key())).send().await?;
        Ok(())
    }

    /// Stores how far the due list has been filled.
    pub async fn put_backfill(&self, backfill: &Backfill) -> Result<(), Error> {
        let mut item: Item = serde_dynamo::to_item(backfill)?;
        item.extend(key::key(key::DUE, key::BACKFILL));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Puts an active conversation of a version without queues into the one of conversations that nobody
    /// takes care of. Does nothing if it is in a queue, or was written since `head` was read.
    pub async fn put_in_queue(&self, head: &Head) -> Result<(), Error> {
        let Some(position) = desk_item::queue_position(head.status, head.last_activity_at()) else { return Ok(()) };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(head.shared_id.as_str(), key::HEAD)))
            .condition_expression("attribute_not_exists(qk) AND n = :n")
            .update_expression("SET qk = :qk, iq = :iq, w = :waits")
            .expression_attribute_values(":waits", s(desk_item::WAITS_NOT))
            .expression_attribute_values(":n", n(head.last_seq()))
            .expression_attribute_values(":qk", s(desk_item::queue(&head.desk)))
            .expression_attribute_values(":iq", n(position));
        update_if(update).await.map(drop)
    }

    /// Up to 100 active conversations behind a position in the inbox index, longest idle first, and
    /// the position of the last of them; `None` if there are no more.
    pub async fn active_after(&self, position: Option<&str>) -> Result<(Vec<Head>, Option<String>), Error> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("inbox")
            .key_condition_expression("#is = :active AND im > :position")
            .expression_attribute_names("#is", "is")
            .expression_attribute_values(":active", s(ConversationStatus::Active.as_str()))
            .expression_attribute_values(":position", s(position.unwrap_or("-")))
            .limit(MAX_BACKFILLED);
        let keys = query.send().await?.items.unwrap_or_default();
        let shared_ids = keys.iter().map(|key| string_attribute(key, "pk")).collect::<Result<_, _>>()?;
        let last = keys.last().map(|key| string_attribute(key, "im")).transpose()?;
        Ok((self.heads(shared_ids).await?, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn due_items_round_trip(x: [u8; 16], millis in 0..253_402_207_200_000i64) {
            let at = Time::from_millis(millis).unwrap();
            let due = Due::new(DueKind::Archive, SharedId::from_random(x), at);
            let key = due.key()["sk"].as_s().unwrap().clone();
            prop_assert_eq!(Due::parse(&key), Some(due.clone()));
            prop_assert_eq!(Due::parse(&key.replace("archive", "later")), None);
            // Never before its time, and less than a minute after it.
            prop_assert!((0..60_000).contains(&(due.minute * 60_000 - millis)));
        }
    }
}
