//! Sending: two plain writes, one after the other, and no way to send twice.
//!
//! 1. *Update the head if `lastSeq = seenSeq`.* The sender holds message n = `seenSeq`, so n is in the log; and it made its
//!    `clientMessageId` after n, so the message cannot be stored at n or before. The same request checks that the conversation is
//!    open and the sender's and takes the rate limit. It answers the head as it was.
//! 2. *Put n + 1 into the log if it is absent*, and beside it read who is connected.
//!
//! If the head refuses, it says what it holds. Its last message is ours: do step 2 again, whoever began it. Otherwise everything
//! behind `seenSeq` is read; our id among it: answer that one. Else step 1 again with what was just read.
//! A crash between the two steps leaves a head whose last message the log lacks: whoever comes next puts it there.

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::{ConversationStatus, Head, INTERVAL_MS, Kind, Message, MessageId, Person, SharedId, Text, Time, admit};
use uuid::Uuid;

use crate::conversation::update_head;
use crate::error::Conditional;
use crate::key::{self, n, s};
use crate::log::Tail;
use crate::{Audience, Error, Store, item};

/// A message to send.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Where.
    pub shared_id: SharedId,
    /// Who.
    pub sender: Person,
    /// The sender's id for it, the same on every repeat.
    pub client_message_id: Uuid,
    /// What.
    pub body: Text,
    /// Up to where the sender held the conversation when it made the id; the same on every repeat.
    pub seen_seq: Option<u64>,
    /// The id it gets, new for every request: an update that finds it was made by this very request.
    pub id: MessageId,
    /// The time it gets.
    pub now: Time,
}

/// The outcome of a send.
#[derive(Clone, Debug)]
pub enum SendOutcome {
    /// It is stored and the conversation's last. Push it, then acknowledge it.
    Stored {
        /// The head with the message as its last.
        head: Box<Head>,
        /// Who was connected once it was stored.
        audience: Audience,
        /// Whether an earlier request stored it.
        duplicate: bool,
    },
    /// An earlier request stored it, and others were stored since.
    AlreadyStored(Box<Message>),
    /// No such conversation, or not one of the sender's.
    NotFound,
    /// Nothing more may be said.
    Closed,
    /// Too fast; milliseconds to wait.
    RateLimited(i64),
    /// `seenSeq` is past the last message.
    SeenSeqTooHigh,
}

/// Without `seenSeq`, how many of the newest messages are looked through for a repeat.
const LOOK_BACK: u32 = 100;

/// Each attempt but the last was lost to somebody else's message, so this many others got theirs through.
const ATTEMPTS: u32 = 200;

/// What a send assumes of the head: the condition of its update.
struct ExpectedHead {
    last_seq: u64,
    rate: RateCondition,
    /// Whether message `last_seq` was seen in the log, rather than claimed to be held.
    in_log: bool,
}

/// How the update takes the rate limit. DynamoDB has no `max()`, so it cannot do both in one expression.
enum RateCondition {
    /// The sender has been quiet: the state is past, whatever it is.
    Past,
    /// The state is exactly this, and becomes that.
    Equal(Option<i64>, i64),
}

/// What a refused update of the head leads to.
enum Resolution {
    Retry(ExpectedHead),
    Answer(SendOutcome),
}

impl Store {
    /// Sends `draft`, once.
    pub async fn send(&self, draft: &Draft) -> Result<SendOutcome, Error> {
        let mut expected = match draft.seen_seq {
            // No conversation gets that long, and past it there would be no next number.
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

    /// Step 1. Answers the head as it was.
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
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);

        let (rate, as_sender, allowed) = if sender.is_admin() {
            update = update
                .expression_attribute_names("#u", &sender.user_id)
                .expression_attribute_values(":name", s(&sender.name))
                .expression_attribute_values(":one", n(1i64));
            ("ag.#u", ", a = a + :one, an.#u = :name", "")
        } else {
            update = update.expression_attribute_values(":me", s(&sender.user_id));
            ("cg", "", " AND cu = :me")
        };
        let (unlimited, next) = match expected.rate {
            RateCondition::Past => {
                update = update.expression_attribute_values(":now", n(draft.now.millis()));
                (format!("(attribute_not_exists({rate}) OR {rate} <= :now)"), draft.now.millis() + INTERVAL_MS)
            }
            RateCondition::Equal(None, next) => (format!("attribute_not_exists({rate})"), next),
            RateCondition::Equal(Some(state), next) => {
                update = update.expression_attribute_values(":state", n(state));
                (format!("{rate} = :state"), next)
            }
        };
        let set = format!("SET n = :n, m = :m, #is = :active, im = :im, {rate} = :rate{as_sender}");
        let condition = format!("n = :seen AND #is <> :closed AND {unlimited}{allowed}");
        update = update.expression_attribute_values(":rate", n(next));

        update_head(update.update_expression(set).condition_expression(condition)).await
    }

