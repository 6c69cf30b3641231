//! `PATCH /api/sales/{orderId}/status`: an admin moves an order, and everyone who takes part hears of it.

use domain::{MessageId, Time};
use protocol::{Event as ServerEvent, OrderUpdate, Problem, SetOrderStatus};
use runtime::{App, Failure, Reply, Rest};
use store::StatusChange;

pub(crate) async fn change_status(app: &App, request: &Rest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    if !caller.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let twin = request.twin("orderId")?;
    let SetOrderStatus { status } = request.body()?;
    let id = MessageId::from_random(runtime::random());

    let (order, message, audience) = match app.store.change_status(&twin, status, caller, &id, now).await? {
        StatusChange::Moved { order, message, audience } => (*order, *message, audience),
        StatusChange::Already(order) => return Reply::json(200, &OrderUpdate { order: *order, message: None }),
        StatusChange::Refused(from) => return Err(super::invalid_transition(from, status).into()),
        StatusChange::NotFound => return Err(Problem::not_found().into()),
    };

    let event = ServerEvent::OrderUpdated { order: order.clone(), message: message.clone(), last_seq: message.seq };
    let event = event.to_text();
    app.offer(&audience, now, |_| Some(&event)).await;

    Reply::json(200, &OrderUpdate { order, message: Some(message) })
}
