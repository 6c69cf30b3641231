//! An order that is here already: what changed in the old system since it came, and nothing else.

use std::collections::HashSet;

use domain::{Message, MessageId, Order, OrderStatus};
use store::{Adopted, Held, StatusAdopted, Store};

use crate::report::Fate;
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

/// How it went.
pub(crate) enum CaughtUp {
    Done(Fate),
    Refused(String),
}

/// Brings an order up to what the old system has now, or says what that would be. `known` is what was imported last.
pub(crate) async fn catch_up(
    store: &Store,
    plan: &Plan,
    known: &Adopted,
    shop: &domain::Person,
    namespace: &str,
    dry_run: bool,
) -> Result<CaughtUp, store::Error> {
    let Some(mut held) = store.held(plan.twin()).await? else {
        return Ok(CaughtUp::Refused("only a part of it is in the table".to_owned()));
    };
    if held.order.customer_id != plan.order.customer_id {
        return Ok(CaughtUp::Refused(format!(
            "it belongs to {} now, and to {} here: an order does not change hands",
            plan.order.customer_id, held.order.customer_id
        )));
    }
    let adopted = plan.adopted();
    let move_id = format!("{} became {} in {}", plan.old_id, plan.status.as_str(), adopted.fingerprint);
    let move_id = MessageId::from_old(namespace, &move_id);
    // A run that was killed may have moved it, and somebody here may have moved it on since.
    let brought = held.entries.iter().any(|entry| entry.message.id == move_id);
    let here = held.head.order.status;
    let moved = (known.status != plan.status && here != plan.status && !brought).then_some(plan.status);
    let conflict = moved.filter(|_| here != known.status).map(|_| here);
    let changes = Changes {
        amended: amended(plan, &held),
        messages: missing(plan, &held),
        moved: moved.filter(|_| conflict.is_none()),
        read: !read(plan, &held).is_empty(),
    };
    let nothing = changes.amended.is_none() && changes.messages.is_empty() && changes.moved.is_none() && !changes.read;
    if dry_run {
        return Ok(match conflict {
            Some(here) => CaughtUp::Refused(moved_twice(plan, here)),
            None => CaughtUp::Done(if nothing { Fate::Unchanged } else { Fate::Updated }),
        });
    }
    if let Some(order) = &changes.amended {
        store.amend(&mut held, order).await?;
    }
    for message in &changes.messages {
        store.append(&mut held, message).await?;
    }
    let mut conflict = conflict;
    if let Some(to) = changes.moved {
        let status = store.adopt_status(&mut held, known.status, to, shop, &move_id, plan.updated_at).await?;
        if let StatusAdopted::MovedHere(here) = status {
            conflict = Some(here);
        }
    }
    for (reader, seq) in read(plan, &held) {
        store.read(plan.twin(), &reader.person, seq).await?;
    }
    if let Some(here) = conflict {
        return Ok(CaughtUp::Refused(moved_twice(plan, here)));
    }
    store.remember_adopted(plan.twin(), &adopted).await?;
    Ok(CaughtUp::Done(if nothing { Fate::Unchanged } else { Fate::Updated }))
}

fn moved_twice(plan: &Plan, here: OrderStatus) -> String {
    let (here, there) = (here.as_str(), plan.status.as_str());
    format!("it became {there} in the old system and {here} here, which stays: make them the same")
}

/// The order as it should have been placed, where that is not how it was.
fn amended(plan: &Plan, held: &Held) -> Option<Order> {
    let shown = domain::Summary { status: held.head.order.status, ..plan.order.summary() };
    let same =
        held.order == plan.order && held.head.order == shown && held.head.customer_name == plan.order.customer_name;
    (!same).then(|| plan.order.clone())
}

fn missing<'a>(plan: &'a Plan, held: &Held) -> Vec<&'a Message> {
    let here: HashSet<&MessageId> = held.entries.iter().map(|entry| &entry.message.id).collect();
    // What the old system reports of a status is told by the move itself.
    let told = plan.messages.iter().filter(|message| message.system.is_none());
    told.filter(|message| !here.contains(&message.id)).collect()
}

/// Who has read more in the old system than here, and up to where.
fn read<'a>(plan: &'a Plan, held: &Held) -> Vec<(&'a Reader, u64)> {
    let further = plan.readers.values().filter_map(|reader| {
        let here = held.head.cursors(&reader.person).read;
        let there = plan.read_by(reader, &held.entries, here);
        (there > here).then_some((reader, there))
    });
    further.collect()
}
