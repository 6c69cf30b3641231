//! An order that is here already: what changed in the old system since it came, and nothing else.

use std::collections::HashSet;

use domain::{Message, MessageId, Order, OrderStatus};
use store::{ImportRecord, OrderWithLog, StatusImport, Store};

use crate::report::OrderOutcome;
use crate::translate::{Plan, Reader};

/// What there is to do.
struct Changes<'a> {
    /// What was ordered is told otherwise now.
    amended: Option<Order>,
    /// Said there since.
    messages: Vec<&'a Message>,
    /// Moved there since.
    moved: Option<OrderStatus>,
    /// Whether somebody has read there since what is here already.
    read: bool,
}

/// The outcome of updating an order.
pub(crate) enum UpdateOutcome {
    Done(OrderOutcome),
    Refused(String),
}

/// Brings an order up to what the old system has now, or says what that would be. `known` is what was imported last.
pub(crate) async fn update(
    store: &Store,
    plan: &Plan,
    known: &ImportRecord,
    shop: &domain::Person,
    namespace: &str,
    dry_run: bool,
) -> Result<UpdateOutcome, store::Error> {
    let Some(mut stored) = store.order_with_log(plan.shared_id()).await? else {
        return Ok(UpdateOutcome::Refused("only a part of it is in the table".to_owned()));
    };
    if stored.order.customer_id != plan.order.customer_id {
        return Ok(UpdateOutcome::Refused(format!(
            "it belongs to {} now, and to {} here: an order does not change hands",
            plan.order.customer_id, stored.order.customer_id
        )));
    }
    let import_record = plan.import_record();
    let move_id = format!("{} became {} in {}", plan.legacy_id, plan.status.as_str(), import_record.fingerprint);
    let move_id = MessageId::from_legacy(namespace, &move_id);
    // A run that was killed may have moved it, and somebody here may have moved it on since.
    let brought = stored.entries.iter().any(|entry| entry.message.id == move_id);
    let here = stored.head.order.status;
    let moved = (known.status != plan.status && here != plan.status && !brought).then_some(plan.status);
    let conflict = moved.filter(|_| here != known.status).map(|_| here);
    let changes = Changes {
        amended: amended(plan, &stored),
        messages: missing(plan, &stored),
        moved: moved.filter(|_| conflict.is_none()),
        read: !read(plan, &stored).is_empty(),
    };
    let nothing = changes.amended.is_none() && changes.messages.is_empty() && changes.moved.is_none() && !changes.read;
    if dry_run {
        return Ok(match conflict {
            Some(here) => UpdateOutcome::Refused(moved_twice(plan, here)),
            None => UpdateOutcome::Done(if nothing { OrderOutcome::Unchanged } else { OrderOutcome::Updated }),
        });
    }
    if let Some(order) = &changes.amended {
        store.correct_order(&mut stored, order).await?;
    }
    for message in &changes.messages {
        store.append(&mut stored, message).await?;
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
        return Ok(UpdateOutcome::Refused(moved_twice(plan, here)));
    }
    store.put_import_record(plan.shared_id(), &import_record).await?;
    Ok(UpdateOutcome::Done(if nothing { OrderOutcome::Unchanged } else { OrderOutcome::Updated }))
}

fn moved_twice(plan: &Plan, here: OrderStatus) -> String {
    let (here, there) = (here.as_str(), plan.status.as_str());
    format!("it became {there} in the old system and {here} here, which stays: make them the same")
}

/// The order as it should have been placed, where that is not how it was.
fn amended(plan: &Plan, stored: &OrderWithLog) -> Option<Order> {
    let shown = domain::Summary { status: stored.head.order.status, ..plan.order.summary() };
    let same = stored.order == plan.order
        && stored.head.order == shown
        && stored.head.customer_name == plan.order.customer_name;
    (!same).then(|| plan.order.clone())
}

fn missing<'a>(plan: &'a Plan, stored: &OrderWithLog) -> Vec<&'a Message> {
    let here: HashSet<&MessageId> = stored.entries.iter().map(|entry| &entry.message.id).collect();
    // What the old system reports of a status is told by the move itself.
    let translated = plan.messages.iter().filter(|message| message.system.is_none());
    translated.filter(|message| !here.contains(&message.id)).collect()
}

/// Who has read more in the old system than here, and up to where.
fn read<'a>(plan: &'a Plan, stored: &OrderWithLog) -> Vec<(&'a Reader, u64)> {
    let further = plan.readers.values().filter_map(|reader| {
        let here = stored.head.cursors(&reader.person).read;
        let there = plan.read_by(reader, &stored.entries, here);
        (there > here).then_some((reader, there))
    });
    further.collect()
}
