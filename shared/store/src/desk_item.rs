//! How what the shop decided about a conversation is stored: as attributes of its head.
//!
//! | head | is |
//! |---|---|
//! | `qa` | who takes care of it: `a#` and the user id; absent for nobody |
//! | `qk` | the queue it is in while it is active: `z` if it is snoozed, else `qa`, else `u` |
//! | `iq` | the last activity in steps of ten minutes; absent if it is not active, so it is in no queue |
//! | `pr`, `tg` | priority; ids of its tags |
//! | `z` | the last snooze: since when, until when, after which `seq` |
//! | `ze` | when that snooze ended, or the customer's first message since; absent while it lasts |
//! | `zp` | when it was snoozed before that |
//! | `ws`, `f1` | since when the customer waits for an answer; when the shop wrote for the first time |
//! | `w` | `y` if the customer waits, else `n`: a filter of the stream compares texts only |
//! | `sb`, `so` | the `ws` whose breach is recorded; whether the resolution's is |
//!
//! `qk` and `iq` are the keys of the index `queue`, which also has `pr` and `tg`. A head of a version
//! before has none of these attributes: nobody takes care of it, and it is in no queue until the next
//! message or the backfill of `deadlines`.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::{ConversationStatus, Desk, Head, Pause, Priority, Snooze, TagId, Time};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::key::{self, Item, n};
use crate::time::time;

/// Every attribute of this part of a head but `qk` and `iq`.
const ATTRIBUTES: [&str; 11] = ["qa", "pr", "tg", "z", "ze", "zp", "ws", "w", "f1", "sb", "so"];

/// The values of `w`.
pub(crate) const WAITS: &str = "y";
pub(crate) const WAITS_NOT: &str = "n";

#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct StoredDesk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    qa: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pr: Option<Priority>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tg: Vec<TagId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    z: Option<StoredSnooze>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ze: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    zp: Vec<(i64, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ws: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    w: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    f1: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sb: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    so: Option<bool>,
}

#[derive(Debug, Deserialize, Serialize)]
struct StoredSnooze {
    s: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    u: Option<i64>,
    q: u64,
}

impl StoredDesk {
    pub(crate) fn of(desk: &Desk) -> Self {
        Self {
            qa: desk.assignee.as_deref().map(key::queue_of),
            pr: Some(desk.priority).filter(|priority| *priority != Priority::None),
            tg: desk.tags.iter().cloned().collect(),
            z: desk.snooze.map(|it| StoredSnooze {
                s: it.since.millis(),
                u: it.until.map(Time::millis),
                q: it.after_seq,
            }),
            ze: None,
            zp: desk.pauses.iter().map(|it| (it.from.millis(), it.to.millis())).collect(),
            ws: desk.waiting_since.map(Time::millis),
            w: Some(if desk.waiting_since.is_some() { WAITS } else { WAITS_NOT }.to_owned()),
            f1: desk.first_answered_at.map(Time::millis),
            sb: desk.response_breach.map(Time::millis),
            so: desk.resolution_breach.then_some(true),
        }
    }

    pub(crate) fn desk(self) -> Result<Desk, Error> {
        let pause = |(from, to): (i64, i64)| Ok(Pause { from: time(from)?, to: time(to)? });
        let assignee = self.qa.map(|it| it.strip_prefix(key::QUEUE_PREFIX).map(str::to_owned));
        let mut desk = Desk {
            assignee: assignee.map(|it| it.ok_or(Error::Corrupt("queue"))).transpose()?,
            priority: self.pr.unwrap_or_default(),
            tags: self.tg.into_iter().collect(),
            snooze: None,
            waiting_since: self.ws.map(time).transpose()?,
            first_answered_at: self.f1.map(time).transpose()?,
            pauses: self.zp.into_iter().map(pause).collect::<Result<_, Error>>()?,
            response_breach: self.sb.map(time).transpose()?,
            resolution_breach: self.so.unwrap_or_default(),
        };
        if let Some(StoredSnooze { s, u, q }) = self.z {
            desk.snooze = Some(Snooze { since: time(s)?, until: u.map(time).transpose()?, after_seq: q });
            if let Some(end) = self.ze {
                desk.wake(time(end)?);
            }
        }
        Ok(desk)
    }
}

/// The queue that the conversation is in while it is active.
pub(crate) fn queue(desk: &Desk) -> String {
    match &desk.assignee {
        _ if desk.snooze.is_some() => key::SNOOZED.to_owned(),
        Some(user_id) => key::queue_of(user_id),
        None => key::UNASSIGNED.to_owned(),
    }
}

/// The place in the queue; `None` if the conversation is in no queue.
pub(crate) fn queue_position(status: ConversationStatus, activity: Time) -> Option<i64> {
    (status == ConversationStatus::Active).then(|| key::queue_position(activity.minute()))
}

/// An update expression: what is set and what is removed.
#[derive(Debug, Default)]
pub(crate) struct Expression {
    set: Vec<String>,
    remove: Vec<&'static str>,
}

impl Expression {
    /// The expression that sets all of this, as in `n = :n, a = :a`.
    pub(crate) fn set(what: impl Into<String>) -> Self {
        Self { set: vec![what.into()], remove: Vec::new() }
    }

    pub(crate) fn and_set(&mut self, what: impl Into<String>) {
        self.set.push(what.into());
    }

    pub(crate) fn and_remove(&mut self, attribute: &'static str) {
        self.remove.push(attribute);
    }

    pub(crate) fn text(&self) -> String {
        let remove = if self.remove.is_empty() { String::new() } else { format!(" REMOVE {}", self.remove.join(", ")) };
        format!("SET {}{remove}", self.set.join(", "))
    }
}

/// Puts the conversation to its place in its queue, or takes it out of the index.
pub(crate) fn place_in_queue(
    update: UpdateItemFluentBuilder,
    expression: &mut Expression,
    status: ConversationStatus,
    activity: Time,
) -> UpdateItemFluentBuilder {
    if let Some(position) = queue_position(status, activity) {
        expression.and_set("iq = :iq");
        return update.expression_attribute_values(":iq", n(position));
    }
    expression.and_remove("iq");
    update
}

/// Sets what the shop decided to that of `head`, and puts the conversation into its queue. The
/// update's condition must be that neither log has moved since `head` was read.
pub(crate) fn set_desk(
    mut update: UpdateItemFluentBuilder,
    expression: &mut Expression,
    head: &Head,
) -> Result<UpdateItemFluentBuilder, Error> {
    let mut item: Item = serde_dynamo::to_item(StoredDesk::of(&head.desk))?;
    for name in ATTRIBUTES {
        if let Some(value) = item.remove(name) {
            expression.and_set(format!("{name} = :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), value);
        } else {
            expression.and_remove(name);
        }
    }
    expression.and_set("qk = :qk");
    update = update.expression_attribute_values(":qk", key::s(queue(&head.desk)));
    Ok(place_in_queue(update, expression, head.status, head.last_activity_at()))
}

/// Adds the condition that the shop's log has `desk_seq` entries.
pub(crate) fn desk_unmoved(
    update: UpdateItemFluentBuilder,
    condition: &mut String,
    desk_seq: u64,
) -> UpdateItemFluentBuilder {
    if desk_seq == 0 {
        condition.push_str(" AND attribute_not_exists(kn)");
        return update;
    }
    condition.push_str(" AND kn = :kn");
    update.expression_attribute_values(":kn", n(desk_seq))
}
