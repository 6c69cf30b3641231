//! The queues of the shop's desk. Each active conversation is in one of them.

use domain::Desk;

use crate::key;

/// A queue of active conversations.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Queue {
    /// Nobody takes care of them.
    Unassigned,
    /// They are snoozed, whoever takes care of them.
    Snoozed,
    /// The admin with this user id takes care of them.
    AssignedTo(String),
}

impl Queue {
    /// Returns true if a conversation with this desk is in the queue.
    pub(crate) fn has(&self, desk: &Desk) -> bool {
        match self {
            Self::Snoozed => desk.snooze.is_some(),
            Self::Unassigned => desk.snooze.is_none() && desk.assignee.is_none(),
            Self::AssignedTo(user_id) => desk.snooze.is_none() && desk.assignee.as_ref() == Some(user_id),
        }
    }

    /// The key of the queue in the index.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Unassigned => key::UNASSIGNED.to_owned(),
            Self::Snoozed => key::SNOOZED.to_owned(),
            Self::AssignedTo(user_id) => key::queue_of(user_id),
        }
    }
}
