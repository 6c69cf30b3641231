//! Sends a message with two writes, one after the other. Sending is idempotent: a repeated request
//! does not store a second message.
//!
//! 1. *Update the head if `lastSeq = seenSeq`.* This is a conditional write. The sender has message
//!    n = `seenSeq`, so n is in the log. The sender made its `clientMessageId` after it had n, so
//!    this message cannot be stored at n or before. The same request checks that the conversation
//!    is open and that the sender takes part in it. It also checks and updates the rate limit.
//!    DynamoDB returns the head as it was before the update.
//! 2. *Put n + 1 into the log if it is absent.* At the same time, read which connections are open.
//!
//! If the condition of step 1 fails, DynamoDB returns the current head:
//!
//! - If its last message is ours, step 2 is done again. An earlier request may have made the
//!   update.
//! - Otherwise all messages after `seenSeq` are read. If ours is among them, the result is that
//!   stored message.
//! - Otherwise step 1 is tried again with the newest head (optimistic concurrency), unless the
//!   conversation is closed or the rate limit is exceeded.
//!
//! After a crash between the two steps, the last message is in the head but not in the log. The
//! next request that needs it in the log puts it there.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::{
    ConversationStatus, Head, INTERVAL_MS, Kind, LogEntry, Message, MessageId, Person, SharedId, Text, Time, admit,
};
use uuid::Uuid;

use crate::conversation::update_head;
use crate::desk_item::{WAITS, WAITS_NOT};
use crate::error::Conditional;
use crate::key::{self, n, s};
use crate::log::{ATTEMPTS, Tail};
use crate::rate_limit::{MAX_ADMIN_RATE_LIMITS, admin_rate_limits};
use crate::{Audience, Error, Store, item};

/// A message to send.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The conversation, by the id that it shares with its order.
    pub shared_id: SharedId,
    /// The participant who sends the message.
    pub sender: Person,
    /// The sender's id for the message. It is the same on every repeat.
    pub client_message_id: Uuid,
    /// The text of the message.
    pub body: Text,
    /// The `seq` up to which the sender had every message when it made `client_message_id`. It is
    /// the same on every repeat.
    pub seen_seq: Option<u64>,
    /// The `seq` of the message that this one answers.
    pub reply_to: Option<u64>,
    /// True if an admin's message must not be stored after another admin's answer that the sender
    /// has not seen. Needs `seen_seq`.
    pub expect_last: bool,
    /// The server's id for the message. Every request makes a new one. If the stored message has
    /// this id, this same request stored it.
    pub id: MessageId,
    /// The time of the message.
    pub now: Time,
}

/// The outcome of a send.
#[derive(Clone, Debug)]
pub enum SendOutcome {
    /// The message is stored, and it is the last of the conversation. Push it, then acknowledge it.
    Stored {
        /// The head, with the message as its last.
        head: Box<Head>,
        /// The open connections, read after the head was updated.
        audience: Audience,
        /// True if an earlier request stored the message.
        duplicate: bool,
    },
    /// An earlier request stored the message, and others were stored after it.
    AlreadyStored(Box<Message>),
    /// The conversation does not exist, or the sender does not take part in it.
    NotFound,
    /// The conversation is closed.
    Closed,
    /// The sender exceeds the rate limit. The value is the time to wait, in milliseconds.
    RateLimited(i64),
    /// `seenSeq` is higher than `lastSeq`.
    SeenSeqTooHigh,
    /// Another admin has answered after `seenSeq`. The value is the newest answer.
    Overtaken(Box<Message>),
    /// There is no message `replyTo`, or it was deleted.
    NoSuchReplyTo,
}

/// The state of the head that a send expects. It becomes the condition of the update.
struct ExpectedHead {
    last_seq: u64,
    rate: RateCondition,
    /// True if message `last_seq` was read from the log. False if only the client says that it has
    /// it.
    in_log: bool,
}

