//! Changes: the entries of a conversation's log that are not messages.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ConversationId, ConversationStatus, Person, Time};

/// The emoji of reactions. The set is closed, so no text of a user becomes the name of a stored
/// attribute.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub enum Emoji {
    /// Thumbs up.
    #[serde(rename = "\u{1f44d}")]
    ThumbsUp,
    /// Red heart.
    #[serde(rename = "\u{2764}\u{fe0f}")]
    Heart,
    /// Face with tears of joy.
    #[serde(rename = "\u{1f602}")]
    Joy,
    /// Face with open mouth.
    #[serde(rename = "\u{1f62e}")]
    Surprise,
    /// Crying face.
    #[serde(rename = "\u{1f622}")]
    Sad,
    /// Folded hands.
    #[serde(rename = "\u{1f64f}")]
    Thanks,
    /// Party popper.
    #[serde(rename = "\u{1f389}")]
    Party,
    /// Check mark.
    #[serde(rename = "\u{2705}")]
    Done,
}

impl Emoji {
    /// Every emoji, in the order in which they are shown.
    pub const ALL: [Self; 8] =
        [Self::ThumbsUp, Self::Heart, Self::Joy, Self::Surprise, Self::Sad, Self::Thanks, Self::Party, Self::Done];

    /// The emoji itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThumbsUp => "\u{1f44d}",
            Self::Heart => "\u{2764}\u{fe0f}",
            Self::Joy => "\u{1f602}",
            Self::Surprise => "\u{1f62e}",
            Self::Sad => "\u{1f622}",
            Self::Thanks => "\u{1f64f}",
            Self::Party => "\u{1f389}",
            Self::Done => "\u{2705}",
        }
    }
}

/// What a change changes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChangeKind {
    /// The sender of a message has changed its text.
    Edited {
        /// The `seq` of the message.
        target: u64,
    },
    /// A message was deleted.
    Deleted {
        /// The `seq` of the message.
        target: u64,
    },
    /// A person has added a reaction to a message, or has removed theirs.
    Reacted {
        /// The `seq` of the message.
        target: u64,
        /// The reaction.
        emoji: Emoji,
        /// True if it was added, false if it was removed.
        on: bool,
    },
    /// The conversation was archived, closed or opened.
    Status {
        /// The status before.
        from: ConversationStatus,
        /// The status after.
        to: ConversationStatus,
    },
}

impl ChangeKind {
    /// The `seq` of the message that changes; `None` if the conversation changes.
    pub fn target(&self) -> Option<u64> {
        match self {
            Self::Edited { target } | Self::Deleted { target } | Self::Reacted { target, .. } => Some(*target),
            Self::Status { .. } => None,
        }
    }
}

/// A change of a message or of the conversation. It has a `seq` of its own, as a message has. It
/// contains no text: the new text of a message is in the message only.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The number of the change in its conversation. Messages and changes share one numbering.
    #[cfg_attr(feature = "describe", schemars(range(min = 1)))]
    pub seq: u64,
    /// The id that the client gave the change. It makes a repeated change idempotent.
    #[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "uuid")))]
    pub change_id: Uuid,
    /// What changes.
    #[serde(flatten)]
    pub kind: ChangeKind,
    /// The person who made the change.
    pub by: Person,
    /// When the server received it, by the server's clock.
    pub created_at: Time,
}

impl Change {
    /// Returns true if `person` made this change with this `change_id`.
    pub fn is_from(&self, person: &Person, change_id: Uuid) -> bool {
        self.change_id == change_id && self.by.is_same(person)
    }
}

/// A change with what its effect needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Effect {
    /// The change.
    pub change: Change,
    /// The new text of an edited message.
    pub body: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_spelled_as_it_is_sent() {
        for emoji in Emoji::ALL {
            assert_eq!(serde_json::to_value(emoji).unwrap(), emoji.as_str());
        }
    }
}
