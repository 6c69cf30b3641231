//! Translates the conversation of an order. The old system may have none, one or several for it;
//! several become one.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use domain::{
    ConversationStatus, Deletion, Message, MessageId, Order, OrderStatus, Person, System, Time,
    legacy_client_message_id,
};
use jiff::tz::TimeZone;

use super::people::People;
use super::{Reader, Refused, legacy_values, text, timestamp};
use crate::legacy::{LegacyConversation, LegacyMessage};
use crate::settings::Rules;

/// A translated conversation.
pub(super) struct TranslatedConversation {
    pub(super) status: ConversationStatus,
    pub(super) messages: Vec<Message>,
    pub(super) readers: BTreeMap<String, Reader>,
    pub(super) refused: Vec<Refused>,
    pub(super) changed: Vec<ChangedMessage>,
}

/// A message that was edited or deleted in the old system.
#[derive(Clone, Debug)]
pub(crate) struct ChangedMessage {
    /// Its key in the old system.
    pub(crate) id: String,
    /// The positions of its parts among the messages of the plan.
    pub(crate) parts: Range<usize>,
}

/// A message of the old system, with its times. `at` orders it.
struct DatedMessage {
    at: Time,
    edited: Option<Time>,
    deleted: Option<Time>,
    old: LegacyMessage,
    id: String,
}

/// Translates the conversations of an order into one.
pub(super) fn translate(
    order: &Order,
    conversations: Vec<LegacyConversation>,
    people: &People,
    rules: &Rules,
) -> TranslatedConversation {
    let status = conversations.iter().map(|it| legacy_values::conversation_status(it.status.as_deref()));
    // Of several conversations, the most open status counts.
    let status = status.min_by_key(|status| ConversationStatus::ALL.iter().position(|it| it == status));
    let mut translated = TranslatedConversation {
        status: status.unwrap_or(ConversationStatus::Active),
        messages: vec![first(order, people, rules)],
        readers: readers(&conversations, people),
        refused: Vec::new(),
        changed: Vec::new(),
    };
    let up_to = read_up_to(&conversations, people, &rules.time_zone);
    let mut running = OrderStatus::Pending;
    for dated in in_order(order.created_at, conversations, &rules.time_zone, &mut translated.refused) {
        let before = translated.messages.len();
        let was_changed = dated.edited.is_some() || dated.deleted.is_some();
        if let Err(reason) = add(&dated, order, people, rules, &mut running, &mut translated.messages) {
            translated.refused.push(Refused::message(&dated.id, reason));
        } else if was_changed {
            let parts = before..translated.messages.len();
            translated.changed.push(ChangedMessage { id: dated.id.clone(), parts });
        }
        let ids = translated.messages[before..].iter().map(|message| message.id.as_str().to_owned());
        let ids: Vec<String> = ids.collect();
        for reader in dated.old.read_by.iter().filter_map(|id| people.get(id)) {
            mark(&mut translated.readers, reader, people, &ids);
        }
        for (reader, _) in up_to.iter().filter(|(_, at)| dated.at <= *at) {
            mark(&mut translated.readers, reader, people, &ids);
        }
    }
    translated
}

/// The first message of every conversation: the order was placed.
fn first(order: &Order, people: &People, rules: &Rules) -> Message {
    let system = System::OrderCreated { by: people.customer().clone() };
    let id = MessageId::from_legacy(&rules.namespace, &format!("first of {}", order.id));
    Message::system(order.conversation_id.clone(), 1, id, system, order.created_at)
}

/// All messages, ordered by time. A message without a time gets the time of the one before it in
/// its conversation.
fn in_order(
    created: Time,
    conversations: Vec<LegacyConversation>,
    zone: &TimeZone,
    refused: &mut Vec<Refused>,
) -> Vec<DatedMessage> {
    let mut all = Vec::new();
    let mut ids = HashSet::new();
    for conversation in conversations {
        let mut before = created;
        for old in conversation.messages {
            let Some(id) = old.id.clone().filter(|id| !id.trim().is_empty()) else {
                refused.push(Refused::message("", "it has no id"));
                continue;
            };
            if !ids.insert(id.clone()) {
                refused.push(Refused::message(id, "another message has the same id"));
                continue;
            }
            let time = |text: &Option<String>| timestamp::time(text.as_deref(), zone);
            let times = time(&old.created_at).and_then(|at| Ok((at, time(&old.edited_at)?, time(&old.deleted_at)?)));
            let (at, edited, deleted) = match times {
                Ok(times) => times,
                Err(reason) => {
                    refused.push(Refused::message(id, reason));
                    continue;
                }
            };
            before = at.unwrap_or(before);
            // Some systems set the time of the last change of the text when the message is sent.
            let edited = edited.filter(|edited| *edited > before);
            all.push(DatedMessage { at: before, edited, deleted: deleted.map(|at| at.max(before)), old, id });
        }
    }
    all.sort_by_key(|dated| dated.at);
    all
}