/// The condition of the update on the state of the rate limit. DynamoDB has no `max()`, so one
/// expression cannot cover both cases.
enum RateCondition {
    /// The stored state is absent or not after the current time, because the sender paused.
    Past,
    /// The stored state of the customer is exactly the first value. The update replaces it with the
    /// second.
    Equal(Option<i64>, i64),
    /// The update replaces the states of all admins. No condition is needed: `lastSeq` is the same,
    /// so no admin has sent since they were read.
    Replace(BTreeMap<String, i64>),
}

/// What to do after a refused update of the head.
enum Resolution {
    Retry(ExpectedHead),
    Answer(SendOutcome),
}

impl Store {
    /// Sends `draft`. A repeat of the same request stores no second message.
    pub async fn send(&self, draft: &Draft) -> Result<SendOutcome, Error> {
        if let Some(seq) = draft.reply_to
            && !self.is_answerable(&draft.shared_id, seq).await?
        {
            return self.unanswerable(draft).await;
        }
        let mut expected = match draft.seen_seq {
            // No conversation is that long. After the highest `seq` there would be no next number.
            Some(last_seq) if last_seq > key::MAX_SEQ => return Ok(SendOutcome::SeenSeqTooHigh),
            Some(last_seq) => ExpectedHead { last_seq, rate: RateCondition::Past, in_log: false },
            None => match self.find_in_newest(draft).await? {
                Resolution::Retry(expected) => expected,
                Resolution::Answer(sent) => return Ok(sent),
            },
        };
        for _ in 0..ATTEMPTS {
            let head = match self.advance_head(draft, &expected).await? {
                Conditional::Done(before) => return self.complete(draft, before, expected.in_log).await,
                Conditional::Refused(head) => head.map(item::to_head).transpose()?,
            };
            let Some(head) = head.filter(|head| head.has_participant(&draft.sender)) else {
                return Ok(SendOutcome::NotFound);
            };
            match self.resolve_conflict(draft, head, &expected).await? {
                Resolution::Retry(next) => expected = next,
                Resolution::Answer(sent) => return Ok(sent),
            }
        }
        Err(Error::Contended)
    }

    /// The outcome of a send whose `replyTo` cannot be answered now. It could be when an earlier
    /// request stored this message. Whoever does not take part learns nothing.
    async fn unanswerable(&self, draft: &Draft) -> Result<SendOutcome, Error> {
        if draft.seen_seq.is_some_and(|seq| seq > key::MAX_SEQ) {
            return Ok(SendOutcome::SeenSeqTooHigh);
        }
        let tail = self.unseen(&draft.shared_id, draft.seen_seq).await?;
        let Some(tail) = tail.filter(|tail| tail.head.has_participant(&draft.sender)) else {
            return Ok(SendOutcome::NotFound);
        };
        if let Some(already_stored) = already_stored(&tail, draft) {
            return Ok(already_stored);
        }
        if is_last(&tail.head, draft)
            && let Resolution::Answer(stored) = self.decide(draft, tail.head, true).await?
        {
            return Ok(stored);
        }
        Ok(SendOutcome::NoSuchReplyTo)
    }

