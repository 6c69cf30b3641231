//! The shop's log of a conversation, which only admins see: notes, and what the shop decides. It has
//! its own numbers, so nothing of it shows in what a customer gets.
//!
//! 1. *Update the head if `deskSeq` is still n.* The head then has the new entry, and what the shop
//!    decided with it. A decision also needs that `lastSeq` has not moved: a message of the customer
//!    wakes a snoozed conversation, for example.
//! 2. *Put the entry if it is absent.* At the same time, read which connections are open.
//! 3. *Remove the entry from the head*, unless there is a newer one.
//!
//! After a crash between 1 and 2 the entry is in the head, and the next request puts it.

use std::collections::BTreeSet;

use domain::{
    ConversationStatus, Desk, DeskEntry, DeskKind, Head, MAX_TAGS, Person, Priority, SharedId, SlaKind, TagId, Text,
    Time,
};
use uuid::Uuid;

use crate::conversation::update_if;
use crate::desk_item::{Expression, desk_unmoved, set_desk};
use crate::key::{self, n};
use crate::log::{ATTEMPTS, LOOK_BACK};
use crate::{Connections, Error, Store, item};

/// What to write into the shop's log.
#[derive(Clone, Debug)]
pub enum DeskOperation {
    /// A note with this text.
    Note(Text),
    /// Assigns the conversation to the admin with this user id, or to nobody.
    Assign {
        /// The admin.
        to: Option<String>,
        /// True refuses it if another admin has the conversation.
        if_unassigned: bool,
    },
    /// Adds and removes tags.
    Tag {
        /// The tags to add.
        add: BTreeSet<TagId>,
        /// The tags to remove.
        remove: BTreeSet<TagId>,
    },
    /// Sets the priority.
    Prioritize(Priority),
    /// Snoozes the conversation until this time, or until the customer's next message.
    Snooze(Option<Time>),
    /// Ends a snooze.
    Wake,
    /// Ends the snooze that was planned to end at this time, if there is no other snooze.
    WakeAt(Time),
    /// Says that the customer waits for no answer.
    Settle,
    /// Records that a time of the SLA is over.
    Breach {
        /// Which time.
        sla: SlaKind,
        /// When it was over.
        due: Time,
        /// Since when the customer waits, as it was seen.
        waiting_since: Option<Time>,
    },
}

/// An entry of the shop's log to write.
#[derive(Clone, Debug)]
pub struct DeskDraft {
    /// The conversation, by the id that it shares with its order.
    pub shared_id: SharedId,
    /// The admin who writes it, or the system.
    pub by: Person,
    /// The caller's id for the entry. It is the same on every repeat.
    pub change_id: Uuid,
    /// What it is.
    pub operation: DeskOperation,
    /// The `deskSeq` up to which the caller had every entry when it made `change_id`. It is the same
    /// on every repeat.
    pub seen_desk_seq: Option<u64>,
    /// The time of the entry.
    pub now: Time,
}

/// Why an entry cannot be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeskRefusal {
    /// Another admin has the conversation.
    Assigned,
    /// It would have more than [`MAX_TAGS`] tags.
    TooManyTags,
    /// Only an active conversation can be snoozed.
    NotActive,
}

