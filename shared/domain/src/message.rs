//! The messages of a conversation.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{ChangeKind, ConversationId, Effect, Emoji, MessageId, OrderStatus, Person, Role, Side, Time};

/// The kind of a message: written by a person or by the system.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person wrote it.
    Text,
    /// The system reports a change of the order.
    System,
}

/// The event that a system message reports. `by` is the person who caused it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum System {
    /// The order was placed. This is the first message of every conversation.
    OrderCreated {
        /// The person who placed it: the customer, or an admin for the customer.
        by: Person,
    },
    /// The order's status changed.
    StatusChanged {
        /// The status before.
        from: OrderStatus,
        /// The status after.
        to: OrderStatus,
        /// The admin who changed it.
        by: Person,
    },
}

impl System {
    /// The person who caused the event.
    pub fn by(&self) -> &Person {
        match self {
            Self::OrderCreated { by } | Self::StatusChanged { by, .. } => by,
        }
    }

    /// The message's text, for clients that do not know this event.
    pub fn body(&self) -> String {
        match self {
            Self::OrderCreated { .. } => "Order placed".to_owned(),
            Self::StatusChanged { to, .. } => format!("Order {}", to.as_str()),
        }
    }
}

/// Who deleted a message, and when.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Deletion {
    /// The person who deleted it.
    pub by: Person,
    /// When, by the server's clock.
    pub at: Time,
}

/// One emoji under a message, with everybody who reacted with it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Reaction {
    /// The emoji.
    pub emoji: Emoji,
    /// The people who reacted with it: customer first, then admins by user id. Never empty.
    pub by: Vec<Person>,
}

/// A message of a conversation. It changes only by a later entry of the log. Of two versions, the
/// one with the higher `changedSeq` is newer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The number of the message in its conversation: 1, 2, 3, … It is the same for everyone.
    #[cfg_attr(feature = "describe", schemars(range(min = 1)))]
    pub seq: u64,
    /// The message's id.
    pub id: MessageId,
    /// The id that the sender gave the message. It makes a repeated send idempotent. Only text
    /// messages have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional, type = "string"), schemars(with = "Option<String>", extend("format" = "uuid")))]
    pub client_message_id: Option<Uuid>,
    /// The sender.
    pub sender: Person,
    /// Whether it is a text or a system message.
    pub kind: Kind,
    /// The text exactly as it was sent. It is plain text, never markup.
    pub body: String,
    /// The event that a system message reports; absent in text messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub system: Option<System>,
    /// When the server received it, by the server's clock.
    pub created_at: Time,
    /// The `seq` of the message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub reply_to: Option<u64>,
    /// The `seq` of the last change of this message; absent if it never changed here. An imported
    /// message can be edited or deleted without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub changed_seq: Option<u64>,
    /// When the sender last changed the text; absent if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub edited_at: Option<Time>,
    /// Present if the message was deleted. Its `body` is then empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub deleted: Option<Deletion>,
    /// The reactions, one entry for each emoji; absent if there are none. The `lastMessage` of a
    /// conversation has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "describe", ts(optional, as = "Option<Vec<Reaction>>"))]
    pub reactions: Vec<Reaction>,
}

impl Message {
    /// Makes a text message.
    pub fn text(
        conversation_id: ConversationId,
        seq: u64,
        id: MessageId,
        client_message_id: Uuid,
        sender: Person,
        body: String,
        now: Time,
    ) -> Self {
        let client_message_id = Some(client_message_id);
        Self { client_message_id, ..Self::new(conversation_id, seq, id, sender, body, now) }
    }

    /// Makes a system message.
    pub fn system(conversation_id: ConversationId, seq: u64, id: MessageId, system: System, now: Time) -> Self {
        let message = Self::new(conversation_id, seq, id, Person::system(), system.body(), now);
        Self { kind: Kind::System, system: Some(system), ..message }
    }

    /// A text message without an id of its sender, as it is before any change.
    fn new(conversation_id: ConversationId, seq: u64, id: MessageId, sender: Person, body: String, now: Time) -> Self {
        Self {
            conversation_id,
            seq,
            id,
            client_message_id: None,
            sender,
            kind: Kind::Text,
            body,
            system: None,
            created_at: now,
            reply_to: None,
            changed_seq: None,
            edited_at: None,
            deleted: None,
            reactions: Vec::new(),
        }
    }

    /// Applies a change of this message. A change that is already applied does nothing, and neither
    /// does a change of a deleted message.
    pub fn apply(&mut self, effect: &Effect) {
        let change = &effect.change;
        if self.deleted.is_some() || self.changed_seq >= Some(change.seq) || change.kind.target() != Some(self.seq) {
            return;
        }
        self.changed_seq = Some(change.seq);
        match &change.kind {
            ChangeKind::Edited { .. } => {
                self.body = effect.body.clone().unwrap_or_default();
                self.edited_at = Some(change.created_at);
            }
            ChangeKind::Deleted { .. } => {
                self.body.clear();
                self.reactions.clear();
                self.deleted = Some(Deletion { by: change.by.clone(), at: change.created_at });
            }
            ChangeKind::Reacted { emoji, on, .. } => {
                let mut all: Vec<(Emoji, Person)> =
                    self.reactors().filter(|it| !is_reaction(it, *emoji, &change.by)).collect();
                if *on {
                    all.push((*emoji, change.by.clone()));
                }
                self.reactions = group_reactions(all);
            }
            ChangeKind::Status { .. } => {}
        }
    }

    /// Every reaction with the person who made it.
    pub fn reactors(&self) -> impl Iterator<Item = (Emoji, Person)> {
        self.reactions.iter().flat_map(|reaction| reaction.by.iter().map(|person| (reaction.emoji, person.clone())))
    }

    /// The side that the message counts for: the sender's, or for a system message the side of the
    /// person who caused the event.
    pub fn side(&self) -> Side {
        self.system.as_ref().map_or(&self.sender, System::by).side()
    }

    /// Returns true if `sender` sent this message with this `client_message_id`.
    pub fn is_from(&self, sender: &Person, client_message_id: Uuid) -> bool {
        self.client_message_id == Some(client_message_id)
            && self.sender.is_same(sender)
            && self.sender.role != Role::System
    }
}

fn is_reaction((emoji, person): &(Emoji, Person), of: Emoji, by: &Person) -> bool {
    *emoji == of && person.is_same(by)
}

/// Groups reactions by emoji, in the order of [`Emoji::ALL`].
pub fn group_reactions(mut all: Vec<(Emoji, Person)>) -> Vec<Reaction> {
    all.sort_by(|(one, by), (other, other_by)| {
        let key = |emoji: &Emoji, person: &Person| (*emoji, person.is_admin(), person.user_id.clone());
        key(one, by).cmp(&key(other, other_by))
    });
    let mut reactions: Vec<Reaction> = Vec::new();
    for (emoji, person) in all {
        match reactions.last_mut() {
            Some(last) if last.emoji == emoji => last.by.push(person),
            _ => reactions.push(Reaction { emoji, by: vec![person] }),
        }
    }
    reactions
}
