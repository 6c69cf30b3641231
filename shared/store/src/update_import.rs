//! Updates an imported order with what changed in the legacy system. Users may send messages to the
//! conversation at the same time.
//!
//! An [`OrderWithLog`] is the order as it was last read, with all messages. Each change uses
//! optimistic concurrency, as every change of a conversation: the head is updated if `lastSeq` is
//! still the one that was read, then the entry is put into the log. If another writer was faster,
//! the new entries are read and the change is tried again. A change whose message id is already in
//! the log is not made again, so an update is idempotent.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use domain::{
    ChangeKind, ConversationStatus, Head, LogEntry, Message, MessageId, Order, OrderStatus, Person, SharedId, System,
    Time,
};

use crate::change::{self, ChangeDraft, MessageChange};
use crate::conversation::update_if;
use crate::desk_item::{Expression, place_in_queue};
use crate::import::IMPORTED;
use crate::key::{self, n, s};
use crate::log::ATTEMPTS;
use crate::{Error, Store, item};

/// An order with its whole conversation.
#[derive(Clone, Debug)]
pub struct OrderWithLog {
    /// The order as it was placed.
    pub order: Order,
    /// The conversation as it was last read, with the cursors of all admins.
    pub head: Head,
    /// The whole log.
    pub entries: Vec<LogEntry>,
}

impl OrderWithLog {
    /// Returns true if the log does not have the change, and the message was neither deleted nor
    /// edited later.
    pub fn lacks(&self, draft: &ChangeDraft) -> bool {
        let mut messages = self.entries.iter().filter_map(LogEntry::message);
        let Some(message) = messages.find(|message| message.seq == draft.target) else { return false };
        // A change that was read later is not yet applied to the message that was read before.
        let changes = self.entries.iter().filter_map(LogEntry::change);
        let changes: Vec<_> = changes.filter(|change| change.kind.target() == Some(draft.target)).collect();
        let is_deletion = |kind: &ChangeKind| matches!(kind, ChangeKind::Deleted { .. });
        if message.deleted.is_some() || changes.iter().any(|change| is_deletion(&change.kind)) {
            return false;
        }
        let edits = changes.iter().filter(|change| matches!(change.kind, ChangeKind::Edited { .. }));
        let edited_at = edits.map(|change| change.created_at).chain(message.edited_at).max();
        matches!(draft.change, MessageChange::Delete) || edited_at < Some(draft.now)
    }
}

/// The outcome of importing a status change of the legacy system.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatusImport {
    /// The order has the new status here now.
    Done,
    /// A user has changed the status here too, to this one. That status stays.
    ChangedHere(OrderStatus),
}

impl Store {
    /// Returns an order with all messages. If a crash left the last message out of the log, it is
    /// put there first.
    pub async fn order_with_log(&self, shared_id: &SharedId) -> Result<Option<OrderWithLog>, Error> {
        let (order, tail) = tokio::try_join!(self.order_as_placed(shared_id), self.tail(shared_id, 0))?;
        let (Some(order), Some(tail)) = (order, tail) else { return Ok(None) };
        let head = self.with_all_cursors(tail.head).await?;
        Ok(Some(OrderWithLog { order, head, entries: tail.entries }))
    }