    /// Step 2. `before` is the head as it was when this request moved it.
    async fn complete(&self, draft: &Draft, before: Head, in_log: bool) -> Result<SendOutcome, Error> {
        let last = before.last.clone();
        let message = message(draft, before.last_seq() + 1);
        let head = before.with_text_message(&draft.sender, message);
        // Clients can lie about what they hold, and then the message before ours may be in no log yet.
        let ensure_previous_logged = async {
            if in_log || self.has_entry(&draft.shared_id, last.message.seq).await? {
                return Ok(());
            }
            self.put_entry(&head.customer_id, &last).await
        };
        let put = self.put_entry(&head.customer_id, &head.last);
        let (audience, (), ()) = tokio::try_join!(self.audience(&head.customer_id), put, ensure_previous_logged)?;
        Ok(SendOutcome::Stored { head: Box::new(head), audience, duplicate: false })
    }

    /// Finds out why the head's update was refused, and whether to retry.
    async fn resolve_conflict(
        &self,
        draft: &Draft,
        mut head: Head,
        expected: &ExpectedHead,
    ) -> Result<Resolution, Error> {
        let mut in_log = expected.in_log;
        if !is_ours(&head.last.message, draft) {
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
                self.lost_race();
                head = tail.head;
                in_log = true;
            }
        }
        self.decide(draft, head, in_log).await
    }

    /// Without `seenSeq`: the newest messages are looked through instead.
    async fn find_in_newest(&self, draft: &Draft) -> Result<Resolution, Error> {
        let newest = self.newest(&draft.shared_id, LOOK_BACK).await?;
        let Some(newest) = newest.filter(|newest| newest.head.has_participant(&draft.sender)) else {
            return Ok(Resolution::Answer(SendOutcome::NotFound));
        };
        if let Some(already_stored) = already_stored(&newest, draft) {
            return Ok(Resolution::Answer(already_stored));
        }
        self.decide(draft, newest.head, true).await
    }

    /// What to do about a head none of whose older messages is ours: repeat, closed, rate, in this order.
    async fn decide(&self, draft: &Draft, head: Head, in_log: bool) -> Result<Resolution, Error> {
        if is_ours(&head.last.message, draft) {
            let duplicate = head.last.message.id != draft.id;
            let put = self.put_entry(&head.customer_id, &head.last);
            let (audience, ()) = tokio::try_join!(self.audience(&head.customer_id), put)?;
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
                rate: RateCondition::Equal(state, next),
                in_log,
            }),
        })
    }
}

fn is_ours(message: &Message, draft: &Draft) -> bool {
    message.is_from(&draft.sender, draft.client_message_id)
}

/// Our message, if an earlier request stored it and it is not the last any more.
fn already_stored(tail: &Tail, draft: &Draft) -> Option<SendOutcome> {
    let ours = tail.entries.iter().find(|entry| is_ours(&entry.message, draft))?;
    (ours.message.seq < tail.head.last_seq()).then(|| SendOutcome::AlreadyStored(Box::new(ours.message.clone())))
}

fn message(draft: &Draft, seq: u64) -> Message {
    Message {
        conversation_id: draft.shared_id.conversation_id(),
        seq,
        id: draft.id.clone(),
        client_message_id: Some(draft.client_message_id),
        sender: draft.sender.clone(),
        kind: Kind::Text,
        body: draft.body.as_str().to_owned(),
        system: None,
        created_at: draft.now,
    }
}
