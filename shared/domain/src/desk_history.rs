//! The desk as a conversation's two logs say it is. A desk that is stored has to be equal to this one.

use crate::{ChangeKind, ConversationStatus, Desk, DeskEntry, Entry, Kind, Side};

/// An entry of the conversation's log or of the shop's log.
#[derive(Clone, Copy, Debug)]
pub enum DeskEvent<'a> {
    /// An entry of the conversation's log.
    Log(&'a Entry),
    /// An entry of the shop's log.
    Desk(&'a DeskEntry),
}

impl Desk {
    /// The desk after `events`, which are all entries of both logs in the order in which they were
    /// written.
    pub fn of<'a>(events: impl IntoIterator<Item = DeskEvent<'a>>) -> Self {
        let mut desk = Self::default();
        for event in events {
            desk.follow(event);
        }
        desk
    }

    /// After `event`. Of the conversation's log only text messages and a new status count.
    pub fn follow(&mut self, event: DeskEvent<'_>) {
        match event {
            DeskEvent::Desk(entry) => self.apply(entry),
            DeskEvent::Log(Entry::Message(message)) if message.kind == Kind::Text => match message.side() {
                Side::Customer => self.asked(message.created_at),
                Side::Shop => self.answered(message.created_at),
            },
            DeskEvent::Log(Entry::Change(change)) if has_ended(&change.kind) => self.ended(change.created_at),
            DeskEvent::Log(_) => {}
        }
    }
}

fn has_ended(kind: &ChangeKind) -> bool {
    matches!(kind, ChangeKind::Status { to: ConversationStatus::Archived | ConversationStatus::Closed, .. })
}
