//! Reads the inbox: conversations with the last activity first. Pages stay correct while new
//! messages arrive.
//!
//! The index stores the *minute* of a conversation's last activity, so many messages in one minute
//! update the index once. A page reads index keys until it has enough, and then the other keys of
//! the same minute. Then it reads the heads and sorts them. Heads can change while a client reads
//! page after page. So the minute in the index key decides on which page a conversation is, and its
//! exact time counts only within that minute. A conversation can move to an earlier page in the
//! meantime. That page is not read again. The next sync asks for everything since before this one
//! began, so it finds the conversation.

use std::cmp::Reverse;
use std::collections::HashMap;

use domain::{ConversationStatus, Head, Person, Position, Priority, SharedId, TagId, Time};

use crate::inbox_keys::{Key, List, Minutes, Narrow, before_minute};
use crate::key;
use crate::queue::Queue;
use crate::{Error, Store, item};

/// Selects conversations of the inbox. A conversation must have all of this.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct InboxFilter {
    /// Only conversations with this status. `None` = all.
    pub status: Option<ConversationStatus>,
    /// Only conversations with activity at or after this time.
    pub since: Option<Time>,
    /// Only conversations of this queue.
    pub queue: Option<Queue>,
    /// Only conversations with this tag.
    pub tag: Option<TagId>,
    /// Only conversations with this priority.
    pub priority: Option<Priority>,
}

impl InboxFilter {
    fn selects(&self, head: &Head) -> bool {
        self.since.is_none_or(|since| head.last_activity_at() >= since)
            && self.status.is_none_or(|status| head.status == status)
            && self.queue.as_ref().is_none_or(|queue| queue.has(&head.desk))
            && self.tag.as_ref().is_none_or(|tag| head.desk.tags.contains(tag))
            && self.priority.is_none_or(|priority| head.desk.priority == priority)
    }

    /// The lists of keys that have all the conversations this filter selects.
    fn lists(&self) -> Vec<List> {
        match &self.queue {
            Some(queue) if self.status.is_none_or(|status| status == ConversationStatus::Active) => {
                vec![List::of_queue(queue)]
            }
            _ => {
                let statuses = self.status.map_or(ConversationStatus::ALL.to_vec(), |status| vec![status]);
                statuses.into_iter().map(List::of_status).collect()
            }
        }
    }

    /// Returns true if the keys of the inbox do not tell whether a conversation is selected.
    fn needs_heads(&self) -> bool {
        self.queue.is_some() || self.tag.is_some() || self.priority.is_some()
    }
}

/// A page of the inbox.
#[derive(Clone, Debug)]
pub struct InboxPage {
    /// The heads as they were read, with the caller's cursors, last activity first.
    pub heads: Vec<Head>,
    /// The position after which the next page starts. `None` on the last page.
    pub next: Option<Position>,
}

/// Heads with their positions in the list, last activity first.
pub(crate) struct Ranked {
    pub(crate) heads: Vec<(Position, Head)>,
    /// The position after which there may be more. `None` if there are no more.
    pub(crate) next: Option<Position>,
}

/// The inbox of a customer consists of this many of their newest orders.
const MAX_CUSTOMER_INBOX: u32 = 200;

/// The heads that a page reads if the keys of the inbox do not tell which conversations are selected.
const MAX_EXAMINED_HEADS: usize = 200;

impl Store {
    /// Returns a page of `caller`'s inbox. An admin sees all conversations, a customer their own. A page
    /// can have fewer conversations than `limit`, or none, and still a next one: if few of those that
    /// it looked at are selected.
    pub async fn inbox(
        &self,
        caller: &Person,
        filter: &InboxFilter,
        limit: u32,
        after: Option<&Position>,
    ) -> Result<InboxPage, Error> {
        let Ranked { heads, next } = self.ranked_heads(caller, filter, limit as usize, after).await?;
        let heads = heads.into_iter().map(|(_, head)| head).collect();
        let mut heads = self.with_own_cursors(heads, caller).await?;
        heads.sort_by_key(|head| Reverse((head.last_activity_at(), head.shared_id.clone())));
        Ok(InboxPage { heads, next })
    }

