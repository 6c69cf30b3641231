//! `/api/sales`.

use anyhow::Result;
use protocol::{Code, Counts, OrderAnswer, OrderPage, OrderRequest, OrderUpdate, PageQuery, SetOrderStatus};
use serde_json::json;

use super::operation::Operation;
use crate::generate::schema::Schemas;

pub(super) fn operations(schemas: &mut Schemas) -> Result<Vec<Operation>> {
    Ok(vec![place_order(schemas), my_orders(schemas)?, stats(schemas), one(schemas), set_status(schemas)])
}

fn place_order(schemas: &mut Schemas) -> Operation {
    let order = json!({
        "items": [{ "title": "Desk lamp", "quantity": 2, "unitPrice": 1250, "imageUrl": "https://shop.example/lamp.jpg" }],
        "currency": "EUR",
        "note": "Please ring twice",
    });
    let key = json!({ "type": "string", "minLength": 1, "maxLength": 128 });
    let call = Operation::new("post", "/api/sales", "placeOrder", "Place an order")
        .about(
            "Opens the order's conversation with it. A customer orders for themselves; an admin must say for whom, with \
             `customerId` and `customerName`. With an `Idempotency-Key` the call can be repeated safely.",
        )
        .header("Idempotency-Key", &key, "The same key from the same caller names the same order.")
        .takes::<OrderRequest>(schemas, &order)
        .answers::<OrderAnswer>(schemas, 201, "Placed.")
        .answers::<OrderAnswer>(schemas, 200, "The key was used before, for this order.")
        .problems(&[Code::IdempotencyMismatch]);
    follow(call, 201, "order/id", "conversation/id")
}

fn my_orders(schemas: &mut Schemas) -> Result<Operation> {
    Ok(Operation::new("get", "/api/sales/my-orders", "listMyOrders", "The caller's own orders, newest first")
        .about("For customers; an admin has none.")
        .query::<PageQuery>(schemas)?
        .answers::<OrderPage>(schemas, 200, "A page.")
        .problems(&[Code::InvalidCursor, Code::Forbidden, Code::InvalidRequest]))
}

fn stats(schemas: &mut Schemas) -> Operation {
    Operation::new("get", "/api/sales/stats", "countOrders", "How many orders there are, by status")
        .about("A customer's own; all of them for an admin.")
        .answers::<Counts>(schemas, 200, "The counts.")
}

fn one(schemas: &mut Schemas) -> Operation {
    Operation::new("get", "/api/sales/{orderId}", "getOrder", "One order with its conversation")
        .id("orderId", "ord")
        .answers::<OrderAnswer>(schemas, 200, "The order.")
        .problems(&[Code::NotFound])
}

fn set_status(schemas: &mut Schemas) -> Operation {
    Operation::new("patch", "/api/sales/{orderId}/status", "setOrderStatus", "Move an order's status")
        .about(
            "For admins. `pending` to `confirmed` to `completed`; `pending` and `confirmed` to `cancelled`. Each move adds \
             a system message to the conversation. The status it already has changes nothing.",
        )
        .id("orderId", "ord")
        .takes::<SetOrderStatus>(schemas, &json!({ "status": "confirmed" }))
        .answers::<OrderUpdate>(schemas, 200, "The order as it is now, with the message that reports the move.")
        .problems(&[Code::Forbidden, Code::NotFound, Code::InvalidTransition])
}

/// Adds links to the calls that use the id of a new order or of its conversation.
fn follow(call: Operation, status: u16, order: &str, conversation: &str) -> Operation {
    let call = ["getOrder", "setOrderStatus"].iter().fold(call, |call, to| call.leads_to(status, to, "orderId", order));
    let next = ["getConversation", "setConversationStatus", "listMessages", "sendMessage", "markRead"];
    next.iter().fold(call, |call, to| call.leads_to(status, to, "conversationId", conversation))
}
