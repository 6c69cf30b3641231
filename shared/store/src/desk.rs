//! The shop's log of a conversation, which only admins see. It has its own numbers, so nothing of it
//! shows in what a customer gets.
//!
//! 1. *Update the head if `deskSeq` is still n.* The head then has the new entry.
//! 2. *Put the entry if it is absent.* At the same time, read which connections are open.
//! 3. *Remove the entry from the head*, unless there is a newer one.
//!
//! After a crash between 1 and 2 the entry is in the head, and the next request puts it.

use domain::{DeskEntry, DeskKind, Head, Person, SharedId, Text, Time};
use uuid::Uuid;

use crate::conversation::update_if;
use crate::key::{self, n};
use crate::log::{ATTEMPTS, LOOK_BACK};
use crate::{Connections, Error, Store, item};

/// A note to write.
#[derive(Clone, Debug)]
pub struct NoteDraft {
    /// The conversation, by the id that it shares with its order.
    pub shared_id: SharedId,
    /// The admin who writes it.
    pub by: Person,
    /// The caller's id for the note. It is the same on every repeat.
    pub change_id: Uuid,
    /// The text.
    pub body: Text,
    /// The `deskSeq` up to which the caller had every entry when it made `change_id`. It is the same
    /// on every repeat.
    pub seen_desk_seq: Option<u64>,
    /// The time of the note.
    pub now: Time,
}

/// The outcome of writing a note.
#[derive(Clone, Debug)]
pub enum NoteOutcome {
    /// The note is stored. Push it to the admins, then answer.
    Stored {
        /// The note.
        entry: Box<DeskEntry>,
        /// The admins' connections, read after the head was updated.
        shop: Connections,
        /// True if an earlier request stored it.
        duplicate: bool,
    },
    /// The conversation does not exist.
    NotFound,
    /// `seenDeskSeq` is higher than the number of entries.
    SeenDeskSeqTooHigh,
}

/// A page of the shop's log.
#[derive(Clone, Debug)]
pub struct DeskLogPage {
    /// The entries, by ascending `deskSeq`.
    pub entries: Vec<DeskEntry>,
    /// The number of entries of the whole log.
    pub desk_seq: u64,
    /// Whether there are more entries.
    pub has_more: bool,
}

impl Store {
    /// Writes a note. A repeat of the same request writes no second note.
    pub async fn add_note(&self, draft: &NoteDraft) -> Result<NoteOutcome, Error> {
        let shared_id = &draft.shared_id;
        for _ in 0..ATTEMPTS {
            let Some((head, pending)) = self.head_with_desk(shared_id).await? else {
                return Ok(NoteOutcome::NotFound);
            };
            let last = head.desk_seq;
            let seen = draft.seen_desk_seq.unwrap_or(last.saturating_sub(LOOK_BACK.into()));
            if seen > last {
                return Ok(NoteOutcome::SeenDeskSeqTooHigh);
            }
            if let Some(entry) = &pending {
                self.put_desk_entry(entry).await?;
            }
            let unseen = u32::try_from(last - seen).unwrap_or(u32::MAX);
            let entries = self.desk_between(shared_id, seen + 1, last, unseen).await?;
            if let Some(entry) = entries.into_iter().find(|entry| entry.is_from(&draft.by, draft.change_id)) {
                let shop = self.admin_connections().await?;
                return Ok(NoteOutcome::Stored { entry: Box::new(entry), shop, duplicate: true });
            }
            let entry = DeskEntry {
                conversation_id: shared_id.conversation_id(),
                desk_seq: last + 1,
                change_id: draft.change_id,
                kind: DeskKind::Note { body: draft.body.as_str().to_owned() },
                by: draft.by.clone(),
                after_seq: head.last_seq(),
                created_at: draft.now,
            };
            if self.advance_desk(&entry).await? {
                let (shop, ()) = tokio::try_join!(self.admin_connections(), self.put_desk_entry(&entry))?;
                self.forget_pending(&entry).await?;
                return Ok(NoteOutcome::Stored { entry: Box::new(entry), shop, duplicate: false });
            }
            self.lost_race();
        }
        Err(Error::Contended)
    }

    /// Up to `limit` entries of the shop's log after `after`; `None` if the conversation does not
    /// exist. If a crash left the last entry out of the log, it is put there first.
    pub async fn desk_log(&self, shared_id: &SharedId, after: u64, limit: u32) -> Result<Option<DeskLogPage>, Error> {
        let Some((head, pending)) = self.head_with_desk(shared_id).await? else { return Ok(None) };
        if let Some(entry) = &pending {
            self.put_desk_entry(entry).await?;
        }
        let entries = self.desk_between(shared_id, after.saturating_add(1), head.desk_seq, limit).await?;
        let has_more = entries.last().map_or(after, |last| last.desk_seq) < head.desk_seq;
        Ok(Some(DeskLogPage { entries, desk_seq: head.desk_seq, has_more }))
    }

    async fn head_with_desk(&self, shared_id: &SharedId) -> Result<Option<(Head, Option<DeskEntry>)>, Error> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key::key(shared_id.as_str(), key::HEAD)));
        let Some(head) = get.consistent_read(true).send().await?.item else { return Ok(None) };
        let pending = item::pending_desk_entry(&head)?;
        Ok(Some((item::to_head(head)?, pending)))
    }

    /// Step 1. Returns false if another entry was faster.
    async fn advance_desk(&self, entry: &DeskEntry) -> Result<bool, Error> {
        let shared_id = entry.conversation_id.shared_id().as_str();
        let seen = entry.desk_seq - 1;
        let unmoved = if seen == 0 { "attribute_not_exists(kn)" } else { "kn = :seen" };
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id, key::HEAD)))
            .condition_expression(format!("attribute_exists(pk) AND {unmoved}"))
            .update_expression("SET kn = :n, ke = :e")
            .expression_attribute_values(":n", n(entry.desk_seq))
            .expression_attribute_values(":e", serde_dynamo::to_attribute_value(item::StoredDeskEntry::of(entry))?);
        if seen > 0 {
            update = update.expression_attribute_values(":seen", n(seen));
        }
        update_if(update).await
    }

    /// Step 2.
    async fn put_desk_entry(&self, entry: &DeskEntry) -> Result<(), Error> {
        self.put_absent(item::from_desk_entry(entry)?).await
    }

    /// Step 3. It keeps the head small, which is written with every message.
    async fn forget_pending(&self, entry: &DeskEntry) -> Result<(), Error> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(entry.conversation_id.shared_id().as_str(), key::HEAD)))
            .condition_expression("kn = :n")
            .update_expression("REMOVE ke")
            .expression_attribute_values(":n", n(entry.desk_seq));
        update_if(update).await.map(drop)
    }

    /// Up to `limit` entries from number `first` to number `last`.
    async fn desk_between(
        &self,
        shared_id: &SharedId,
        first: u64,
        last: u64,
        limit: u32,
    ) -> Result<Vec<DeskEntry>, Error> {
        if first > last {
            return Ok(Vec::new());
        }
        let items = self.items_between(shared_id, key::desk(first), key::desk(last), true, limit).await?;
        items.into_iter().map(item::to_desk_entry).collect()
    }
}
