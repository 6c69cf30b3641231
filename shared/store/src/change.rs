//! Changes a message or the conversation's status. A change is an entry of the log, as a message is.
//!
//! 1. *Read the entries after `seenSeq`, the head and the message.* If the change is among the
//!    entries, an earlier request stored it.
//! 2. *Update the head if `lastSeq` is still n.* The head then has the change as entry n + 1, with
//!    what its effect needs. Everything that decides about a change moves `lastSeq`, so this one
//!    condition covers the status of the conversation and the rate limit too.
//! 3. *Update the message unless it has a later change.* This is the effect. It comes before the
//!    entry: an entry that is in the log is applied.
//! 4. *Put n + 1 into the log if it is absent.* At the same time, read which connections are open.
//!
//! After a crash the last entry is in the head. The next request that needs it in the log repeats
//! steps 3 and 4 ([`Store::finish`]). Both do nothing the second time.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::{
    Change, ChangeKind, ConversationStatus, Effect, Emoji, Entry, Head, Kind, LogEntry, Message, Person, SharedId,
    Text, Time, admit,
};
use uuid::Uuid;

use crate::conversation::update_if;
use crate::desk_item::{Expression, desk_unmoved, place_in_queue, set_desk};
use crate::key::{self, n, s};
use crate::log::{ATTEMPTS, Tail};
use crate::rate_limit::admin_rate_limits;
use crate::{Audience, Error, Store, item};

/// A change of a message.
#[derive(Clone, Debug)]
pub enum MessageChange {
    /// A new text.
    Edit(Text),
    /// A deletion.
    Delete,
    /// A reaction to add, or to remove if `on` is false.
    React {
        /// The emoji.
        emoji: Emoji,
        /// True adds the reaction, false removes it.
        on: bool,
    },
}

/// A change to make.
#[derive(Clone, Debug)]
pub struct ChangeDraft {
    /// The conversation, by the id that it shares with its order.
    pub shared_id: SharedId,
    /// The `seq` of the message to change.
    pub target: u64,
    /// The participant who makes the change.
    pub by: Person,
    /// The caller's id for the change. It is the same on every repeat.
    pub change_id: Uuid,
    /// The change.
    pub change: MessageChange,
    /// The `seq` up to which the caller had every entry when it made `change_id`. It is the same on
    /// every repeat.
    pub seen_seq: Option<u64>,
    /// How long the sender may edit a message, in milliseconds from its `createdAt`.
    pub edit_for_ms: i64,
    /// The time of the change.
    pub now: Time,
}

/// Why a message cannot be changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotChangeable {
    /// It is a system message.
    System,
    /// It was deleted.
    Deleted,
    /// The time to edit it is over.
    TooLate,
    /// It has the most reactions that a message can have.
    TooManyReactions,
}

/// The outcome of a change of a message.
#[derive(Clone, Debug)]
pub enum ChangeOutcome {
    /// The change is stored. Push it, then answer.
    Stored {
        /// The head after the change.
        head: Box<Head>,
        /// The change.
        change: Box<Change>,
        /// The message as it is now.
        message: Box<Message>,
        /// The open connections, read after the head was updated.
        audience: Audience,
        /// True if an earlier request stored the change.
        duplicate: bool,
    },
    /// An earlier request stored the change, and other entries were stored after it.
    AlreadyStored {
        /// The change.
        change: Box<Change>,
        /// The message as it is now.
        message: Box<Message>,
    },
    /// The conversation or the message does not exist, or the caller does not take part.
    NotFound,
    /// Only the sender may edit a message, and only the sender and admins may delete it.
    NotAllowed,
    /// The message cannot be changed.
    NotChangeable(NotChangeable),
    /// The conversation is closed.
    Closed,
    /// The caller exceeds the rate limit. The value is the time to wait, in milliseconds.
    RateLimited(i64),
    /// `seenSeq` is higher than `lastSeq`.
    SeenSeqTooHigh,
}

