//! Moves read and delivery cursors. Cursors only move forward. Each move is a conditional write.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::{Head, Person, SharedId};

use crate::conversation::update_head;
use crate::error::Conditional;
use crate::key::{self, n, s};
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
    /// Stores that `reader` has read everything up to `seq`.
    ///
    /// `unread` is computed from the counts up to the cursor. Usually `seq` is the last entry. Then
    /// the head has the counts, and one write is enough. If `seq` is an older entry, that write is
    /// refused. Then the counts are read from the log entry, and a second write follows.
    pub async fn mark_read(&self, shared_id: &SharedId, reader: &Person, seq: u64) -> Result<CursorMove, Error> {
        let (read, read_counts) = if reader.is_admin() { ("ar.#u", "aa.#u") } else { ("cr", "ca") };
        let forward = only_forward(read);
        let to_the_end = self
            .update_cursor(shared_id, reader, seq, &format!("{read} = :seq, {read_counts} = a"))
            .condition_expression(for_participant(reader, &format!("n = :seq AND {forward}")));
        let head = match update_head(to_the_end).await? {
            Conditional::Done(head) => return Ok(CursorMove::Moved(Box::new(head))),
            Conditional::Refused(head) => head.map(item::to_head).transpose()?,
        };
        let head = match refused_because(head, reader, seq, |head| head.cursors(reader).read) {
            Ok(head) => head,
            Err(answer) => return Ok(answer),
        };
        let counts = self.counts_at(shared_id, seq).await?;
        let to_the_middle = self
            .update_cursor(shared_id, reader, seq, &format!("{read} = :seq, {read_counts} = :counts"))
            .expression_attribute_values(":counts", n(counts))
            .condition_expression(for_participant(reader, &forward));
        second_outcome(update_head(to_the_middle).await?, head)
    }

    /// Stores that everything up to `seq` was delivered to `receiver`.
    pub async fn mark_delivered(&self, shared_id: &SharedId, receiver: &Person, seq: u64) -> Result<CursorMove, Error> {
        let (read, delivered) = if receiver.is_admin() { ("ar.#u", "ad.#u") } else { ("cr", "cd") };
        // Reading implies delivery. If the read cursor is already at `seq`, nothing is written.
        let condition = format!("n >= :seq AND {} AND {}", only_forward(delivered), only_forward(read));
        let update = self
            .update_cursor(shared_id, receiver, seq, &format!("{delivered} = :seq"))
            .condition_expression(for_participant(receiver, &condition));
        let head = match update_head(update).await? {
            Conditional::Done(head) => return Ok(CursorMove::Moved(Box::new(head))),
            Conditional::Refused(head) => head.map(item::to_head).transpose()?,
        };
        match refused_because(head, receiver, seq, |head| head.cursors(receiver).delivered()) {
            Ok(_) => Err(Error::Corrupt("a cursor refused for no reason")),
            Err(answer) => Ok(answer),
        }
    }

    fn update_cursor(&self, shared_id: &SharedId, person: &Person, seq: u64, set: &str) -> UpdateItemFluentBuilder {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id.as_str(), key::HEAD)))
            .expression_attribute_values(":seq", n(seq))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if person.is_admin() {
            update
                .update_expression(format!("SET {set}, an.#u = :name"))
                .expression_attribute_names("#u", &person.user_id)
                .expression_attribute_values(":name", s(&person.name))
        } else {
            update.update_expression(format!("SET {set}")).expression_attribute_values(":me", s(&person.user_id))
        }
    }

    /// Returns the packed counts up to `seq`.
    async fn counts_at(&self, shared_id: &SharedId, seq: u64) -> Result<u64, Error> {
        // This reads the log entry of `seq`, or the entry before it if that one is missing. An
        // entry can be missing only if a client sent a wrong `seenSeq` and a crash followed.
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :x AND sk BETWEEN :first AND :seq")
            .expression_attribute_values(":x", s(shared_id.as_str()))
            .expression_attribute_values(":first", s(key::log(1)))
            .expression_attribute_values(":seq", s(key::log(seq)))
            .scan_index_forward(false)
            .limit(1)
            .consistent_read(true);
        let item = query.send().await?.items.unwrap_or_default().into_iter().next();
        Ok(item::to_entry(item.ok_or(Error::Corrupt("an empty log"))?)?.counts.packed())
    }
}

fn only_forward(path: &str) -> String {
    format!("(attribute_not_exists({path}) OR {path} < :seq)")
}

fn for_participant(person: &Person, condition: &str) -> String {
    if person.is_admin() {
        format!("attribute_exists(pk) AND {condition}")
    } else {
        format!("cu = :me AND {condition}")
    }
}

/// Finds out why an update was refused. Returns the reason as `Err`: not found, `seq` too high, or
/// unchanged. If none applies, returns the current head as `Ok`. A read cursor then moves to a
/// message before the last.
fn refused_because(
    head: Option<Head>,
    person: &Person,
    seq: u64,
    stands_at: impl Fn(&Head) -> u64,
) -> Result<Head, CursorMove> {
    let Some(head) = head.filter(|head| head.has_participant(person)) else { return Err(CursorMove::NotFound) };
    if seq > head.last_seq() {
        return Err(CursorMove::SeqTooHigh);
    }
    if stands_at(&head) >= seq {
        return Err(CursorMove::Unchanged(Box::new(head)));
    }
    Ok(head)
}

/// The outcome of the second update. It fails only if another request has moved the cursor further.
fn second_outcome(outcome: Conditional<Head>, head: Head) -> Result<CursorMove, Error> {
    Ok(match outcome {
        Conditional::Done(head) => CursorMove::Moved(Box::new(head)),
        Conditional::Refused(newer) => {
            CursorMove::Unchanged(Box::new(newer.map(item::to_head).transpose()?.unwrap_or(head)))
        }
    })
}
