//! Changes an order's status.

use domain::{Message, MessageId, Order, OrderStatus, Person, SharedId, Time};
use protocol::{Code, Event, Problem};
use runtime::{App, Failure};
use store::ChangeStatusOutcome;

/// Stores and pushes a new status. Returns the order after it, and the system message that reports it;
/// `None` if the order already had that status.
pub async fn change_order_status(
    app: &App,
    shared_id: &SharedId,
    status: OrderStatus,
    by: &Person,
    now: Time,
) -> Result<(Order, Option<Message>), Failure> {
    let id = MessageId::from_random(runtime::random());
    let (order, message, audience) = match app.store.change_status(shared_id, status, by, &id, now).await? {
        ChangeStatusOutcome::Changed { order, message, audience } => (*order, *message, audience),
        ChangeStatusOutcome::Unchanged(order) => return Ok((*order, None)),
        ChangeStatusOutcome::NotAllowed(from) => return Err(invalid_transition(from, status).into()),
        ChangeStatusOutcome::NotFound => return Err(Problem::not_found().into()),
    };

    let event = Event::OrderUpdated { order: order.clone(), message: message.clone(), last_seq: message.seq };
    let event = event.to_text();
    app.fan_out(&audience, now, |_| Some(&event)).await;

    Ok((order, Some(message)))
}

fn invalid_transition(from: OrderStatus, to: OrderStatus) -> Problem {
    let detail = format!("The order is {}. Its status cannot change to {}.", from.as_str(), to.as_str());
    Problem::new(Code::InvalidTransition, detail)
}
