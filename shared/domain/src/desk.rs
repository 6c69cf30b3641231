//! The desk: what the shop decides about a conversation, and the log of it. Only admins see both.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ConversationId, Person, SlaKind, Time};

/// How urgent a conversation is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Nobody has set one.
    #[default]
    None,
    /// Can wait.
    Low,
    /// As most.
    Medium,
    /// Before most.
    High,
    /// Before all others.
    Urgent,
}

impl Priority {
    /// Every priority, the lowest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Urgent];
}

/// The id of a tag: eight characters of the alphabet of base 32. It is short because a head has up
/// to [`MAX_TAGS`] of them, and a head is written with every message.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(
    feature = "describe",
    ts(as = "String"),
    schemars(with = "String", extend("pattern" = "^[a-z2-7]{8}$"))
)]
pub struct TagId(String);

impl TagId {
    /// An id made of random bytes.
    pub fn from_random(bytes: [u8; 5]) -> Self {
        Self(data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The error for a text that is no id of a tag.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be the id of a tag")]
pub struct InvalidTagId;

impl FromStr for TagId {
    type Err = InvalidTagId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_valid = text.len() == 8 && text.bytes().all(|it| matches!(it, b'a'..=b'z' | b'2'..=b'7'));
        is_valid.then(|| Self(text.to_owned())).ok_or(InvalidTagId)
    }
}

impl TryFrom<String> for TagId {
    type Error = InvalidTagId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TagId> for String {
    fn from(id: TagId) -> Self {
        id.0
    }
}

impl fmt::Display for TagId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most tags of a conversation.
pub const MAX_TAGS: usize = 10;

/// A conversation that was put off.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Snooze {
    /// When an admin snoozed it.
    pub since: Time,
    /// When it wakes by itself. Absent: only with the customer's next message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub until: Option<Time>,
    /// The `seq` of the conversation's last entry at that time. A message of the customer after it
    /// wakes the conversation.
    pub after_seq: u64,
}

/// A time in which no clock of the SLA ran, because the conversation was snoozed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pause {
    /// Its begin.
    pub from: Time,
    /// Its end.
    pub to: Time,
}

/// The most pauses that are kept of a conversation. Of more, the newest are kept.
pub const MAX_PAUSES: usize = 8;

/// What the shop decided about a conversation, and what its SLA clocks need.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Desk {
    /// The user id of the admin who takes care of it.
    pub assignee: Option<String>,
    /// Its priority.
    pub priority: Priority,
    /// Its tags.
    pub tags: BTreeSet<TagId>,
    /// Present while it is snoozed.
    pub snooze: Option<Snooze>,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Time>,
    /// When the shop wrote for the first time.
    pub first_answered_at: Option<Time>,
    /// When it was snoozed before.
    pub pauses: Vec<Pause>,
    /// The `waiting_since` for which a breach of the response time was recorded.
    pub response_breach: Option<Time>,
    /// Whether a breach of the resolution time was recorded.
    pub resolution_breach: bool,
}

impl Desk {
    /// Returns true if the conversation is snoozed at `now`. The end of a snooze is recorded within a
    /// minute, so `snooze` may still be there when it is over.
    pub fn is_snoozed(&self, now: Time) -> bool {
        self.snooze.is_some_and(|snooze| snooze.until.is_none_or(|until| until > now))
    }

    /// Ends a snooze at `at`; does nothing if there is none.
    pub fn wake(&mut self, at: Time) {
        let Some(snooze) = self.snooze.take() else { return };
        // A clock may have been set back since.
        self.pauses.push(Pause { from: snooze.since, to: at.max(snooze.since) });
        let surplus = self.pauses.len().saturating_sub(MAX_PAUSES);
        self.pauses.drain(..surplus);
    }

    /// After a text message of the customer at `at`.
    pub fn asked(&mut self, at: Time) {
        self.wake(at);
        self.waiting_since.get_or_insert(at);
    }

    /// After a text message of the shop at `at`.
    pub fn answered(&mut self, at: Time) {
        self.waiting_since = None;
        self.first_answered_at.get_or_insert(at);
    }

    /// After the conversation was archived or closed at `at`. The customer waits no longer.
    pub fn ended(&mut self, at: Time) {
        self.wake(at);
        self.waiting_since = None;
    }

    /// After an entry of the shop's log.
    pub fn apply(&mut self, entry: &DeskEntry) {
        match &entry.kind {
            DeskKind::Note { .. } => {}
            DeskKind::Assigned { to } => self.assignee.clone_from(to),
            DeskKind::Tagged { add, remove } => {
                self.tags.extend(add.iter().cloned());
                self.tags.retain(|tag| !remove.contains(tag));
            }
            DeskKind::Prioritized { to } => self.priority = *to,
            DeskKind::Snoozed { until } => {
                self.wake(entry.created_at);
                self.snooze = Some(Snooze { since: entry.created_at, until: *until, after_seq: entry.after_seq });
            }
            DeskKind::Woken { at } => self.wake(*at),
            DeskKind::Settled {} => self.waiting_since = None,
            DeskKind::SlaBreached { sla: SlaKind::Resolution, .. } => self.resolution_breach = true,
            DeskKind::SlaBreached { .. } => self.response_breach = self.waiting_since,
        }
    }
}

/// What an entry of the shop's log is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum DeskKind {
    /// A note of an admin for the other admins.
    Note {
        /// The text exactly as it was sent. It is plain text, never markup.
        body: String,
    },
    /// The conversation was assigned to an admin, or to nobody.
    Assigned {
        /// The admin's user id; absent for nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        to: Option<String>,
    },
    /// Tags were added or removed.
    Tagged {
        /// The tags that were added.
        add: Vec<TagId>,
        /// The tags that were removed.
        remove: Vec<TagId>,
    },
    /// The conversation got a priority.
    Prioritized {
        /// The priority.
        to: Priority,
    },
    /// The conversation was put off.
    Snoozed {
        /// When it wakes by itself; absent: only with the customer's next message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "describe", ts(optional))]
        until: Option<Time>,
    },
    /// The time of a snooze is over, or an admin ended it.
    Woken {
        /// When the snooze ended.
        at: Time,
    },
    /// An admin said that the customer waits for no answer.
    Settled {},
    /// The shop missed a time of its SLA.
    SlaBreached {
        /// Which time.
        sla: SlaKind,
        /// When it was over.
        due: Time,
    },
}

/// An entry of the shop's log. No customer ever gets it, its number or its author.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DeskEntry {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The number of the entry in the shop's log of its conversation: 1, 2, 3, …
    #[cfg_attr(feature = "describe", schemars(range(min = 1)))]
    pub desk_seq: u64,
    /// The id that the client gave the entry. It makes a repeated request idempotent.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub change_id: Uuid,
    /// What it is.
    #[serde(flatten)]
    pub kind: DeskKind,
    /// The admin who made it, or the system.
    pub by: Person,
    /// The `seq` of the last entry of the conversation at that time. A client shows this entry after
    /// that one.
    pub after_seq: u64,
    /// When the server received it, by the server's clock.
    pub created_at: Time,
}

impl DeskEntry {
    /// Returns true if `person` made this entry with this `change_id`.
    pub fn is_from(&self, person: &Person, change_id: Uuid) -> bool {
        self.change_id == change_id && self.by.is_same(person)
    }
}
