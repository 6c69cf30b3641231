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
use domain::{ConversationStatus, Head, INTERVAL_MS, Kind, Message, MessageId, Person, Text, Time, Twin, admit};
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
    pub twin: Twin,
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

/// What became of it.
#[derive(Clone, Debug)]
pub enum Sent {
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
    Known(Box<Message>),
    /// No such conversation, or not one of the sender's.
    NotFound,
    /// Nothing more may be said.
    Closed,
    /// Too fast; milliseconds to wait.
    Limited(i64),
    /// `seenSeq` is past the last message.
    SeenTooFar,
}

/// Without `seenSeq`, how many of the newest messages are looked through for a repeat.
const LOOK_BACK: u32 = 100;

/// Each attempt but the last was lost to somebody else's message, so this many others got theirs through.
const ATTEMPTS: u32 = 200;

/// What is known of the head when it is about to move.
struct Base {
    last_seq: u64,
    rate: Rate,
    /// Whether message `last_seq` was seen in the log, rather than claimed to be held.
    in_log: bool,
}

/// How the update takes the rate limit. DynamoDB has no `max()`, so it cannot do both in one expression.
enum Rate {
    /// The sender has been quiet: the state is past, whatever it is.
    Quiet,
    /// The state is exactly this, and becomes that.
    Exactly(Option<i64>, i64),
}

enum Verdict {
    Again(Base),
    Answer(Sent),
}

impl Store {
    /// Sends `draft`, once.
    pub async fn send(&self, draft: &Draft) -> Result<Sent, Error> {
        let mut base = match draft.seen_seq {
            // No conversation gets that long, and past it there would be no next number.
            Some(last_seq) if last_seq > key::LAST => return Ok(Sent::SeenTooFar),
            Some(last_seq) => Base { last_seq, rate: Rate::Quiet, in_log: false },
            None => match self.look_back(draft).await? {
                Verdict::Again(base) => base,
                Verdict::Answer(sent) => return Ok(sent),
            },
        };
        for _ in 0..ATTEMPTS {
            let head = match self.advance(draft, &base).await? {
                Conditional::Done(before) => return self.finish(draft, before, base.in_log).await,
                Conditional::Refused(head) => head.map(item::to_head).transpose()?,
            };
            let Some(head) = head.filter(|head| head.has(&draft.sender)) else { return Ok(Sent::NotFound) };
            match self.reconsider(draft, head, &base).await? {
                Verdict::Again(next) => base = next,
                Verdict::Answer(sent) => return Ok(sent),
            }
        }
        Err(Error::Contended)
    }

    /// Step 1. Answers the head as it was.
    async fn advance(&self, draft: &Draft, base: &Base) -> Result<Conditional<Head>, Error> {
        let sender = &draft.sender;
        let twin = draft.twin.as_str();
        let said = item::Said::of(&message(draft, base.last_seq + 1));
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key::key(twin, key::HEAD)))
            .expression_attribute_names("#is", "is")
            .expression_attribute_values(":seen", n(base.last_seq))
            .expression_attribute_values(":n", n(base.last_seq + 1))
            .expression_attribute_values(":m", serde_dynamo::to_attribute_value(said)?)
            .expression_attribute_values(":active", s(ConversationStatus::Active.as_str()))
            .expression_attribute_values(":closed", s(ConversationStatus::Closed.as_str()))
            .expression_attribute_values(":im", s(key::inbox_position(draft.now.minute(), twin)))
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
        let (unlimited, next) = match base.rate {
            Rate::Quiet => {
                update = update.expression_attribute_values(":now", n(draft.now.millis()));
                (format!("(attribute_not_exists({rate}) OR {rate} <= :now)"), draft.now.millis() + INTERVAL_MS)
            }
            Rate::Exactly(None, next) => (format!("attribute_not_exists({rate})"), next),
            Rate::Exactly(Some(state), next) => {
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
    async fn finish(&self, draft: &Draft, before: Head, in_log: bool) -> Result<Sent, Error> {
        let last = before.last.clone();
        let message = message(draft, before.last_seq() + 1);
        let head = before.after_text(&draft.sender, message);
        // Clients can lie about what they hold, and then the message before ours may be in no log yet.
        let belt = async {
            if in_log || self.has_entry(&draft.twin, last.message.seq).await? {
                return Ok(());
            }
            self.put_entry(&head.customer_id, &last).await
        };
        let put = self.put_entry(&head.customer_id, &head.last);
        let (audience, (), ()) = tokio::try_join!(self.audience(&head.customer_id), put, belt)?;
        Ok(Sent::Stored { head: Box::new(head), audience, duplicate: false })
    }

    /// The head refused: why, and what now.
    async fn reconsider(&self, draft: &Draft, mut head: Head, base: &Base) -> Result<Verdict, Error> {
        let mut in_log = base.in_log;
        if !is_ours(&head.last.message, draft) {
            if base.last_seq > head.last_seq() {
                return Ok(Verdict::Answer(Sent::SeenTooFar));
            }
            if base.last_seq < head.last_seq() {
                let Some(tail) = self.tail(&draft.twin, base.last_seq).await? else {
                    return Ok(Verdict::Answer(Sent::NotFound));
                };
                if let Some(known) = known(&tail, draft) {
                    return Ok(Verdict::Answer(known));
                }
                self.lost_race();
                head = tail.head;
                in_log = true;
            }
        }
        self.judge(draft, head, in_log).await
    }

    /// Without `seenSeq`: the newest messages are looked through instead.
    async fn look_back(&self, draft: &Draft) -> Result<Verdict, Error> {
        let newest = self.newest(&draft.twin, LOOK_BACK).await?;
        let Some(newest) = newest.filter(|newest| newest.head.has(&draft.sender)) else {
            return Ok(Verdict::Answer(Sent::NotFound));
        };
        if let Some(known) = known(&newest, draft) {
            return Ok(Verdict::Answer(known));
        }
        self.judge(draft, newest.head, true).await
    }

    /// What to do about a head none of whose older messages is ours: repeat, closed, rate, in this order.
    async fn judge(&self, draft: &Draft, head: Head, in_log: bool) -> Result<Verdict, Error> {
        if is_ours(&head.last.message, draft) {
            let duplicate = head.last.message.id != draft.id;
            let put = self.put_entry(&head.customer_id, &head.last);
            let (audience, ()) = tokio::try_join!(self.audience(&head.customer_id), put)?;
            return Ok(Verdict::Answer(Sent::Stored { head: Box::new(head), audience, duplicate }));
        }
        if head.status == ConversationStatus::Closed {
            return Ok(Verdict::Answer(Sent::Closed));
        }
        let state = head.cursors(&draft.sender).arrival;
        Ok(match admit(state, draft.now) {
            Err(limited) => Verdict::Answer(Sent::Limited(limited.retry_after_ms)),
            Ok(next) => Verdict::Again(Base { last_seq: head.last_seq(), rate: Rate::Exactly(state, next), in_log }),
        })
    }
}

fn is_ours(message: &Message, draft: &Draft) -> bool {
    message.is(&draft.sender, draft.client_message_id)
}

/// Our message, if an earlier request stored it and it is not the last any more.
fn known(tail: &Tail, draft: &Draft) -> Option<Sent> {
    let ours = tail.entries.iter().find(|entry| is_ours(&entry.message, draft))?;
    (ours.message.seq < tail.head.last_seq()).then(|| Sent::Known(Box::new(ours.message.clone())))
}

fn message(draft: &Draft, seq: u64) -> Message {
    Message {
        conversation_id: draft.twin.conversation_id(),
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
