//! Updates an order that was imported before: writes only what has changed in the old system since.

use std::collections::{HashMap, HashSet};

use domain::{LogEntry, Message, MessageId, Order, OrderStatus, Person, Text, Time, legacy_client_message_id};
use store::{ChangeDraft, ImportRecord, MessageChange, OrderWithLog, StatusImport, Store};
use uuid::Uuid;

use crate::report::OrderOutcome;
use crate::translate::{Plan, Reader, part_id};

/// The differences between the old system and the table.
struct Changes<'a> {
    /// The corrected order, if its items, prices or names have changed.
    amended: Option<Order>,
    /// Messages that were added.
    messages: Vec<&'a Message>,
    /// Edits and deletions of messages.
    edited_or_deleted: Vec<ChangeDraft>,
    /// The new status, if it has changed.
    moved: Option<OrderStatus>,
    /// Whether somebody has read more in the old system than the cursors here say.
    read: bool,
}

/// The outcome of updating an order.
pub(crate) enum UpdateOutcome {
    Done(OrderOutcome),
    Refused(String),
}

/// Updates an order to its current state in the old system; a dry run only reports the outcome.
/// `known` is the import record of the last import.
pub(crate) async fn update(
    store: &Store,
    plan: &Plan,
    known: &ImportRecord,
    shop: &domain::Person,
    namespace: &str,
    dry_run: bool,
) -> Result<UpdateOutcome, store::Error> {
    let Some(mut stored) = store.order_with_log(plan.shared_id()).await? else {
        return Ok(UpdateOutcome::Refused(
            "the table has the import record of this order, but not the order".to_owned(),
        ));
    };
    if stored.order.customer_id != plan.order.customer_id {
        return Ok(UpdateOutcome::Refused(format!(
            "it belongs to customer {} in the old system and to {} here: the customer of an order cannot change",
            plan.order.customer_id, stored.order.customer_id
        )));
    }
    let import_record = plan.import_record();
    let move_id = format!("{} became {} in {}", plan.legacy_id, plan.status.as_str(), import_record.fingerprint);
    let move_id = MessageId::from_legacy(namespace, &move_id);
    // The message with this id is in the log if an earlier, killed run has already imported this
    // status. The status may have been changed here since.
    let already_imported = stored.entries.iter().filter_map(LogEntry::message).any(|message| message.id == move_id);
    let here = stored.head.order.status;
    let moved = (known.status != plan.status && here != plan.status && !already_imported).then_some(plan.status);
    let conflict = moved.filter(|_| here != known.status).map(|_| here);
    let changes = Changes {
        amended: amended(plan, &stored),
        messages: missing(plan, &stored),
        edited_or_deleted: edited_or_deleted(plan, &stored, namespace),
        moved: moved.filter(|_| conflict.is_none()),
        read: !read(plan, &stored).is_empty(),
    };
    let nothing = changes.amended.is_none()
        && changes.messages.is_empty()
        && changes.edited_or_deleted.is_empty()
        && changes.moved.is_none()
        && !changes.read;
    if dry_run {
        return Ok(match conflict {
            Some(here) => UpdateOutcome::Refused(status_conflict(plan, here)),
            None => UpdateOutcome::Done(if nothing { OrderOutcome::Unchanged } else { OrderOutcome::Updated }),
        });
    }
    if let Some(order) = &changes.amended {
        store.correct_order(&mut stored, order).await?;
    }
    for message in &changes.messages {
        store.append(&mut stored, message).await?;
    }
    for change in &changes.edited_or_deleted {
        store.import_change(&mut stored, change).await?;
    }
    let mut conflict = conflict;
    if let Some(to) = changes.moved {
        let status = store.import_status(&mut stored, known.status, to, shop, &move_id, plan.updated_at).await?;
        if let StatusImport::ChangedHere(here) = status {
            conflict = Some(here);
        }
    }
    for (reader, seq) in read(plan, &stored) {
        store.mark_read(plan.shared_id(), &reader.person, seq).await?;
    }
    if let Some(here) = conflict {
        return Ok(UpdateOutcome::Refused(status_conflict(plan, here)));
    }
    store.put_import_record(plan.shared_id(), &import_record).await?;
    Ok(UpdateOutcome::Done(if nothing { OrderOutcome::Unchanged } else { OrderOutcome::Updated }))
}

