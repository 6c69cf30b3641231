//! What admins work with besides the conversations: views with counts, the shop's tags, canned
//! responses and SLA, and actions on many conversations at once.

mod access;
mod bulk;
mod canned_responses;
mod fill_in;
mod push;
mod sla;
mod tags;

use std::sync::Arc;

use protocol::{AdminEntry, AdminList, Problem, Views};
use runtime::{App, Environment, Event, Failure, Function, Reply, RestRequest, SdkConfig, StartError};
use store::ViewCounts;

/// Starts the function. Returns an error if a setting is missing or invalid.
pub fn start(environment: &Environment, sdk: &SdkConfig) -> Result<Function, StartError> {
    Ok(runtime::serve(App::start(environment, sdk)?, handle))
}

async fn handle(app: Arc<App>, event: Event) -> Result<Reply, Failure> {
    let Event::Rest(request) = &event else { return Err(Failure::unexpected(&event)) };
    let now = app.now();
    if !request.caller()?.person.is_admin() {
        return Err(Problem::forbidden().into());
    }
    match request.route.as_str() {
        "GET /api/chat/admins" => admins(&app).await,
        "GET /api/chat/views" => views(&app, request).await,
        "GET /api/chat/tags" => tags::list(&app).await,
        "POST /api/chat/tags" => tags::create(&app, request, now).await,
        "PATCH /api/chat/tags/{id}" => tags::change(&app, request, now).await,
        "DELETE /api/chat/tags/{id}" => tags::delete(&app, request, now).await,
        "GET /api/chat/canned-responses" => canned_responses::list(&app, request).await,
        "POST /api/chat/canned-responses" => canned_responses::create(&app, request, now).await,
        "PATCH /api/chat/canned-responses/{id}" => canned_responses::change(&app, request, now).await,
        "DELETE /api/chat/canned-responses/{id}" => canned_responses::delete(&app, request, now).await,
        "GET /api/chat/sla" => sla::get(&app).await,
        "PUT /api/chat/sla" => sla::set(&app, request, now).await,
        "POST /api/chat/bulk" => bulk::bulk(&app, request, now).await,
        _ => Err(Failure::unexpected(&event)),
    }
}

/// The admins whom a conversation can be assigned to, by name.
async fn admins(app: &App) -> Result<Reply, Failure> {
    let mut items: Vec<AdminEntry> = Vec::new();
    for admin in app.store.admins().await? {
        items.push(AdminEntry { user_id: admin.user_id, name: admin.name });
    }
    items.sort_by(|one, other| (&one.name, &one.user_id).cmp(&(&other.name, &other.user_id)));
    Reply::json(200, &AdminList { items })
}

/// How many conversations each view of the caller has.
async fn views(app: &App, request: &RestRequest) -> Result<Reply, Failure> {
    let ViewCounts { mine, unassigned, snoozed, all } = app.store.view_counts(&request.caller()?.person).await?;
    Reply::json(200, &Views { mine, unassigned, snoozed, all })
}