    /// Returns the heads of a page with their positions.
    pub(crate) async fn ranked_heads(
        &self,
        caller: &Person,
        filter: &InboxFilter,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<Ranked, Error> {
        // `rest` is where the keys that were not read begin, even if conversations are dropped below. A
        // conversation is dropped if it has changed since the index was read. While its status
        // changes, it can also be listed under both statuses, and then counts once.
        let (mut ranked, rest) = if caller.is_admin() {
            let lists = filter.lists();
            let is_queue = lists.iter().any(List::is_queue);
            let examined = if filter.needs_heads() && !is_queue { limit.max(MAX_EXAMINED_HEADS) } else { limit };
            let (keys, rest) = self.inbox_keys(filter, lists, examined, after).await?;
            let mut minutes: HashMap<String, Minutes> =
                keys.into_iter().map(|key| (key.shared_id, key.minutes)).collect();
            let heads = self.heads(minutes.keys().cloned().collect()).await?;
            let with_position = |head: Head| {
                let minutes = minutes.remove(head.shared_id.as_str()).unwrap_or_default();
                let at = minutes.clamp(head.last_activity_at());
                (Position { at, shared_id: head.shared_id.clone() }, head)
            };
            (heads.into_iter().map(with_position).collect::<Vec<_>>(), rest)
        } else {
            let heads = self.customer_heads(&caller.user_id).await?;
            let with_position =
                |head: Head| (Position { at: head.last_activity_at(), shared_id: head.shared_id.clone() }, head);
            (heads.into_iter().map(with_position).collect(), None)
        };
        ranked.retain(|(position, head)| after.is_none_or(|after| position < after) && filter.selects(head));
        ranked.sort_by(|(one, _), (other, _)| other.cmp(one));
        let cut = ranked.get(limit.saturating_sub(1)).map(|(position, _)| position.clone());
        let next = if ranked.len() > limit { cut } else { rest };
        ranked.truncate(limit);
        Ok(Ranked { heads: ranked, next })
    }

    /// Reads index keys for `limit` conversations after `after`, and completes the last minutes. Also
    /// returns the position where the other keys begin, if there are more.
    async fn inbox_keys(
        &self,
        filter: &InboxFilter,
        lists: Vec<List>,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<(Vec<Key>, Option<Position>), Error> {
        let top = after.map(|after| after.at.minute());
        let bottom = filter.since.map(Time::minute);
        let narrow = Narrow { tag: filter.tag.as_ref(), priority: filter.priority };
        let lists = lists.iter().map(|list| self.keys_of(list, top, bottom, limit, narrow));
        let lists = futures_util::future::try_join_all(lists).await?;
        // Below the highest of these minutes, one of the lists was not read.
        let unread = lists.iter().filter_map(|(_, unread)| *unread).max();
        let mut keys: Vec<Key> = lists.into_iter().flat_map(|(keys, _)| keys).collect();
        keys.sort_by_key(|key| Reverse(key.minutes.first));
        // The client has already seen some conversations of the minute in which the previous page
        // ended. So the keys of that minute do not count towards `limit`.
        let fresh = keys.iter().filter(|key| top.is_none_or(|top| key.minutes.last() < top));
        let enough = fresh.map(|key| key.minutes.first).nth(limit);
        let last = enough.into_iter().chain(unread).max();
        keys.retain(|key| last.is_none_or(|last| key.minutes.first >= last));
        Ok((keys, last.and_then(before_minute)))
    }

    /// Reads the heads of a customer's inbox, in no particular order.
    pub(crate) async fn customer_heads(&self, customer_id: &str) -> Result<Vec<Head>, Error> {
        let own = self.customer_index(customer_id, MAX_CUSTOMER_INBOX, None).await?;
        self.heads(own.into_iter().map(|(_, shared_id)| shared_id).collect()).await
    }

    /// Reads heads in no particular order. The reads are eventually consistent, which halves the
    /// cost of a page. If a head is out of date, the next sync corrects it.
    pub(crate) async fn heads(&self, shared_ids: Vec<String>) -> Result<Vec<Head>, Error> {
        let keys = shared_ids.iter().filter(|x| SharedId::parse(x).is_some()).map(|x| key::key(x, key::HEAD)).collect();
        self.get_all(keys, false).await?.into_iter().map(item::to_head).collect()
    }
}