/// The outcome of writing into the shop's log.
#[derive(Clone, Debug)]
pub enum DeskOutcome {
    /// The entry is stored. Push it to the admins, then answer.
    Stored {
        /// The entry.
        entry: Box<DeskEntry>,
        /// The head as it is with the entry. For a repeat, as it is now.
        head: Box<Head>,
        /// The admins' connections, read after the head was updated.
        shop: Connections,
        /// True if an earlier request stored it.
        duplicate: bool,
    },
    /// All is as it was asked for. Nothing is stored.
    Unchanged(Box<Head>),
    /// The conversation does not exist.
    NotFound,
    /// It cannot be written.
    Refused(DeskRefusal),
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
    /// Writes into the shop's log. A repeat of the same request writes no second entry.
    pub async fn add_to_desk(&self, draft: &DeskDraft) -> Result<DeskOutcome, Error> {
        let shared_id = &draft.shared_id;
        for _ in 0..ATTEMPTS {
            let Some((head, pending)) = self.head_with_desk(shared_id).await? else {
                return Ok(DeskOutcome::NotFound);
            };
            let last = head.desk_seq;
            let seen = draft.seen_desk_seq.unwrap_or(last.saturating_sub(LOOK_BACK.into()));
            if seen > last {
                return Ok(DeskOutcome::SeenDeskSeqTooHigh);
            }
            if let Some(entry) = &pending {
                self.put_desk_entry(entry).await?;
            }
            let unseen = u32::try_from(last - seen).unwrap_or(u32::MAX);
            let entries = self.desk_between(shared_id, seen + 1, last, unseen).await?;
            if let Some(entry) = entries.into_iter().find(|entry| entry.is_from(&draft.by, draft.change_id)) {
                let (entry, head, shop) = (Box::new(entry), Box::new(head), self.admin_connections().await?);
                return Ok(DeskOutcome::Stored { entry, head, shop, duplicate: true });
            }
            let kind = match entry_of(draft, &head) {
                Ok(Some(kind)) => kind,
                Ok(None) => return Ok(DeskOutcome::Unchanged(Box::new(head))),
                Err(refusal) => return Ok(DeskOutcome::Refused(refusal)),
            };
            let entry = DeskEntry {
                conversation_id: shared_id.conversation_id(),
                desk_seq: last + 1,
                change_id: draft.change_id,
                kind,
                by: draft.by.clone(),
                after_seq: head.last_seq(),
                created_at: draft.now,
            };
            let mut next = head;
            next.desk.apply(&entry);
            next.desk_seq = entry.desk_seq;
            if self.advance_desk(&next, &entry).await? {
                let (shop, ()) = tokio::try_join!(self.admin_connections(), self.put_desk_entry(&entry))?;
                self.forget_pending(&entry).await?;
                let (entry, head) = (Box::new(entry), Box::new(next));
                return Ok(DeskOutcome::Stored { entry, head, shop, duplicate: false });
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

    /// Step 1. Updates the head to `next`. Returns false if another entry was faster, or a message if
    /// `entry` is no note.
    async fn advance_desk(&self, next: &Head, entry: &DeskEntry) -> Result<bool, Error> {
        let shared_id = entry.conversation_id.shared_id().as_str();
        let mut expression = Expression::set("kn = :n, ke = :e");
        let mut condition = "attribute_exists(pk)".to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id, key::HEAD)))
            .expression_attribute_values(":n", n(entry.desk_seq))
            .expression_attribute_values(":e", serde_dynamo::to_attribute_value(item::StoredDeskEntry::of(entry))?);
        update = desk_unmoved(update, &mut condition, entry.desk_seq - 1);
        if !matches!(entry.kind, DeskKind::Note { .. }) {
            condition.push_str(" AND n = :last");
            update = update.expression_attribute_values(":last", n(next.last_seq()));
            update = set_desk(update, &mut expression, next)?;
        }
        update_if(update.update_expression(expression.text()).condition_expression(condition)).await
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

/// The entry that the operation makes; `None` if it would change nothing.
fn entry_of(draft: &DeskDraft, head: &Head) -> Result<Option<DeskKind>, DeskRefusal> {
    let desk = &head.desk;
    let unless = |is_unchanged: bool, kind: DeskKind| Ok((!is_unchanged).then_some(kind));
    match &draft.operation {
        DeskOperation::Note(body) => Ok(Some(DeskKind::Note { body: body.as_str().to_owned() })),
        DeskOperation::Assign { to, if_unassigned } => {
            let is_taken = desk.assignee.is_some() && desk.assignee != *to;
            if *if_unassigned && is_taken {
                return Err(DeskRefusal::Assigned);
            }
            unless(desk.assignee == *to, DeskKind::Assigned { to: to.clone() })
        }
        DeskOperation::Tag { add, remove } => tagged(desk, add, remove),
        DeskOperation::Prioritize(to) => unless(desk.priority == *to, DeskKind::Prioritized { to: *to }),
        DeskOperation::Snooze(_) if head.status != ConversationStatus::Active => Err(DeskRefusal::NotActive),
        DeskOperation::Snooze(until) => Ok(Some(DeskKind::Snoozed { until: *until })),
        DeskOperation::Wake => unless(desk.snooze.is_none(), DeskKind::Woken { at: draft.now }),
        DeskOperation::WakeAt(at) => {
            let is_over = desk.snooze.is_none_or(|snooze| snooze.until != Some(*at));
            unless(is_over, DeskKind::Woken { at: *at })
        }
        DeskOperation::Settle => unless(desk.waiting_since.is_none(), DeskKind::Settled {}),
        DeskOperation::Breach { sla, due, waiting_since } => {
            let is_recorded = match sla {
                SlaKind::Resolution => desk.resolution_breach || head.order.status.is_final(),
                SlaKind::FirstResponse | SlaKind::NextResponse => {
                    desk.waiting_since != *waiting_since || desk.response_breach == *waiting_since
                }
            };
            unless(is_recorded, DeskKind::SlaBreached { sla: *sla, due: *due })
        }
    }
}

/// The tags that are really added and removed. A tag that is in both is removed.
fn tagged(desk: &Desk, add: &BTreeSet<TagId>, remove: &BTreeSet<TagId>) -> Result<Option<DeskKind>, DeskRefusal> {
    let add: Vec<TagId> = add.iter().filter(|tag| !remove.contains(tag) && !desk.tags.contains(tag)).cloned().collect();
    let remove: Vec<TagId> = remove.intersection(&desk.tags).cloned().collect();
    if desk.tags.len() + add.len() - remove.len() > MAX_TAGS {
        return Err(DeskRefusal::TooManyTags);
    }
    Ok((!add.is_empty() || !remove.is_empty()).then_some(DeskKind::Tagged { add, remove }))
}