/// Appends a message to the translated ones. The error is the reason why it is refused.
fn add(
    dated: &DatedMessage,
    order: &Order,
    people: &People,
    rules: &Rules,
    running: &mut OrderStatus,
    messages: &mut Vec<Message>,
) -> Result<(), &'static str> {
    let body = dated.old.body.as_deref().unwrap_or_default();
    let sender = dated.old.sender.as_ref().and_then(|sender| sender.id.as_deref()).and_then(|id| people.get(id));
    let is_system = dated.old.kind.as_deref().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("system"));
    if is_system {
        let by = sender.filter(|sender| sender.is_admin()).unwrap_or(&rules.shop);
        if let Some(to) = legacy_values::reported(body).filter(|to| to != running) {
            let system = System::StatusChanged { from: *running, to, by: by.clone() };
            let id = MessageId::from_legacy(&rules.namespace, &dated.id);
            let seq = messages.len() as u64 + 1;
            messages.push(Message::system(order.conversation_id.clone(), seq, id, system, dated.at));
            *running = to;
            return Ok(());
        }
        // The conversation already begins with this event. A later message of this kind, such as a
        // received payment, is kept.
        if messages.len() == 1 && legacy_values::announces(body) {
            return Ok(());
        }
    }
    let sender = match sender {
        Some(sender) => sender,
        None if is_system => &rules.shop,
        None => return Err("it has no sender"),
    };
    // The text of a deleted message is not imported.
    let bodies = if dated.deleted.is_some() { vec![String::new()] } else { text::bodies(body) };
    if bodies.is_empty() {
        return Err("it is empty");
    }
    for (part, body) in bodies.into_iter().enumerate() {
        let id = part_id(&dated.id, part);
        let message = Message::text(
            order.conversation_id.clone(),
            messages.len() as u64 + 1,
            MessageId::from_legacy(&rules.namespace, &id),
            legacy_client_message_id(&rules.namespace, &id),
            sender.clone(),
            body,
            dated.at,
        );
        let deleted = dated.deleted.map(|at| Deletion { by: sender.clone(), at });
        let edited_at = dated.edited.filter(|_| deleted.is_none());
        messages.push(Message { edited_at, deleted, ..message });
    }
    Ok(())
}

/// The key of a part of a message that is longer than a message can be here. Parts count from 0.
pub(crate) fn part_id(id: &str, part: usize) -> String {
    if part == 0 { id.to_owned() } else { format!("{id}/{}", part + 1) }
}

/// All participants, with nothing marked as read.
fn readers(conversations: &[LegacyConversation], people: &People) -> BTreeMap<String, Reader> {
    let participants = conversations.iter().flat_map(|it| &it.participants);
    let people_in = participants.filter_map(|it| it.person.id.as_deref()).filter_map(|id| people.get(id));
    let mut readers = BTreeMap::new();
    for person in people_in {
        mark(&mut readers, person, people, &[]);
    }
    readers
}

/// The participants who have read everything up to a time, with that time.
fn read_up_to(conversations: &[LegacyConversation], people: &People, zone: &TimeZone) -> Vec<(Person, Time)> {
    let participants = conversations.iter().flat_map(|it| &it.participants);
    let all = participants.filter_map(|participant| {
        let at = timestamp::time(participant.last_read_at.as_deref(), zone).ok().flatten()?;
        Some((people.get(participant.person.id.as_deref()?)?.clone(), at))
    });
    all.collect()
}

/// Marks messages as read by `person`, if the person takes part.
fn mark(readers: &mut BTreeMap<String, Reader>, person: &Person, people: &People, ids: &[String]) {
    if !people.takes_part(person) {
        return;
    }
    let reader = readers.entry(person.user_id.clone());
    let reader = reader.or_insert_with(|| Reader { person: person.clone(), read: BTreeSet::new() });
    reader.read.extend(ids.iter().cloned());
}
