//! The log: puts an entry, and reads from a `seq` up to the head.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{Entry, Head, LogEntry, SharedId, System};

use crate::key::{self, Item, s};
use crate::{Error, Store, count, item};

/// The log entries after a `seq`, with the head that was read after them.
pub(crate) struct Tail {
    /// The entries, by ascending `seq`.
    pub(crate) entries: Vec<LogEntry>,
    pub(crate) head: Head,
}

impl Store {
    /// Puts an entry unless it exists. For a status change the same transaction updates the counts,
    /// so it is counted once even if two requests put the entry at the same time.
    pub(crate) async fn put_entry(&self, customer_id: &str, entry: &LogEntry) -> Result<(), Error> {
        let item = item::from_entry(entry)?;
        let message = entry.message();
        let system = message.and_then(|message| Some((message.system.as_ref()?, &message.conversation_id)));
        if let Some((System::StatusChanged { from, to, .. }, conversation_id)) = system {
            let put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression(ABSENT).build();
            let put = put.map_err(|_| Error::Corrupt("log entry"))?;
            let mut writes = vec![TransactWriteItem::builder().put(put).build()];
            writes.extend(count::status_writes(
                &self.table,
                conversation_id.shared_id(),
                customer_id,
                Some(*from),
                *to,
            )?);
            self.transact(writes).await.map(drop)
        } else {
            self.put_absent(item).await
        }
    }

    /// Puts an item unless one with its key exists.
    pub(crate) async fn put_absent(&self, item: Item) -> Result<(), Error> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).condition_expression(ABSENT);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns true if the log surely contains `seq`. An entry that was just written can be missed:
    /// this read is eventually consistent, which costs half as much. Nothing is lost by that,
    /// because whoever misses an entry puts it, and it is put only if it is absent.
    pub(crate) async fn surely_has_entry(&self, shared_id: &SharedId, seq: u64) -> Result<bool, Error> {
        let get =
            self.client.get_item().table_name(&self.table).set_key(Some(key::key(shared_id.as_str(), &key::log(seq))));
        let found = get.projection_expression("pk").consistent_read(false).send().await?;
        Ok(found.item.is_some())
    }

    /// The entries after `seq`, in order, and the head; `None` if the conversation does not exist.
    /// If a crash left the last entry out of the log, it is put there first. So nothing is returned
    /// that could disappear later.
    pub(crate) async fn tail(&self, shared_id: &SharedId, seq: u64) -> Result<Option<Tail>, Error> {
        let mut entries: Vec<LogEntry> = Vec::new();
        let mut looked_from = None;
        loop {
            let from = reached(seq, &entries);
            let Some(head) = self.read_after(shared_id, from, &mut entries).await? else { return Ok(None) };
            // The query reads the log before the head. It may pass the key of an entry just before
            // the entry is written. All entries but the last are in the log by the time the head is
            // read, so a second query finds them. A gap that remains was made by a client that sent
            // a wrong `seenSeq`; it is not retried.
            let whole = gapless(seq, &entries);
            if whole + 1 < head.last_seq() && looked_from != Some(whole) {
                looked_from = Some(whole);
                entries.retain(|entry| entry.seq() <= whole);
                continue;
            }
            if reached(seq, &entries) < head.last_seq() {
                self.put_last(&head, &mut entries).await?;
            }
            return Ok(Some(Tail { entries, head }));
        }
    }

    /// The entries in which a repeated request finds what an earlier one stored: those after
    /// `seen_seq`, or some of the newest if the request has none.
    pub(crate) async fn unseen(&self, shared_id: &SharedId, seen_seq: Option<u64>) -> Result<Option<Tail>, Error> {
        match seen_seq {
            Some(seq) => self.tail(shared_id, seq).await,
            None => self.newest(shared_id, LOOK_BACK).await,
        }
    }

    /// Puts the head's last entry into the log, and appends it to `entries`.
    pub(crate) async fn put_last(&self, head: &Head, entries: &mut Vec<LogEntry>) -> Result<(), Error> {
        let entry = self.finish(head).await?;
        if let Some(effect) = &head.last_change {
            let changed = entries.iter_mut().filter_map(|entry| match &mut entry.entry {
                Entry::Message(message) => Some(message),
                Entry::Change(_) => None,
            });
            changed.for_each(|message| message.apply(effect));
        }
        entries.push(entry);
        Ok(())
    }

    /// Puts the head's last entry into the log unless it is there. The effect of a change comes
    /// first: an entry that is in the log is applied.
    pub(crate) async fn finish(&self, head: &Head) -> Result<LogEntry, Error> {
        if let Some(effect) = &head.last_change {
            self.apply(effect).await?;
        }
        let entry = head.last_entry();
        self.put_entry(&head.customer_id, &entry).await?;
        Ok(entry)
    }

    /// Up to `limit` items of a conversation whose sort keys are between `first` and `last`.
    pub(crate) async fn items_between(
        &self,
        shared_id: &SharedId,
        first: String,
        last: String,
        forward: bool,
        limit: u32,
    ) -> Result<Vec<Item>, Error> {
        let query = self.query_between(shared_id, first, last, forward, limit);
        let mut pages = query.into_paginator().items().send();
        let mut items = Vec::new();
        while items.len() < limit as usize {
            let Some(item) = pages.next().await else { break };
            items.push(item?);
        }
        Ok(items)
    }

    /// A query for up to `limit` items of a conversation between these keys, 1 MB a page.
    pub(crate) fn query_between(
        &self,
        shared_id: &SharedId,
        first: String,
        last: String,
        forward: bool,
        limit: u32,
    ) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :x AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":x", s(shared_id.as_str()))
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(last))
            .scan_index_forward(forward)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .consistent_read(true)
    }

    async fn read_after(
        &self,
        shared_id: &SharedId,
        seq: u64,
        entries: &mut Vec<LogEntry>,
    ) -> Result<Option<Head>, Error> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :x AND sk > :from")
            .expression_attribute_values(":x", s(shared_id.as_str()))
            .expression_attribute_values(":from", s(key::log(seq)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        while let Some(item) = pages.next().await {
            let item = item?;
            if is_head(&item) {
                return item::to_head(item).map(Some);
            }
            entries.push(item::to_entry(item)?);
        }
        Ok(None)
    }

    /// The newest `limit` entries and the head. Both are at the end of the partition, so one
    /// request reads them, plus one for each further megabyte. A missing last entry is put first,
    /// as in [`Store::tail`].
    pub(crate) async fn newest(&self, shared_id: &SharedId, limit: u32) -> Result<Option<Tail>, Error> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :x AND sk > :from")
            .expression_attribute_values(":x", s(shared_id.as_str()))
            .expression_attribute_values(":from", s(key::LOG_START))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let head = pages.next().await.transpose()?.filter(is_head);
        let Some(head) = head.map(item::to_head).transpose()? else { return Ok(None) };
        let mut entries = Vec::new();
        while entries.len() < limit as usize {
            let Some(item) = pages.next().await else { break };
            entries.push(item::to_entry(item?)?);
        }
        entries.reverse();
        if entries.last().is_none_or(|newest| newest.seq() < head.last_seq()) {
            self.put_last(&head, &mut entries).await?;
            if entries.len() > limit as usize {
                entries.remove(0);
            }
        }
        Ok(Some(Tail { entries, head }))
    }

    /// Makes `writes` in one transaction. Returns whether they were made, or the item that refused
    /// each write. Retries after conflicts with other transactions and after throttling, which the
    /// SDK does not.
    pub(crate) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Transacted, Error> {
        for attempt in 0..MAX_CONFLICTS {
            let outcome = self.client.transact_write_items().set_transact_items(Some(writes.clone())).send().await;
            let Err(error) = outcome else { return Ok(Transacted::Done) };
            let Some(reasons) = error.as_service_error().and_then(cancelled) else { return Err(error.into()) };
            let has = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
            // Checked first: a conflict of one write can keep the conditions of others from being
            // evaluated.
            if !TRANSIENT.into_iter().any(has) {
                if has("ConditionalCheckFailed") {
                    return Ok(Transacted::Refused(reasons.iter().map(|reason| reason.item.clone()).collect()));
                }
                return Err(error.into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(5 << attempt)).await;
        }
        Err(Error::Contended)
    }
}

