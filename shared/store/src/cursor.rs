//! Moves read and delivery cursors. Cursors only move forward. Each move is a conditional write.
//!
//! The read cursors of admins are in `admin_cursor.rs`.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::{Counts, Head, Person, SharedId};

use crate::conversation::update_head;
use crate::error::Conditional;
use crate::key::{self, Item, n, s};
use crate::{Error, Store, item};

/// The outcome of a request to move a cursor.
#[derive(Clone, Debug)]
pub enum CursorMove {
    /// The cursor moved. The value is the new head. Push the event, then answer.
    Moved(Box<Head>),
    /// The cursor was already at this `seq` or further. The value is the current head.
    Unchanged(Box<Head>),
    /// The `seq` is higher than `lastSeq`.
    SeqTooHigh,
    /// The conversation does not exist, or the person does not take part in it.
    NotFound,
}

impl Store {
    /// Stores that `reader` has read everything up to `seq`. The head in the outcome has the cursors
    /// of `reader`.
    ///
    /// `unread` is computed from the counts up to the cursor. Usually `seq` is the last entry. Then
    /// the head has the counts, and one write is enough. If `seq` is an older entry, that write is
    /// refused. Then the counts are read from the log entry, and a second write follows.
    pub async fn mark_read(&self, shared_id: &SharedId, reader: &Person, seq: u64) -> Result<CursorMove, Error> {
        if reader.is_admin() {
            return self.mark_read_by_admin(shared_id, reader, seq).await;
        }
        let forward = only_forward("cr");
        let to_the_end = self
            .update_cursor(shared_id, seq)
            .expression_attribute_values(":me", s(&reader.user_id))
            .update_expression("SET cr = :seq, ca = a")
            .condition_expression(format!("cu = :me AND n = :seq AND {forward}"));
        let head = match update_head(to_the_end).await? {
            Conditional::Done(head) => return Ok(CursorMove::Moved(Box::new(head))),
            Conditional::Refused(head) => match refused_head(head, reader, seq)? {
                Ok(head) => head,
                Err(answer) => return Ok(answer),
            },
        };
        if head.cursors(reader).read >= seq {
            return Ok(CursorMove::Unchanged(Box::new(head)));
        }
        let counts = self.counts_at(&head, seq).await?;
        let to_the_middle = self
            .update_cursor(shared_id, seq)
            .expression_attribute_values(":me", s(&reader.user_id))
            .expression_attribute_values(":counts", n(counts.packed()))
            .update_expression("SET cr = :seq, ca = :counts")
            .condition_expression(format!("cu = :me AND {forward}"));
        Ok(match update_head(to_the_middle).await? {
            Conditional::Done(head) => CursorMove::Moved(Box::new(head)),
            // Another request has moved the cursor further.
            Conditional::Refused(newer) => {
                CursorMove::Unchanged(Box::new(newer.map(item::to_head).transpose()?.unwrap_or(head)))
            }
        })
    }

    /// Stores that everything up to `seq` was delivered to `receiver`. What was delivered to one
    /// admin was delivered to the shop.
    pub async fn mark_delivered(&self, shared_id: &SharedId, receiver: &Person, seq: u64) -> Result<CursorMove, Error> {
        let update = self.update_cursor(shared_id, seq).expression_attribute_values(":me", s(&receiver.user_id));
        // Reading implies delivery. If the read cursor is already at `seq`, nothing is written.
        let update = if receiver.is_admin() {
            let forward = format!("{} AND {}", only_forward("sd"), only_forward("fr"));
            update
                .expression_attribute_values(":name", s(&receiver.name))
                .expression_attribute_values(":zero", n(0u64))
                // Clients see the shop's cursor as the furthest admin's, so there has to be one.
                .update_expression(
                    "SET sd = :seq, fu = if_not_exists(fu, :me), fw = if_not_exists(fw, :name), \
                     fr = if_not_exists(fr, :zero), fa = if_not_exists(fa, :zero)",
                )
                .condition_expression(format!("attribute_exists(pk) AND n >= :seq AND {forward}"))
        } else {
            let forward = format!("{} AND {}", only_forward("cd"), only_forward("cr"));
            update
                .update_expression("SET cd = :seq")
                .condition_expression(format!("cu = :me AND n >= :seq AND {forward}"))
        };
        let head = match update_head(update).await? {
            Conditional::Done(head) => return Ok(CursorMove::Moved(Box::new(head))),
            Conditional::Refused(head) => match refused_head(head, receiver, seq)? {
                Ok(head) => head,
                Err(answer) => return Ok(answer),
            },
        };
        if head.cursors(receiver).delivered() >= seq {
            return Ok(CursorMove::Unchanged(Box::new(head)));
        }
        Err(Error::Corrupt("a cursor refused for no reason"))
    }

    /// An update of a head with the value `:seq`.
    pub(crate) fn update_cursor(&self, shared_id: &SharedId, seq: u64) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id.as_str(), key::HEAD)))
            .expression_attribute_values(":seq", n(seq))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Returns the counts up to `seq`.
    pub(crate) async fn counts_at(&self, head: &Head, seq: u64) -> Result<Counts, Error> {
        if seq == head.last_seq() {
            return Ok(head.counts);
        }
        // This reads the log entry of `seq`, or the entry before it if that one is missing. An
        // entry can be missing only if a client sent a wrong `seenSeq` and a crash followed.
        let newest_first = self.items_between(&head.shared_id, key::log(1), key::log(seq), false, 1).await?;
        let item = newest_first.into_iter().next();
        Ok(item::to_entry(item.ok_or(Error::Corrupt("an empty log"))?)?.counts)
    }
}

pub(crate) fn only_forward(path: &str) -> String {
    format!("(attribute_not_exists({path}) OR {path} < :seq)")
}

/// The head of a refused update, or the answer: not found, or `seq` too high.
pub(crate) fn refused_head(head: Option<Item>, person: &Person, seq: u64) -> Result<Result<Head, CursorMove>, Error> {
    let head = head.map(item::to_head).transpose()?.filter(|head| head.has_participant(person));
    Ok(match head {
        None => Err(CursorMove::NotFound),
        Some(head) if seq > head.last_seq() => Err(CursorMove::SeqTooHigh),
        Some(head) => Ok(head),
    })
}
