//! The inbox: conversations by last activity, in pages that stay right while messages keep arriving.
//!
//! The index knows the *minute* of a conversation's last activity, so that a burst of messages moves it once. A page reads
//! keys until it has enough, finishes that minute, reads the heads and sorts. Heads move while pages are read; so a conversation's
//! place among the pages is the minute of its key, and its own time only within that minute. What moved up is not looked
//! for: the next sync, which asks from before this one began, finds it.

use std::cmp::Reverse;
use std::collections::HashMap;

use domain::{ConversationStatus, Head, Person, Position, SharedId, Time};

use crate::customer_orders::string_attribute;
use crate::key::{self, s};
use crate::{Error, Store, item};

/// Which conversations.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct InboxFilter {
    /// Only these; `None` = all.
    pub status: Option<ConversationStatus>,
    /// Only those active at or after this time.
    pub since: Option<Time>,
}

/// A page of it.
#[derive(Clone, Debug)]
pub struct InboxPage {
    /// Last activity first, as read.
    pub heads: Vec<Head>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<Position>,
}

/// A customer's newest orders, of which the inbox is made.
const MAX_CUSTOMER_INBOX: u32 = 200;

/// Keys a query asks for at once: about two units' worth, enough for most pages.
const KEYS_PER_QUERY: i32 = 150;

/// An index key.
struct Key {
    minute: i64,
    shared_id: String,
}

impl Store {
    /// A page of `caller`'s inbox: an admin's is everyone's, a customer's their own.
    pub async fn inbox(
        &self,
        caller: &Person,
        filter: InboxFilter,
        limit: u32,
        after: Option<&Position>,
    ) -> Result<InboxPage, Error> {
        let (ranked, more) = self.ranked_heads(caller, filter, limit as usize, after).await?;
        let next = ranked.last().filter(|_| more).map(|(position, _)| position.clone());
        let mut heads: Vec<Head> = ranked.into_iter().map(|(_, head)| head).collect();
        heads.sort_by_key(|head| Reverse((head.last_activity_at(), head.shared_id.clone())));
        Ok(InboxPage { heads, next })
    }

    /// The heads of a page with their positions, last position first, and whether there are more.
    pub(crate) async fn ranked_heads(
        &self,
        caller: &Person,
        filter: InboxFilter,
        limit: usize,
        after: Option<&Position>,
    ) -> Result<(Vec<(Position, Head)>, bool), Error> {
        // More keys are more conversations also where some fall away below: one whose status has changed since, or that two
        // statuses name as it changes.
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
            let own = self.customer_index(&caller.user_id, MAX_CUSTOMER_INBOX, None).await?;
            let heads = self.heads(own.into_iter().map(|(_, shared_id)| shared_id).collect()).await?;
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

    /// Keys enough to know `limit` conversations behind `after`, with whole minutes, and whether there is one more.
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
        // Of the minute in which the page before ended, some were shown already: they do not count as enough.
        let fresh = keys.iter().filter(|key| top.is_none_or(|top| key.minute < top));
        let enough = fresh.map(|key| key.minute).nth(limit);
        keys.retain(|key| enough.is_none_or(|enough| key.minute >= enough));
        Ok((keys, enough.is_some()))
    }

    /// The keys of one status from minute `top` down, until there are more than `limit` below it and that minute is finished.
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
        // `~` sorts behind every character of an X.
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
            let minute = position.split('#').next().and_then(|digits| digits.parse().ok());
            let key =
                Key { minute: minute.ok_or(Error::Corrupt("index key"))?, shared_id: string_attribute(&found, "pk")? };
            let finished = keys.last().is_some_and(|last| last.minute != key.minute);
            if fresh > limit && finished {
                break;
            }
            fresh += usize::from(top.is_none_or(|top| key.minute < top));
            keys.push(key);
        }
        Ok(keys)
    }

    /// Heads in no order, eventually consistent: a page costs half as much, and what it lags behind, a sync finds.
    async fn heads(&self, shared_ids: Vec<String>) -> Result<Vec<Head>, Error> {
        let keys = shared_ids.iter().filter(|x| SharedId::parse(x).is_some()).map(|x| key::key(x, key::HEAD)).collect();
        self.get_all(keys, false).await?.into_iter().map(item::to_head).collect()
    }
}