    /// Appends `message` unless its id is already in the log. The `seq` of `message` is ignored.
    /// Its time stays, but is at least that of the previous message. The rate limit does not apply.
    /// An archived conversation becomes active, a closed one stays closed.
    pub async fn append(&self, stored: &mut OrderWithLog, message: &Message) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            if has_message(stored, &message.id) {
                return Ok(());
            }
            let message = following(message.clone(), &stored.head);
            if self.advance_head_by_import(&stored.head, &message).await? {
                if stored.head.status == ConversationStatus::Archived {
                    stored.head.status = ConversationStatus::Active;
                }
                return self.record(stored, message).await;
            }
            self.read_newer(stored).await?;
        }
        Err(Error::Contended)
    }

    /// Changes an order's status from the one that the legacy system had to the one it has now. The
    /// rules of this system for changes of a status do not apply.
    pub async fn import_status(
        &self,
        stored: &mut OrderWithLog,
        from: OrderStatus,
        to: OrderStatus,
        by: &Person,
        id: &MessageId,
        at: Time,
    ) -> Result<StatusImport, Error> {
        for _ in 0..ATTEMPTS {
            let here = stored.head.order.status;
            if has_message(stored, id) || here == to {
                return Ok(StatusImport::Done);
            }
            if here != from {
                return Ok(StatusImport::ChangedHere(here));
            }
            let system = System::StatusChanged { from, to, by: by.clone() };
            let message = Message::system(stored.head.shared_id.conversation_id(), 0, id.clone(), system, at);
            let message = following(message, &stored.head);
            if self.advance_head_by_status(&stored.head, &message, from, to).await? {
                stored.head.order.status = to;
                stored.head.order_updated_at = message.created_at;
                self.record(stored, message).await?;
                return Ok(StatusImport::Done);
            }
            self.read_newer(stored).await?;
        }
        Err(Error::Contended)
    }

    /// Edits or deletes a message as the legacy system did, if [`OrderWithLog::lacks`] the change.
    /// Neither the rate limit nor the time to edit applies.
    pub async fn import_change(&self, stored: &mut OrderWithLog, draft: &ChangeDraft) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            if !stored.lacks(draft) {
                return Ok(());
            }
            let now = draft.now.max(stored.head.last_activity_at());
            let effect = change::effect(&ChangeDraft { now, ..draft.clone() }, stored.head.last_seq() + 1);
            let next = stored.head.clone().with_change(effect);
            if self.advance_head_by_change(&next, None).await? {
                self.put_last(&next, &mut stored.entries).await?;
                stored.head = next;
                return Ok(());
            }
            self.read_newer(stored).await?;
        }
        Err(Error::Contended)
    }

    /// Corrects the order's content and time of creation, and the summary of the order in the head.
    /// No other write changes these attributes.
    pub async fn correct_order(&self, stored: &mut OrderWithLog, order: &Order) -> Result<(), Error> {
        let shared_id = stored.head.shared_id.as_str();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::from_order(order, IMPORTED)?))
            .condition_expression("ck = :c")
            .expression_attribute_values(":c", s(&order.customer_id));
        match put.send().await {
            Ok(_) => {}
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                return Err(Error::Corrupt("an order that changed hands"));
            }
            Err(error) => return Err(error.into()),
        }
        let summary = order.summary();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id, key::HEAD)))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":title", s(&summary.title))
            .expression_attribute_values(":total", n(summary.total))
            .expression_attribute_values(":currency", s(&summary.currency))
            .expression_attribute_values(":placed", n(summary.created_at.millis()))
            .expression_attribute_values(":name", s(&order.customer_name));
        let set = "SET ot = :title, op = :total, oc = :currency, oa = :placed, cn = :name";
        update = match &summary.image_url {
            Some(url) => {
                update.update_expression(format!("{set}, oi = :image")).expression_attribute_values(":image", s(url))
            }
            None => update.update_expression(format!("{set} REMOVE oi")),
        };
        update.send().await?;
        stored.head.order = domain::Summary { status: stored.head.order.status, ..summary };
        stored.head.customer_name.clone_from(&order.customer_name);
        stored.order = order.clone();
        Ok(())
    }

    /// Reads the messages after the last one in `stored`, and the head.
    async fn read_newer(&self, stored: &mut OrderWithLog) -> Result<(), Error> {
        let tail = self.tail(&stored.head.shared_id, stored.head.last_seq()).await?;
        let tail = tail.ok_or(Error::Corrupt("a conversation that vanished"))?;
        stored.entries.extend(tail.entries);
        stored.head = self.with_all_cursors(tail.head).await?;
        Ok(())
    }

    /// Puts `message` into the log as the entry after the head, and advances `stored`.
    async fn record(&self, stored: &mut OrderWithLog, message: Message) -> Result<(), Error> {
        stored.head = stored.head.clone().with_message(message);
        stored.entries.push(self.finish(&stored.head).await?);
        Ok(())
    }

    /// Updates the head with a conditional write. The last entry of `head` must be in the log.
    /// Returns false if another writer has changed the head.
    async fn advance_head_by_import(&self, head: &Head, message: &Message) -> Result<bool, Error> {
        let shared_id = head.shared_id.as_str();
        let counts = head.next_entry(message.clone()).counts;
        let status = match head.status {
            ConversationStatus::Closed => ConversationStatus::Closed,
            ConversationStatus::Active | ConversationStatus::Archived => ConversationStatus::Active,
        };
        let mut expression = Expression::set("n = :n, a = :a, m = :m, #is = :status, im = :im");
        // An archived conversation keeps its queue.
        expression.and_set("qk = if_not_exists(qk, :unassigned)");
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id, key::HEAD)))
            .condition_expression("n = :seen AND #is = :was")
            .expression_attribute_values(":unassigned", s(key::UNASSIGNED))
            .expression_attribute_names("#is", "is")
            .expression_attribute_values(":seen", n(head.last_seq()))
            .expression_attribute_values(":was", s(head.status.as_str()))
            .expression_attribute_values(":status", s(status.as_str()))
            .expression_attribute_values(":n", n(message.seq))
            .expression_attribute_values(":a", n(counts.packed()))
            .expression_attribute_values(":m", serde_dynamo::to_attribute_value(item::StoredMessage::of(message))?)
            .expression_attribute_values(":im", s(key::inbox_position(message.created_at.minute(), shared_id)));
        let update = place_in_queue(update, &mut expression, status, message.created_at);
        update_if(update.update_expression(expression.text())).await
    }
}

fn has_message(stored: &OrderWithLog, id: &MessageId) -> bool {
    stored.entries.iter().filter_map(LogEntry::message).any(|message| message.id == *id)
}

/// Returns `message` with the `seq` after `head`, and with a time that is not before the last
/// message.
fn following(message: Message, head: &Head) -> Message {
    Message { seq: head.last_seq() + 1, created_at: message.created_at.max(head.last_activity_at()), ..message }
}
