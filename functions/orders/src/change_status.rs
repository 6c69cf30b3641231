//! `PATCH /api/sales/{orderId}/status`: an admin changes an order's status. The change is pushed to
//! the customer and all admins.

use domain::Time;
use protocol::{OrderUpdate, Problem, SetOrderStatus};
use runtime::{App, Failure, Reply, RestRequest};

pub(crate) async fn change_status(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    if !caller.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let shared_id = request.shared_id("orderId")?;
    let SetOrderStatus { status } = request.body()?;

    let (order, message) = operations::change_order_status(app, &shared_id, status, caller, now).await?;
    Reply::json(200, &OrderUpdate { order, message })
}
