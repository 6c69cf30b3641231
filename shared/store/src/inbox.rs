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

use domain::{ConversationStatus, Head, Person, Position, SharedId, Time};

use crate::customer_orders::string_attribute;
use crate::key::{self, s};
use crate::{Error, Store, item};

/// Selects conversations of the inbox.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct InboxFilter {
    /// Only conversations with this status. `None` = all.
    pub status: Option<ConversationStatus>,
    /// Only conversations with activity at or after this time.
    pub since: Option<Time>,
}

/// A page of the inbox.
#[derive(Clone, Debug)]
pub struct InboxPage {
    /// The heads as they were read, with the caller's cursors, last activity first.
    pub heads: Vec<Head>,
    /// The position after which the next page starts. `None` on the last page.
    pub next: Option<Position>,
}

/// The inbox of a customer consists of this many of their newest orders.
const MAX_CUSTOMER_INBOX: u32 = 200;

/// The number of index keys per request of a query. They cost about two read units and are enough
/// for most pages.
const KEYS_PER_QUERY: i32 = 150;

/// A key of the inbox index.
struct Key {
    minute: i64,
    shared_id: String,
}

impl Store {
    /// Returns a page of `caller`'s inbox. An admin sees all conversations, a customer their own.
    pub async fn inbox(
        &self,
        caller: &Person,
        filter: InboxFilter,
        limit: u32,
        after: Option<&Position>,
    ) -> Result<InboxPage, Error> {
        let (ranked, more) = self.ranked_heads(caller, filter, limit as usize, after).await?;
        let next = ranked.last().filter(|_| more).map(|(position, _)| position.clone());
        let heads = ranked.into_iter().map(|(_, head)| head).collect();
        let mut heads = self.with_own_cursors(heads, caller).await?;
        heads.sort_by_key(|head| Reverse((head.last_activity_at(), head.shared_id.clone())));
        Ok(InboxPage { heads, next })
    }

    /// Returns the heads of a page with their positions, last position first. Also returns true if
    /// there are more.
    pub(crate) async fn ranked_heads(
        &self,
        caller: &Person,
        filter: InboxFilter,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<(Vec<(Position, Head)>, bool), Error> {
        // `more_keys` means that there is another page, even if conversations are dropped below. A
        // conversation is dropped if its status has changed since the index was read. While its
        // status changes, it can also be listed under both statuses, and then counts once.
        let (mut ranked, more_keys) = if caller.is_admin() {
            let (keys, more_keys) = self.inbox_keys(filter, limit, after).await?;
            let mut minutes: HashMap<String, i64> = keys.into_iter().map(|key| (key.shared_id, key.minute)).collect();
            let heads = self.heads(minutes.keys().cloned().collect()).await?;
            let with_position = |head: Head| {
                let minute = minutes.remove(head.shared_id.as_str()).unwrap_or_default() * 60_000;
                let at = head.last_activity_at().millis().clamp(minute, minute + 59_999);
                let at = Time::from_millis(at).unwrap_or(head.last_activity_at());
                (Position { at, shared_id: head.shared_id.clone() }, head)
            };
            (heads.into_iter().map(with_position).collect::<Vec<_>>(), more_keys)
        } else {
            let heads = self.customer_heads(&caller.user_id).await?;
            let with_position =
                |head: Head| (Position { at: head.last_activity_at(), shared_id: head.shared_id.clone() }, head);
            (heads.into_iter().map(with_position).collect(), false)
        };
        ranked.retain(|(position, head)| {
            after.is_none_or(|after| position < after)
                && filter.since.is_none_or(|since| head.last_activity_at() >= since)
                && filter.status.is_none_or(|status| head.status == status)
        });
        ranked.sort_by(|(one, _), (other, _)| other.cmp(one));
        let more = more_keys || ranked.len() > limit;
        ranked.truncate(limit);
        Ok((ranked, more))
    }

    /// Reads index keys for `limit` conversations after `after`, and completes the last minute.
    /// Also returns true if there are more than `limit`.
    async fn inbox_keys(
        &self,
        filter: InboxFilter,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<(Vec<Key>, bool), Error> {
        let statuses = filter.status.map_or(ConversationStatus::ALL.to_vec(), |status| vec![status]);
        let top = after.map(|after| after.at.minute());
        let bottom = filter.since.map(Time::minute);
        let lists = statuses.into_iter().map(|status| self.keys_of(status, top, bottom, limit));
        let mut keys: Vec<Key> = futures_util::future::try_join_all(lists).await?.into_iter().flatten().collect();
        keys.sort_by_key(|key| Reverse(key.minute));
        // The client has already seen some conversations of the minute in which the previous page
        // ended. So the keys of that minute do not count towards `limit`.
        let fresh = keys.iter().filter(|key| top.is_none_or(|top| key.minute < top));
        let enough = fresh.map(|key| key.minute).nth(limit);
        keys.retain(|key| enough.is_none_or(|enough| key.minute >= enough));
        Ok((keys, enough.is_some()))
    }

    /// Reads the index keys of one status, from minute `top` downwards. Stops when more than
    /// `limit` keys are before minute `top` and the last minute is complete.
    async fn keys_of(
        &self,
        status: ConversationStatus,
        top: Option<i64>,
        bottom: Option<i64>,
        limit: usize,
    ) -> Result<Vec<Key>, Error> {
        if bottom > top && top.is_some() {
            return Ok(Vec::new());
        }
        let first = key::inbox_position(bottom.unwrap_or_default().max(0), "");
        // `~` sorts after every character of a shared id.
        let last = key::inbox_position(top.unwrap_or(9_999_999_999), "~");
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("inbox")
            .key_condition_expression("#is = :status AND im BETWEEN :first AND :last")
            .expression_attribute_names("#is", "is")
            .expression_attribute_values(":status", s(status.as_str()))
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(last))
            .scan_index_forward(false)
            .limit(KEYS_PER_QUERY)
            .into_paginator()
            .items()
            .send();
        let (mut keys, mut fresh) = (Vec::<Key>::new(), 0);
        while let Some(found) = items.next().await {
            let found = found?;
            let position = string_attribute(&found, "im")?;
            let minute = key::inbox_minute(&position).ok_or(Error::Corrupt("index key"))?;
            let key = Key { minute, shared_id: string_attribute(&found, "pk")? };
            let finished = keys.last().is_some_and(|last| last.minute != key.minute);
            if fresh > limit && finished {
                break;
            }
            fresh += usize::from(top.is_none_or(|top| key.minute < top));
            keys.push(key);
        }
        Ok(keys)
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