fn status_conflict(plan: &Plan, here: OrderStatus) -> String {
    let (here, there) = (here.as_str(), plan.status.as_str());
    format!("its status is {there} in the old system, but was changed to {here} here: set the same status in both")
}

/// The order as the old system has it, if it differs from the stored one.
fn amended(plan: &Plan, stored: &OrderWithLog) -> Option<Order> {
    let shown = domain::Summary { status: stored.head.order.status, ..plan.order.summary() };
    let same = stored.order == plan.order
        && stored.head.order == shown
        && stored.head.customer_name == plan.order.customer_name;
    (!same).then(|| plan.order.clone())
}

/// The messages of the old system that are not in the log.
fn missing<'a>(plan: &'a Plan, stored: &OrderWithLog) -> Vec<&'a Message> {
    let here: HashSet<&MessageId> =
        stored.entries.iter().filter_map(LogEntry::message).map(|message| &message.id).collect();
    // Status changes are imported as a change of the order's status, not as a message.
    let translated = plan.messages.iter().filter(|message| message.system.is_none());
    translated.filter(|message| !here.contains(&message.id)).collect()
}

/// The edits and deletions in the old system that the log does not have.
fn edited_or_deleted(plan: &Plan, stored: &OrderWithLog, namespace: &str) -> Vec<ChangeDraft> {
    let here: HashMap<&MessageId, &Message> =
        stored.entries.iter().filter_map(LogEntry::message).map(|message| (&message.id, message)).collect();
    let mut drafts = Vec::new();
    for changed in &plan.changed {
        let parts = &plan.messages[changed.parts.clone()];
        let Some((first, at)) = parts.first().and_then(|first| Some((first, changed_at(first)?))) else { continue };
        for (part, found) in (0..).map_while(|part| {
            let id = MessageId::from_legacy(namespace, &part_id(&changed.id, part));
            // A part that was added by the edit is not in the log yet.
            here.get(&id).map(|found| (part, *found))
        }) {
            let change = match parts.get(part) {
                Some(now) if now.deleted.is_none() && now.body == found.body => continue,
                Some(now) if now.deleted.is_none() => Text::new(now.body.clone()).ok().map(MessageChange::Edit),
                _ => None,
            };
            // Also a part that the text no longer has.
            let change = change.unwrap_or(MessageChange::Delete);
            let id = format!("{} changed at {at}", part_id(&changed.id, part));
            drafts.push(draft(found, &first.sender, change, legacy_client_message_id(namespace, &id), at));
        }
    }
    drafts.retain(|draft| stored.lacks(draft));
    drafts
}

/// When a message of the plan was edited or deleted.
fn changed_at(message: &Message) -> Option<Time> {
    message.deleted.as_ref().map(|deleted| deleted.at).or(message.edited_at)
}

fn draft(target: &Message, by: &Person, change: MessageChange, change_id: Uuid, now: Time) -> ChangeDraft {
    ChangeDraft {
        shared_id: target.conversation_id.shared_id().clone(),
        target: target.seq,
        by: by.clone(),
        change_id,
        change,
        seen_seq: None,
        edit_for_ms: i64::MAX,
        now,
    }
}

/// The readers whose cursor is further in the old system than here, each with the `seq` they have
/// read up to.
fn read<'a>(plan: &'a Plan, stored: &OrderWithLog) -> Vec<(&'a Reader, u64)> {
    let further = plan.readers.values().filter_map(|reader| {
        let here = stored.head.cursors(&reader.person).read;
        let there = plan.read_by(reader, &stored.entries, here);
        (there > here).then_some((reader, there))
    });
    further.collect()
}