/// The outcome of archiving, closing or opening a conversation.
#[derive(Clone, Debug)]
pub enum SetConversationStatusOutcome {
    /// The status changed. Push it, then answer.
    Changed(Box<StatusChange>),
    /// The conversation already has that status.
    Unchanged(Box<Head>),
    /// The conversation does not exist.
    NotFound,
}

/// A change of a conversation's status that was made.
#[derive(Clone, Debug)]
pub struct StatusChange {
    /// The head after the change.
    pub head: Head,
    /// The change.
    pub change: Change,
    /// The open connections, read after the head was updated.
    pub audience: Audience,
}

/// The most reactions of one message. It keeps an item far below DynamoDB's 400 KB. Reactions at
/// the same time can exceed it by a few.
const MAX_REACTIONS: usize = 200;

impl Store {
    /// Makes `draft`. A repeat of the same request changes nothing.
    pub async fn change_message(&self, draft: &ChangeDraft) -> Result<ChangeOutcome, Error> {
        if draft.target > key::MAX_SEQ {
            return Ok(ChangeOutcome::NotFound);
        }
        // No conversation is that long, as for a send.
        if draft.seen_seq.is_some_and(|seq| seq > key::MAX_SEQ) {
            return Ok(ChangeOutcome::SeenSeqTooHigh);
        }
        // From one entry before: the caller may say that it has the last entry while a crash left that
        // out of the log, and this change would take its place in the head.
        let tail = self.unseen(&draft.shared_id, draft.seen_seq.map(|seq| seq.saturating_sub(1)));
        let (tail, message) = tokio::try_join!(tail, self.message(&draft.shared_id, draft.target))?;
        let Some(mut tail) = tail.filter(|tail| tail.head.has_participant(&draft.by)) else {
            return Ok(ChangeOutcome::NotFound);
        };
        if draft.seen_seq.is_some_and(|seq| seq > tail.head.last_seq()) {
            return Ok(ChangeOutcome::SeenSeqTooHigh);
        }
        let Some(mut message) = self.as_of(&tail, message, draft).await? else {
            return Ok(ChangeOutcome::NotFound);
        };
        for _ in 0..ATTEMPTS {
            if let Some(change) = find_change(&tail, &draft.by, draft.change_id) {
                return self.repeated(draft, tail.head, change).await;
            }
            if let Some(refusal) = refusal(draft, &tail.head, &message) {
                return Ok(refusal);
            }
            let state = tail.head.cursors(&draft.by).rate_limit_state;
            let rate_limit_state = match admit(state, draft.now) {
                Ok(next) => next,
                Err(limited) => return Ok(ChangeOutcome::RateLimited(limited.retry_after_ms)),
            };
            let seq = tail.head.last_seq();
            let effect = effect(draft, seq + 1);
            let mut next = tail.head.clone().with_change(effect.clone());
            limit_rate(&mut next, &draft.by, rate_limit_state, draft.now);
            if self.advance_head_by_change(&next, Some(&draft.by)).await? {
                self.apply(&effect).await?;
                let entry = next.last_entry();
                let put = self.put_entry(&next.customer_id, &entry);
                let (audience, ()) = tokio::try_join!(self.audience(&next.customer_id), put)?;
                message.apply(&effect);
                let (change, message) = (Box::new(effect.change), Box::new(message));
                return Ok(ChangeOutcome::Stored { head: Box::new(next), change, message, audience, duplicate: false });
            }
            self.lost_race();
            let (newer, current) =
                tokio::try_join!(self.tail(&draft.shared_id, seq), self.message(&draft.shared_id, draft.target))?;
            tail = newer.ok_or(Error::Corrupt("a conversation that vanished"))?;
            message = self.as_of(&tail, current, draft).await?.unwrap_or(message);
        }
        Err(Error::Contended)
    }

    /// The message to change with all changes in `tail`. `read` was read at the same time as `tail`,
    /// so it can be older. It is then read again.
    async fn as_of(&self, tail: &Tail, read: Option<Message>, draft: &ChangeDraft) -> Result<Option<Message>, Error> {
        let changes = tail.entries.iter().filter_map(LogEntry::change);
        let last = changes.filter(|change| change.kind.target() == Some(draft.target)).map(|change| change.seq).max();
        let is_there = tail.entries.iter().any(|entry| entry.seq() == draft.target);
        match read {
            Some(message) if message.deleted.is_some() || message.changed_seq >= last => Ok(Some(message)),
            None if !is_there => Ok(None),
            _ => self.message(&draft.shared_id, draft.target).await,
        }
    }