    /// Step 1. Returns the head as it was before the update.
    async fn advance_head(&self, draft: &Draft, expected: &ExpectedHead) -> Result<Conditional<Head>, Error> {
        let sender = &draft.sender;
        let shared_id = draft.shared_id.as_str();
        let message = item::StoredMessage::of(&message(draft, expected.last_seq + 1));
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(shared_id, key::HEAD)))
            .expression_attribute_names("#is", "is")
            .expression_attribute_values(":seen", n(expected.last_seq))
            .expression_attribute_values(":n", n(expected.last_seq + 1))
            .expression_attribute_values(":m", serde_dynamo::to_attribute_value(message)?)
            .expression_attribute_values(":active", s(ConversationStatus::Active.as_str()))
            .expression_attribute_values(":closed", s(ConversationStatus::Closed.as_str()))
            .expression_attribute_values(":im", s(key::inbox_position(draft.now.minute(), shared_id)))
            .expression_attribute_values(":iq", n(key::queue_position(draft.now.minute())))
            .expression_attribute_values(":unassigned", s(key::UNASSIGNED))
            .expression_attribute_values(":at", n(draft.now.millis()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);

        // What the shop decided, see `desk_item.rs`. A customer's message wakes the conversation, and
        // the customer waits from the first one on. `ze` means nothing without a snooze.
        let (as_sender, answered, allowed) = if sender.is_admin() {
            update = update.expression_attribute_values(":one", n(1i64));
            update = update.expression_attribute_values(":waits", s(WAITS_NOT));
            let set = "a = a + :one, qk = if_not_exists(qk, :unassigned), f1 = if_not_exists(f1, :at), w = :waits";
            (set.to_owned(), ", ws", "")
        } else {
            update = update.expression_attribute_values(":me", s(&sender.user_id));
            update = update.expression_attribute_values(":waits", s(WAITS));
            let set = "qk = if_not_exists(qa, :unassigned), ze = if_not_exists(ze, :at)";
            let set = [set, "ws = if_not_exists(ws, :at), w = :waits"].join(", ");
            (set, "", " AND cu = :me")
        };
        let (rate, unlimited, next) = match &expected.rate {
            RateCondition::Past => {
                let next = n(draft.now.millis() + INTERVAL_MS);
                if sender.is_admin() {
                    update = update
                        .expression_attribute_names("#u", &sender.user_id)
                        .expression_attribute_values(":most", n(MAX_ADMIN_RATE_LIMITS as u64));
                    let past = " AND (attribute_not_exists(ag.#u) OR ag.#u <= :at) AND size(ag) < :most";
                    ("ag.#u", past, next)
                } else {
                    ("cg", " AND (attribute_not_exists(cg) OR cg <= :at)", next)
                }
            }
            RateCondition::Equal(None, next) => ("cg", " AND attribute_not_exists(cg)", n(*next)),
            RateCondition::Equal(Some(state), next) => {
                update = update.expression_attribute_values(":state", n(*state));
                ("cg", " AND cg = :state", n(*next))
            }
            RateCondition::Replace(states) => ("ag", "", serde_dynamo::to_attribute_value(states)?),
        };
        let set = "n = :n, m = :m, #is = :active, im = :im, iq = :iq";
        let set = format!("SET {set}, {rate} = :rate, {as_sender} REMOVE e, ms{answered}");
        let condition = format!("n = :seen AND #is <> :closed{unlimited}{allowed}");
        update = update.expression_attribute_values(":rate", next);

        update_head(update.update_expression(set).condition_expression(condition)).await
    }

    /// Step 2. `before` is the head as it was before this request updated it.
    async fn complete(&self, draft: &Draft, before: Head, in_log: bool) -> Result<SendOutcome, Error> {
        let message = message(draft, before.last_seq() + 1);
        // A client can send a wrong `seenSeq`. Then the previous entry may not be in the log yet.
        let ensure_previous_logged = async {
            if in_log || self.surely_has_entry(&draft.shared_id, before.last_seq()).await? {
                return Ok(());
            }
            self.finish(&before).await.map(drop)
        };
        let entry = before.next_entry(message.clone());
        let put = self.put_entry(&before.customer_id, &entry);
        let (audience, (), ()) = tokio::try_join!(self.audience(&before.customer_id), put, ensure_previous_logged)?;
        let head = Box::new(before.with_text_message(message));
        Ok(SendOutcome::Stored { head, audience, duplicate: false })
    }

    /// Finds out why the update of the head was refused, and decides whether to retry.
    async fn resolve_conflict(
        &self,
        draft: &Draft,
        mut head: Head,
        expected: &ExpectedHead,
    ) -> Result<Resolution, Error> {
        let mut in_log = expected.in_log;
        if !is_last(&head, draft) {
            if expected.last_seq > head.last_seq() {
                return Ok(Resolution::Answer(SendOutcome::SeenSeqTooHigh));
            }
            if expected.last_seq < head.last_seq() {
                let Some(tail) = self.tail(&draft.shared_id, expected.last_seq).await? else {
                    return Ok(Resolution::Answer(SendOutcome::NotFound));
                };
                if let Some(already_stored) = already_stored(&tail, draft) {
                    return Ok(Resolution::Answer(already_stored));
                }
                if !is_last(&tail.head, draft)
                    && let Some(answer) = overtaken(&tail, draft)
                {
                    return Ok(Resolution::Answer(SendOutcome::Overtaken(Box::new(answer))));
                }
                self.lost_race();
                head = tail.head;
                in_log = true;
            }
        }
        self.decide(draft, head, in_log).await
    }

    /// Searches the newest messages for a repeat. Used if the request has no `seenSeq`.
    async fn find_in_newest(&self, draft: &Draft) -> Result<Resolution, Error> {
        let newest = self.unseen(&draft.shared_id, None).await?;
        let Some(newest) = newest.filter(|newest| newest.head.has_participant(&draft.sender)) else {
            return Ok(Resolution::Answer(SendOutcome::NotFound));
        };
        if let Some(already_stored) = already_stored(&newest, draft) {
            return Ok(Resolution::Answer(already_stored));
        }
        self.decide(draft, newest.head, true).await
    }

    /// Decides what to do with a head if none of its older messages is ours. It checks in this
    /// order: the last message is ours (a repeat), the conversation is closed, the rate limit is
    /// exceeded.
    async fn decide(&self, draft: &Draft, head: Head, in_log: bool) -> Result<Resolution, Error> {
        if is_last(&head, draft) {
            let duplicate = head.last_message.id != draft.id;
            let (audience, _) = tokio::try_join!(self.audience(&head.customer_id), self.finish(&head))?;
            return Ok(Resolution::Answer(SendOutcome::Stored { head: Box::new(head), audience, duplicate }));
        }
        if head.status == ConversationStatus::Closed {
            return Ok(Resolution::Answer(SendOutcome::Closed));
        }
        let state = head.cursors(&draft.sender).rate_limit_state;
        Ok(match admit(state, draft.now) {
            Err(limited) => Resolution::Answer(SendOutcome::RateLimited(limited.retry_after_ms)),
            Ok(next) => Resolution::Retry(ExpectedHead {
                last_seq: head.last_seq(),
                rate: if draft.sender.is_admin() {
                    RateCondition::Replace(admin_rate_limits(head.admin_rate_limits, &draft.sender, next, draft.now))
                } else {
                    RateCondition::Equal(state, next)
                },
                in_log,
            }),
        })
    }
}

