//! Orders: reading them, counting them, changing their status.

mod change_status;

use std::sync::Arc;

use domain::Position;
use protocol::{Conversation, Counts, OrderAnswer, OrderPage, PageCursor, PageQuery, Problem};
use runtime::{App, Environment, Event, Failure, Function, Reply, RestRequest, SdkConfig, StartError};

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    let Event::Rest(request) = &event else { return Err(Failure::unexpected(&event)) };
    match request.route.as_str() {
        "GET /api/sales/my-orders" => my_orders(&app, request).await,
        "GET /api/sales/stats" => stats(&app, request).await,
        "GET /api/sales/{orderId}" => get_order(&app, request).await,
        "PATCH /api/sales/{orderId}/status" => change_status::change_status(&app, request, app.now()).await,
        _ => Err(Failure::unexpected(&event)),
    }
}

/// The most bytes of order data in a page. Lambda's limit for an answer is 6 MB, and escaping can
/// make quotes and line breaks in the body up to four times as long.
const MAX_PAGE_BYTES: usize = 1_400_000;

async fn my_orders(app: &App, request: &RestRequest) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    if caller.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let query: PageQuery = request.query()?;
    let limit = protocol::limit(query.limit, 25)?;
    let cursors = PageCursor::of(caller, "my-orders", &());
    let behind = query.cursor.map(|cursor| cursors.parse(&cursor)).transpose()?;

    let page = app.store.orders_of(&caller.user_id, limit, behind.as_ref()).await?;
    let (mut items, mut next, mut page_bytes) = (Vec::<OrderAnswer>::new(), page.next, 0);
    for (order, head) in page.items {
        page_bytes += order.approximate_bytes();
        if let Some(last) = items.last().filter(|_| page_bytes > MAX_PAGE_BYTES) {
            next = Some(Position { at: last.order.created_at, shared_id: last.order.id.shared_id().clone() });
            break;
        }
        items.push(OrderAnswer { order, conversation: Conversation::seen_by(&head, caller) });
    }
    Reply::json(200, &OrderPage { items, next_cursor: next.map(|next| cursors.encode(&next)) })
}

async fn stats(app: &App, request: &RestRequest) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    let counts = if caller.is_admin() {
        app.store.shop_counts().await?
    } else {
        app.store.customer_counts(&caller.user_id).await?
    };
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    let (pending, confirmed) = (number(counts.pending), number(counts.confirmed));
    let (completed, cancelled) = (number(counts.completed), number(counts.cancelled));
    let total = pending + confirmed + completed + cancelled;
    Reply::json(200, &Counts { pending, confirmed, completed, cancelled, total })
}

async fn get_order(app: &App, request: &RestRequest) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    let found = app.store.order(&request.shared_id("orderId")?, caller).await?;
    let (order, head) = found.filter(|(_, head)| head.has_participant(caller)).ok_or_else(Problem::not_found)?;
    Reply::json(200, &OrderAnswer { order, conversation: Conversation::seen_by(&head, caller) })
}