    /// Archives, closes or opens a conversation at `now`. A repeat with the same `change_id` finds its
    /// change among the newest `look_back` entries, and changes nothing.
    pub async fn set_conversation_status(
        &self,
        shared_id: &SharedId,
        to: ConversationStatus,
        by: &Person,
        (change_id, look_back): (Uuid, u32),
        now: Time,
    ) -> Result<SetConversationStatusOutcome, Error> {
        let Some(mut tail) = self.newest(shared_id, look_back).await? else {
            return Ok(SetConversationStatusOutcome::NotFound);
        };
        for _ in 0..ATTEMPTS {
            if let Some(change) = find_change(&tail, by, change_id) {
                let audience = self.audience(&tail.head.customer_id).await?;
                let changed = StatusChange { head: tail.head, change: *change, audience };
                return Ok(SetConversationStatusOutcome::Changed(Box::new(changed)));
            }
            let seq = tail.head.last_seq();
            if tail.head.status == to {
                return Ok(SetConversationStatusOutcome::Unchanged(Box::new(tail.head)));
            }
            if let Some(changed) = self.advance_status(tail.head, to, by, change_id, now).await? {
                return Ok(SetConversationStatusOutcome::Changed(Box::new(changed)));
            }
            self.lost_race();
            tail = self.tail(shared_id, seq).await?.ok_or(Error::Corrupt("a conversation that vanished"))?;
        }
        Err(Error::Contended)
    }

    /// Archives an active conversation by itself at `now`, if its last entry is still that of `head`.
    /// Returns `None` if something was said or changed since.
    pub async fn archive_if_unchanged(
        &self,
        head: &Head,
        change_id: Uuid,
        now: Time,
    ) -> Result<Option<StatusChange>, Error> {
        let Some(Tail { head: current, .. }) = self.newest(&head.shared_id, 1).await? else { return Ok(None) };
        if current.status != ConversationStatus::Active || current.last_seq() != head.last_seq() {
            return Ok(None);
        }
        self.advance_status(current, ConversationStatus::Archived, &Person::system(), change_id, now).await
    }

    /// Changes the status of a conversation whose last entry is in the log. Returns `None` if a
    /// concurrent write changed the head.
    async fn advance_status(
        &self,
        head: Head,
        to: ConversationStatus,
        by: &Person,
        change_id: Uuid,
        now: Time,
    ) -> Result<Option<StatusChange>, Error> {
        let change = Change {
            conversation_id: head.shared_id.conversation_id(),
            seq: head.last_seq() + 1,
            change_id,
            kind: ChangeKind::Status { from: head.status, to },
            by: by.clone(),
            created_at: now,
        };
        let head = head.with_change(Effect { change: change.clone(), body: None });
        if !self.advance_head_by_change(&head, None).await? {
            return Ok(None);
        }
        let (audience, _) = tokio::try_join!(self.audience(&head.customer_id), self.finish(&head))?;
        Ok(Some(StatusChange { head, change, audience }))
    }

