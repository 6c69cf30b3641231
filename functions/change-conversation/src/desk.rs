//! `POST /api/chat/conversations/{id}/desk`: an admin writes a note, or decides something about a
//! conversation.

use domain::Time;
use operations::DeskState;
use protocol::{Desk, DeskAction, DeskAnswer, DeskRequest, Problem};
use runtime::{App, Failure, Reply, RestRequest};
use store::DeskDraft;

pub(crate) async fn add(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let by = &request.caller()?.person;
    if !by.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let shared_id = request.shared_id("id")?;
    let request: DeskRequest = request.body()?;
    let (change_id, seen_desk_seq) = (request.change_id, request.seen_desk_seq);
    let Ok([action]) = <[DeskAction; 1]>::try_from(request.desk_actions()) else {
        let problem = "must have exactly one of `note`, `assign`, `tag`, `prioritize`, `snooze`, `wake` and `settle`";
        return Err(Problem::invalid("body", problem).into());
    };
    let operation = operations::desk_operation(app, action, now).await?;
    let draft = DeskDraft { shared_id, by: by.clone(), change_id, operation, seen_desk_seq, now };

    let DeskState { entry, head, duplicate, sla } = operations::add_to_desk(app, &draft).await?;
    let desk = Desk::of(&head.desk, sla.clocks(&head, now));
    let status = if duplicate { 200 } else { 201 };
    Reply::json(status, &DeskAnswer { entry, desk, desk_seq: head.desk_seq })
}
