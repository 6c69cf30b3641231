//! `PATCH /api/sales/{orderId}/status`: an admin changes an order's status. The change is pushed to
//! the customer and all admins.

use domain::{MessageId, OrderStatus, Time};
use protocol::{Code, Event as ServerEvent, OrderUpdate, Problem, SetOrderStatus};
use runtime::{App, Failure, Reply, RestRequest};
use store::ChangeStatusOutcome;

pub(crate) async fn change_status(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    if !caller.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let shared_id = request.shared_id("orderId")?;
    let SetOrderStatus { status } = request.body()?;
    let id = MessageId::from_random(runtime::random());

    let (order, message, audience) = match app.store.change_status(&shared_id, status, caller, &id, now).await? {
        ChangeStatusOutcome::Changed { order, message, audience } => (*order, *message, audience),
        ChangeStatusOutcome::Unchanged(order) => {
            return Reply::json(200, &OrderUpdate { order: *order, message: None });
        }
        ChangeStatusOutcome::NotAllowed(from) => return Err(invalid_transition(from, status).into()),
        ChangeStatusOutcome::NotFound => return Err(Problem::not_found().into()),
    };

    let event = ServerEvent::OrderUpdated { order: order.clone(), message: message.clone(), last_seq: message.seq };
    let event = event.to_text();
    app.fan_out(&audience, now, |_| Some(&event)).await;

    Reply::json(200, &OrderUpdate { order, message: Some(message) })
}

fn invalid_transition(from: OrderStatus, to: OrderStatus) -> Problem {
    let detail = format!("The order is {}. Its status cannot change to {}.", from.as_str(), to.as_str());
    Problem::new(Code::InvalidTransition, detail)
}