    /// Step 2: updates the head to `next`, whose last entry is a change, if it has not moved. Also
    /// sets the state of the rate limit of `limited`.
    pub(crate) async fn advance_head_by_change(&self, next: &Head, limited: Option<&Person>) -> Result<bool, Error> {
        let effect = next.last_change.as_ref().ok_or(Error::Corrupt("a change that is none"))?;
        let (change, shared_id) = (&effect.change, next.shared_id.as_str());
        let at = change.created_at.minute();
        let mut expression = Expression::set("n = :n, a = :a, e = :e, ms = :ms, im = :im, #is = :is");
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id, key::HEAD)))
            .expression_attribute_names("#is", "is")
            .expression_attribute_values(":seen", n(change.seq - 1))
            .expression_attribute_values(":n", n(change.seq))
            .expression_attribute_values(":a", n(next.counts.packed()))
            .expression_attribute_values(":e", serde_dynamo::to_attribute_value(item::StoredChange::of(effect))?)
            .expression_attribute_values(":ms", n(next.last_message.seq))
            .expression_attribute_values(":im", s(key::inbox_position(at, shared_id)))
            .expression_attribute_values(":is", s(next.status.as_str()));
        if change.kind.target() == Some(next.last_message.seq) {
            let message = item::StoredMessage::of(&next.last_message);
            expression.and_set("m = :m");
            update = update.expression_attribute_values(":m", serde_dynamo::to_attribute_value(message)?);
        }
        if let Some(person) = limited {
            let (name, state) = if person.is_admin() {
                ("ag", serde_dynamo::to_attribute_value(&next.admin_rate_limits)?)
            } else {
                ("cg", serde_dynamo::to_attribute_value(next.customer.rate_limit_state)?)
            };
            expression.and_set(format!("{name} = :rate"));
            update = update.expression_attribute_values(":rate", state);
        }
        // A new status also ends a snooze and what the customer waits for.
        let mut condition = "n = :seen".to_owned();
        if matches!(change.kind, ChangeKind::Status { .. }) {
            update = set_desk(update, &mut expression, next)?;
            update = desk_unmoved(update, &mut condition, next.desk_seq);
        } else {
            update = place_in_queue(update, &mut expression, next.status, change.created_at);
        }
        update_if(update.update_expression(expression.text()).condition_expression(condition)).await
    }

    /// Step 3: makes the effect of a change on its message. Does nothing if it was made before, or
    /// if the message was deleted.
    pub(crate) async fn apply(&self, effect: &Effect) -> Result<(), Error> {
        let change = &effect.change;
        let Some(target) = change.kind.target() else { return Ok(()) };
        let key = key::key(change.conversation_id.shared_id().as_str(), &key::log(target));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(dl) AND (attribute_not_exists(v) OR v < :v)",
            )
            .expression_attribute_values(":v", n(change.seq));
        update_if(set_effect(update, effect)?).await.map(drop)
    }

    /// The message `seq` as it is now; `None` if it is not in the log or is a change.
    async fn message(&self, shared_id: &SharedId, seq: u64) -> Result<Option<Message>, Error> {
        let key = key::key(shared_id.as_str(), &key::log(seq));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let entry = get.send().await?.item.map(item::to_entry).transpose()?;
        Ok(entry.and_then(|entry| match entry.entry {
            Entry::Message(message) => Some(message),
            Entry::Change(_) => None,
        }))
    }

    /// Returns true if a message can answer the message `seq`: it exists and was not deleted.
    pub(crate) async fn is_answerable(&self, shared_id: &SharedId, seq: u64) -> Result<bool, Error> {
        if seq > key::MAX_SEQ {
            return Ok(false);
        }
        if let Some(message) = self.message(shared_id, seq).await? {
            return Ok(message.deleted.is_none());
        }
        // The last message may not be in the log yet.
        let head = self.head(shared_id).await?;
        Ok(head.is_some_and(|head| head.last_message.seq == seq && head.last_message.deleted.is_none()))
    }

    /// The outcome for a change that an earlier request stored. It is pushed again while it is the
    /// last entry: that request may have failed before the push.
    async fn repeated(&self, draft: &ChangeDraft, head: Head, change: Box<Change>) -> Result<ChangeOutcome, Error> {
        let (audience, message) = tokio::try_join!(
            self.audience(&head.customer_id),
            self.message(&draft.shared_id, change.kind.target().unwrap_or(draft.target))
        )?;
        let message = Box::new(message.ok_or(Error::Corrupt("a changed message that is not in the log"))?);
        Ok(if change.seq == head.last_seq() {
            ChangeOutcome::Stored { head: Box::new(head), change, message, audience, duplicate: true }
        } else {
            ChangeOutcome::AlreadyStored { change, message }
        })
    }
}

