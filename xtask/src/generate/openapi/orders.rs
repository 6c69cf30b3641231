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
            "Places an order and creates its conversation. A customer orders for themselves. An admin orders for the \
             customer in `customerId` and `customerName`. With an `Idempotency-Key` the request can be repeated safely.",
        )
        .header("Idempotency-Key", &key, "The same key of the same caller always gives the same order.")
        .takes::<OrderRequest>(schemas, &order)
        .answers::<OrderAnswer>(schemas, 201, "The order was placed.")
        .answers::<OrderAnswer>(schemas, 200, "The order exists: it was placed earlier with this key.")
        .problems(&[Code::IdempotencyMismatch]);
    follow(call, 201, "order/id", "conversation/id")
}

fn my_orders(schemas: &mut Schemas) -> Result<Operation> {
    Ok(Operation::new("get", "/api/sales/my-orders", "listMyOrders", "The caller's own orders, newest first")
        .about("For customers only.")
        .query::<PageQuery>(schemas)?
        .answers::<OrderPage>(schemas, 200, "A page of orders.")
        .problems(&[Code::InvalidCursor, Code::Forbidden, Code::InvalidRequest]))
}

fn stats(schemas: &mut Schemas) -> Operation {
    Operation::new("get", "/api/sales/stats", "countOrders", "The number of orders by status")
        .about("A customer gets the numbers of their own orders, an admin those of all orders.")
        .answers::<Counts>(schemas, 200, "The numbers.")
}

fn one(schemas: &mut Schemas) -> Operation {
    Operation::new("get", "/api/sales/{orderId}", "getOrder", "One order with its conversation")
        .id("orderId", "ord")
        .answers::<OrderAnswer>(schemas, 200, "The order.")
        .problems(&[Code::NotFound])
}

fn set_status(schemas: &mut Schemas) -> Operation {
    Operation::new("patch", "/api/sales/{orderId}/status", "setOrderStatus", "Change an order's status")
        .about(
            "For admins only. Allowed changes: `pending` to `confirmed`, `confirmed` to `completed`, and `pending` or \
             `confirmed` to `cancelled`. Each change adds a system message to the conversation. A request for the \
             current status changes nothing.",
        )
        .id("orderId", "ord")
        .takes::<SetOrderStatus>(schemas, &json!({ "status": "confirmed" }))
        .answers::<OrderUpdate>(schemas, 200, "The changed order, and the system message about the change.")
        .problems(&[Code::Forbidden, Code::NotFound, Code::InvalidTransition])
}

/// Adds links to the calls that use the id of a new order or of its conversation.
fn follow(call: Operation, status: u16, order: &str, conversation: &str) -> Operation {
    let call = ["getOrder", "setOrderStatus"].iter().fold(call, |call, to| call.leads_to(status, to, "orderId", order));
    let next = ["getConversation", "setConversationStatus", "listMessages", "sendMessage", "markRead"];
    next.iter().fold(call, |call, to| call.leads_to(status, to, "conversationId", conversation))
}
