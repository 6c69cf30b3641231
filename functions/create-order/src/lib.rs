//! `POST /api/sales`: places an order and creates its conversation.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use domain::{Head, Message, MessageId, NewOrder, Person, Role, SharedId, System, Time};
use protocol::{Code, Conversation, Event as ServerEvent, OrderAnswer, OrderRequest, Problem};
use runtime::{App, Environment, Event, Failure, Function, Reply, RestRequest, SdkConfig, StartError};
use sha2::{Digest, Sha256};
use store::CreateOutcome;

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    match event {
        Event::Rest(request) => create_order(&app, &request, app.now()).await,
        other => Err(Failure::unexpected(&other)),
    }
}

async fn create_order(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    let body: OrderRequest = request.body()?;
    let (customer, body) = customer(caller, body)?;
    let fingerprint = fingerprint(&body)?;
    let new = NewOrder::new(body.items, body.currency, body.note)?;
    let shared_id = match idempotency_key(request)? {
        Some(key) => SharedId::from_idempotency_key(caller, key),
        None => SharedId::from_random(runtime::random()),
    };
    runtime::log_conversation_id(&shared_id);

    let order = new.place(&shared_id, &customer, now);
    let id = MessageId::from_random(runtime::random());
    let first = Message::system(shared_id.conversation_id(), 1, id, System::OrderCreated { by: caller.clone() }, now);
    let head = Head::new(&order, first);

    if let CreateOutcome::Exists { fingerprint: theirs } = app.store.create_order(&order, &head, &fingerprint).await? {
        return if theirs == fingerprint {
            existing_order(app, caller, &shared_id).await
        } else {
            Err(idempotency_mismatch().into())
        };
    }

    match app.store.audience(&order.customer_id).await {
        Ok(audience) => {
            let placed = ServerEvent::OrderCreated { order: order.clone(), conversation: Conversation::of(&head) };
            let event = placed.to_text();
            app.fan_out(&audience, now, |_| Some(&event)).await;
        }
        // The order is stored. An error would make the client place it again. Clients get it with
        // their next sync.
        Err(error) => tracing::error!(%error, "the event of a new order could not be pushed"),
    }

    Reply::json(201, &OrderAnswer { order, conversation: Conversation::seen_by(&head, caller) })
}

/// Answers a repeated request with the order as it is now.
async fn existing_order(app: &App, caller: &Person, shared_id: &SharedId) -> Result<Reply, Failure> {
    let found = app.store.order(shared_id, caller).await?;
    let (order, head) = found.ok_or_else(|| Failure::internal("the order exists, but it could not be read"))?;
    Reply::json(200, &OrderAnswer { order, conversation: Conversation::seen_by(&head, caller) })
}

/// The customer of the order. A customer orders for themselves, and the body's customer is ignored.
/// An admin orders for the customer in the body.
fn customer(caller: &Person, mut body: OrderRequest) -> Result<(Person, OrderRequest), Problem> {
    if !caller.is_admin() {
        body.customer_id = None;
        body.customer_name = None;
        return Ok((caller.clone(), body));
    }
    let user_id = body.customer_id.clone().unwrap_or_default();
    if !domain::is_user_id(&user_id) {
        return Err(Problem::invalid(
            "customerId",
            "must be a user id of 1 to 128 bytes when an admin places an order",
        ));
    }
    let name = body.customer_name.clone().unwrap_or_default();
    let length = name.chars().count();
    if !(1..=200).contains(&length) || name.chars().any(char::is_control) {
        return Err(Problem::invalid("customerName", "must have 1 to 200 characters when an admin places an order"));
    }
    Ok((Person { user_id, role: Role::Customer, name: domain::cut_name(name) }, body))
}

fn idempotency_key(request: &RestRequest) -> Result<Option<&str>, Problem> {
    // An unreadable key is an error. Without a key every repeat would place another order.
    match request.header("idempotency-key") {
        None => Ok(None),
        Some(Ok(key)) if (1..=128).contains(&key.chars().count()) => Ok(Some(key)),
        Some(_) => Err(Problem::invalid("Idempotency-Key", "must have 1 to 128 ASCII characters")),
    }
}

/// A digest of the request. It detects an idempotency key that is used again for a different order.
fn fingerprint(body: &OrderRequest) -> Result<String, Failure> {
    let text = serde_json::to_vec(body).map_err(Failure::internal)?;
    Ok(HEXLOWER.encode(&Sha256::digest(text)))
}

fn idempotency_mismatch() -> Problem {
    let detail = "This Idempotency-Key was used for a different order. Use a new key for a new order.";
    Problem::new(Code::IdempotencyMismatch, detail)
}