/// Adds the effect of a change to an update of its message.
fn set_effect(update: UpdateItemFluentBuilder, effect: &Effect) -> Result<UpdateItemFluentBuilder, Error> {
    let change = &effect.change;
    Ok(match &change.kind {
        ChangeKind::Edited { .. } => update
            .update_expression("SET v = :v, b = :b, ed = :t")
            .expression_attribute_values(":b", s(effect.body.clone().unwrap_or_default()))
            .expression_attribute_values(":t", n(change.created_at.millis())),
        ChangeKind::Deleted { .. } => {
            let deletion = item::StoredDeletion::by(&change.by, change.created_at);
            update
                .update_expression("SET v = :v, b = :b, dl = :dl")
                .expression_attribute_values(":b", s(""))
                .expression_attribute_values(":dl", serde_dynamo::to_attribute_value(deletion)?)
        }
        ChangeKind::Reacted { emoji, on: true, .. } => update
            .update_expression("SET v = :v, #r = :name")
            .expression_attribute_names("#r", item::reaction(*emoji, &change.by))
            .expression_attribute_values(":name", s(&change.by.name)),
        ChangeKind::Reacted { emoji, on: false, .. } => update
            .update_expression("SET v = :v REMOVE #r")
            .expression_attribute_names("#r", item::reaction(*emoji, &change.by)),
        ChangeKind::Status { .. } => update,
    })
}

/// Checks whether the caller may make the change now. Returns the outcome if not.
fn refusal(draft: &ChangeDraft, head: &Head, message: &Message) -> Option<ChangeOutcome> {
    let own = message.sender.is_same(&draft.by);
    let allowed = match draft.change {
        MessageChange::Edit(_) => own,
        MessageChange::Delete => own || draft.by.is_admin(),
        MessageChange::React { .. } => true,
    };
    // A clock may have been set back since. With 0 no message can be edited.
    let age = (draft.now.millis() - message.created_at.millis()).max(0);
    let too_late = age >= draft.edit_for_ms;
    let not_changeable = match draft.change {
        _ if message.kind == Kind::System => Some(NotChangeable::System),
        _ if message.deleted.is_some() => Some(NotChangeable::Deleted),
        MessageChange::Edit(_) if allowed && too_late => Some(NotChangeable::TooLate),
        MessageChange::React { on: true, .. } if message.reactors().count() >= MAX_REACTIONS => {
            Some(NotChangeable::TooManyReactions)
        }
        _ => None,
    };
    if let Some(reason) = not_changeable {
        return Some(ChangeOutcome::NotChangeable(reason));
    }
    if !allowed {
        return Some(ChangeOutcome::NotAllowed);
    }
    (head.status == ConversationStatus::Closed).then_some(ChangeOutcome::Closed)
}

/// Sets the state of the rate limit of `person` to `state`.
fn limit_rate(head: &mut Head, person: &Person, state: i64, now: Time) {
    if person.is_admin() {
        head.admin_rate_limits = admin_rate_limits(std::mem::take(&mut head.admin_rate_limits), person, state, now);
    } else {
        head.customer.rate_limit_state = Some(state);
    }
}

pub(crate) fn effect(draft: &ChangeDraft, seq: u64) -> Effect {
    let target = draft.target;
    let (kind, body) = match &draft.change {
        MessageChange::Edit(body) => (ChangeKind::Edited { target }, Some(body.as_str().to_owned())),
        MessageChange::Delete => (ChangeKind::Deleted { target }, None),
        MessageChange::React { emoji, on } => (ChangeKind::Reacted { target, emoji: *emoji, on: *on }, None),
    };
    let change = Change {
        conversation_id: draft.shared_id.conversation_id(),
        seq,
        change_id: draft.change_id,
        kind,
        by: draft.by.clone(),
        created_at: draft.now,
    };
    Effect { change, body }
}

fn find_change(tail: &Tail, by: &Person, change_id: Uuid) -> Option<Box<Change>> {
    let mut changes = tail.entries.iter().filter_map(LogEntry::change);
    changes.find(|change| change.is_from(by, change_id)).cloned().map(Box::new)
}
