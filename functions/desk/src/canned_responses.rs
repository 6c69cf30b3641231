//! Canned responses: those of the shop, which only admins can change, and everybody's own.

use domain::{CannedResponse, MAX_CANNED_RESPONSES, MAX_QUICK_REPLIES, TagId, Time};
use protocol::{CannedResponseAnswer, CannedResponseList, CannedResponseRequest, Problem, Settings};
use runtime::{App, Caller, Failure, Reply, RestRequest};
use store::{CannedResponsesOf, Put};

use crate::access::only_for_admins;
use crate::push::settings_updated;

pub(crate) async fn list(app: &App, request: &RestRequest) -> Result<Reply, Failure> {
    all_of(app, request.caller()?).await
}

pub(crate) async fn create(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = request.caller()?;
    let asked: CannedResponseRequest = request.body()?;
    let response = checked(TagId::from_random(runtime::random()), asked)?;
    let all = app.store.canned_responses(owner(caller, response.personal)).await?;
    let others = others(caller, &response, all)?;
    if others.len() >= MAX_CANNED_RESPONSES {
        let problem = format!("there are {MAX_CANNED_RESPONSES} canned responses, the most there can be");
        return Err(Problem::invalid("body", &problem).into());
    }

    app.store.put_canned_response(owner(caller, response.personal), &response, Put::New).await?;
    updated(app, caller, response.personal, now).await?;
    Reply::json(201, &CannedResponseAnswer { canned_response: response })
}

pub(crate) async fn change(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = request.caller()?;
    let id: TagId = request.parameter("id").parse().map_err(|_| Problem::not_found())?;
    let asked: CannedResponseRequest = request.body()?;
    // Whose it is cannot be changed.
    let own = app.store.canned_responses(owner(caller, true)).await?;
    let personal = own.iter().any(|own| own.id == id);
    let response = checked(id, CannedResponseRequest { personal, ..asked })?;
    let all = if personal { own } else { app.store.canned_responses(CannedResponsesOf::Shop).await? };
    others(caller, &response, all)?;

    let of = owner(caller, response.personal);
    if !app.store.put_canned_response(of, &response, Put::Replace).await? {
        return Err(Problem::not_found().into());
    }
    updated(app, caller, response.personal, now).await?;
    Reply::json(200, &CannedResponseAnswer { canned_response: response })
}

/// Deletes one of the caller's own, or one of the shop's.
pub(crate) async fn delete(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = request.caller()?;
    let id: TagId = request.parameter("id").parse().map_err(|_| Problem::not_found())?;

    let personal = app.store.delete_canned_response(owner(caller, true), &id).await?;
    if !personal {
        only_for_admins(caller)?;
        if !app.store.delete_canned_response(CannedResponsesOf::Shop, &id).await? {
            return Err(Problem::not_found().into());
        }
    }
    updated(app, caller, personal, now).await?;
    all_of(app, caller).await
}

async fn all_of(app: &App, caller: &Caller) -> Result<Reply, Failure> {
    let (shop, own) = tokio::try_join!(
        app.store.canned_responses(CannedResponsesOf::Shop),
        app.store.canned_responses(owner(caller, true))
    )?;
    let mut items = [own, shop].concat();
    items.sort_by(|one, other| (&one.shortcut, &one.id).cmp(&(&other.shortcut, &other.id)));
    Reply::json(200, &CannedResponseList { items })
}

fn owner(caller: &Caller, personal: bool) -> CannedResponsesOf<'_> {
    if personal { CannedResponsesOf::Admin(&caller.person.user_id) } else { CannedResponsesOf::Shop }
}

fn checked(id: TagId, asked: CannedResponseRequest) -> Result<CannedResponse, Problem> {
    let CannedResponseRequest { shortcut, title, body, personal, quick_reply } = asked;
    Ok(CannedResponse { id, shortcut, title, body, personal, quick_reply }.checked()?)
}

/// Those of the list beside this one. Refuses it if the caller may not change them, if its
/// shortcut is taken, or if too many of them are quick replies.
fn others(
    caller: &Caller,
    response: &CannedResponse,
    mut others: Vec<CannedResponse>,
) -> Result<Vec<CannedResponse>, Problem> {
    if !response.personal {
        only_for_admins(caller)?;
    }
    others.retain(|other| other.id != response.id);
    if others.iter().any(|other| other.shortcut == response.shortcut) {
        return Err(Problem::invalid("shortcut", "another canned response has this shortcut"));
    }
    let quick_replies = others.iter().filter(|other| other.quick_reply).count();
    if response.quick_reply && quick_replies >= MAX_QUICK_REPLIES {
        let problem = format!("{MAX_QUICK_REPLIES} canned responses are quick replies, the most there can be");
        return Err(Problem::invalid("quickReply", &problem));
    }
    Ok(others)
}

async fn updated(app: &App, caller: &Caller, personal: bool, now: Time) -> Result<(), Failure> {
    let only = personal.then_some(caller.person.user_id.as_str());
    settings_updated(app, Settings::CannedResponses, only, now).await
}
