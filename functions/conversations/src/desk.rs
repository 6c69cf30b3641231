//! `GET /api/chat/conversations/{id}/desk`: a page of the shop's log, for admins.

use protocol::{DeskPage, DeskQuery, Problem};
use runtime::{App, Failure, Reply, RestRequest};

pub(crate) async fn desk(app: &App, request: &RestRequest) -> Result<Reply, Failure> {
    if !request.caller()?.person.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let shared_id = request.shared_id("id")?;
    let DeskQuery { after, limit } = request.query()?;
    let limit = protocol::limit(limit, 50)?;

    let page = app.store.desk_log(&shared_id, after.unwrap_or(0), limit).await?.ok_or_else(Problem::not_found)?;
    Reply::json(200, &DeskPage { entries: page.entries, desk_seq: page.desk_seq, has_more: page.has_more })
}