fn is_ours(message: &Message, draft: &Draft) -> bool {
    message.is_from(&draft.sender, draft.client_message_id)
}

/// Returns true if the last entry is our message.
fn is_last(head: &Head, draft: &Draft) -> bool {
    head.last_change.is_none() && is_ours(&head.last_message, draft)
}

/// Returns our message if an earlier request stored it and it is no longer the last entry.
fn already_stored(tail: &Tail, draft: &Draft) -> Option<SendOutcome> {
    let ours = tail.entries.iter().filter_map(LogEntry::message).find(|message| is_ours(message, draft))?;
    (ours.seq < tail.head.last_seq()).then(|| SendOutcome::AlreadyStored(Box::new(ours.clone())))
}

/// Returns the newest answer of another admin in `tail`, if the sender wants to know of it.
fn overtaken(tail: &Tail, draft: &Draft) -> Option<Message> {
    if !draft.expect_last || !draft.sender.is_admin() {
        return None;
    }
    let mut newest_first = tail.entries.iter().rev().filter_map(LogEntry::message);
    newest_first
        .find(|message| {
            let is_answer = message.kind == Kind::Text && message.deleted.is_none();
            is_answer && message.sender.is_admin() && message.sender.user_id != draft.sender.user_id
        })
        .cloned()
}

fn message(draft: &Draft, seq: u64) -> Message {
    let conversation_id = draft.shared_id.conversation_id();
    let body = draft.body.as_str().to_owned();
    let (id, sender) = (draft.id.clone(), draft.sender.clone());
    let text = Message::text(conversation_id, seq, id, draft.client_message_id, sender, body, draft.now);
    Message { reply_to: draft.reply_to, ..text }
}