/// The `seq` of the last of `entries`, which begin after `seq`; `seq` if there are none.
pub(crate) fn reached(seq: u64, entries: &[LogEntry]) -> u64 {
    entries.last().map_or(seq, LogEntry::seq)
}

/// The `seq` up to which `entries`, which begin after `seq`, have no gap.
pub(crate) fn gapless(seq: u64, entries: &[LogEntry]) -> u64 {
    let whole = entries.iter().zip(seq + 1..).take_while(|(entry, seq)| entry.seq() == *seq);
    seq + whole.count() as u64
}

/// How many of the newest entries are searched for a repeat if the request has no `seenSeq`.
pub const LOOK_BACK: u32 = 100;

/// The number of attempts before a conditional write fails. An attempt usually fails because another
/// write to the same conversation was faster.
pub(crate) const ATTEMPTS: u32 = 200;

pub(crate) const ABSENT: &str = "attribute_not_exists(pk)";

/// The reasons for a cancelled transaction that may succeed when repeated.
const TRANSIENT: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// The most retries. Their back-off is 5, 10, … 640 ms: more than a second in total, and less than
/// the caller's timeout.
const MAX_CONFLICTS: u32 = 8;

pub(crate) enum Transacted {
    Done,
    /// For each write the item that refused it, if the write asked for that item.
    Refused(Vec<Option<Item>>),
}

fn cancelled(
    error: &aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError,
) -> Option<&[aws_sdk_dynamodb::types::CancellationReason]> {
    use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException;
    match error {
        TransactionCanceledException(cancelled) => Some(cancelled.cancellation_reasons()),
        _ => None,
    }
}

fn is_head(item: &Item) -> bool {
    item.get("sk") == Some(&s(key::HEAD))
}
