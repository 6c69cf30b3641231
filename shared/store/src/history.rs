//! Pages of a conversation's messages, in both directions.

use std::collections::BTreeSet;

use domain::{Change, Entry, Head, LogEntry, Message, SharedId};

use crate::key;
use crate::log::{gapless, reached};
use crate::{Error, Store, item};

/// Which messages a page has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Window {
    /// The newest ones.
    Newest,
    /// The newest ones below this `seq`.
    Before(u64),
    /// The oldest ones above this `seq`.
    After(u64),
}

/// A page of messages.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The head as it was read.
    pub head: Head,
    /// The messages as they are now, by ascending `seq`.
    pub messages: Vec<Message>,
    /// The changes, by ascending `seq`.
    pub changes: Vec<Change>,
    /// The messages that the page refers to and does not have: those that its changes change, and
    /// those that its messages answer.
    pub others: Vec<Message>,
    /// The `seq` of the conversation's last entry.
    pub last_seq: u64,
    /// Whether there are more entries in the requested direction.
    pub has_more: bool,
}

impl Store {
    /// Up to `limit` messages and changes; `None` if the conversation does not exist. If a crash left
    /// the last entry out of the log, it is put there before it is returned.
    pub async fn history(
        &self,
        shared_id: &SharedId,
        window: Window,
        limit: u32,
    ) -> Result<Option<HistoryPage>, Error> {
        let (head, entries) = match window {
            Window::Newest => {
                let Some(newest) = self.newest(shared_id, limit).await? else { return Ok(None) };
                (newest.head, newest.entries)
            }
            Window::Before(seq) => {
                let (head, entries) = tokio::try_join!(self.head(shared_id), self.below(shared_id, seq, limit))?;
                let Some(head) = head else { return Ok(None) };
                if seq <= head.last_seq() {
                    (head, entries)
                } else {
                    // `seq` is past the end, and messages may have been added between the two reads.
                    let Some(newest) = self.newest(shared_id, limit).await? else { return Ok(None) };
                    (newest.head, newest.entries)
                }
            }
            Window::After(seq) => {
                let seq = seq.min(key::MAX_SEQ);
                let (head, mut entries) = tokio::try_join!(self.head(shared_id), self.above(shared_id, seq, limit))?;
                let Some(head) = head else { return Ok(None) };
                if gapless(seq, &entries) < reached(seq, &entries) {
                    // The query passed the key of an entry just before it was written. A second query
                    // finds it. A gap that remains is permanent.
                    entries = self.above(shared_id, seq, limit).await?;
                }
                if reached(seq, &entries) + 1 == head.last_seq() && entries.len() < limit as usize {
                    self.put_last(&head, &mut entries).await?;
                }
                (head, entries)
            }
        };
        let (first, last) = (entries.first().map(LogEntry::seq), entries.last().map(LogEntry::seq));
        let last_seq = last.unwrap_or(0).max(head.last_seq());
        let has_more = match window {
            Window::Newest | Window::Before(_) => first.is_some_and(|first| first > 1),
            Window::After(seq) => last.unwrap_or(seq) < last_seq,
        };
        let (mut messages, mut changes) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry.entry {
                Entry::Message(message) => messages.push(message),
                Entry::Change(change) => changes.push(change),
            }
        }
        let mut others = self.messages_at(shared_id, &missing(&messages, &changes)).await?;
        others.retain(|other| match messages.binary_search_by_key(&other.seq, |message| message.seq) {
            Ok(at) => {
                messages[at] = other.clone();
                false
            }
            Err(_) => true,
        });
        Ok(Some(HistoryPage { head, messages, changes, others, last_seq, has_more }))
    }

    /// The messages with these numbers, as they are now, by ascending `seq`.
    async fn messages_at(&self, shared_id: &SharedId, seqs: &BTreeSet<u64>) -> Result<Vec<Message>, Error> {
        let keys = seqs.iter().map(|seq| key::key(shared_id.as_str(), &key::log(*seq))).collect();
        let mut messages = Vec::new();
        for item in self.get_all(keys, true).await? {
            if let Entry::Message(message) = item::to_entry(item)?.entry {
                messages.push(message);
            }
        }
        messages.sort_by_key(|message| message.seq);
        Ok(messages)
    }

    async fn below(&self, shared_id: &SharedId, seq: u64, limit: u32) -> Result<Vec<LogEntry>, Error> {
        let Some(last) = seq.checked_sub(1).filter(|last| *last > 0) else { return Ok(Vec::new()) };
        let mut entries = self.log_between(shared_id, 1, last, false, limit).await?;
        entries.reverse();
        Ok(entries)
    }

    async fn above(&self, shared_id: &SharedId, seq: u64, limit: u32) -> Result<Vec<LogEntry>, Error> {
        self.log_between(shared_id, seq.saturating_add(1), key::MAX_SEQ, true, limit).await
    }

    async fn log_between(
        &self,
        shared_id: &SharedId,
        first: u64,
        last: u64,
        forward: bool,
        limit: u32,
    ) -> Result<Vec<LogEntry>, Error> {
        if first > last {
            return Ok(Vec::new());
        }
        let (first, last) = (key::log(first), key::log(last.min(key::MAX_SEQ)));
        let items = self.items_between(shared_id, first, last, forward, limit).await?;
        items.into_iter().map(item::to_entry).collect()
    }
}

/// The numbers of the messages that a page refers to and does not have, or has as they were before
/// one of its changes. A query is no snapshot: it can read a message, and then a change that was made
/// meanwhile.
fn missing(messages: &[Message], changes: &[Change]) -> BTreeSet<u64> {
    let targets = changes.iter().filter_map(|change| Some((change.kind.target()?, Some(change.seq))));
    let answered = messages.iter().filter_map(|message| Some((message.reply_to?, None)));
    let has = |seq: u64, changed_seq: Option<u64>| {
        let found = messages.binary_search_by_key(&seq, |message| message.seq);
        found.is_ok_and(|at| messages[at].deleted.is_some() || messages[at].changed_seq >= changed_seq)
    };
    targets.chain(answered).filter(|(seq, changed_seq)| !has(*seq, *changed_seq)).map(|(seq, _)| seq).collect()
}
