//! `GET /api/chat/conversations/{id}/messages`: a page of messages and changes.

use protocol::{History, HistoryQuery, Problem};
use runtime::{App, Failure, Reply, RestRequest};
use store::{HistoryPage, Window};

pub(crate) async fn history(app: &App, request: &RestRequest) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    let shared_id = request.shared_id("id")?;
    let query: HistoryQuery = request.query()?;
    let limit = protocol::limit(query.limit, 50)?;
    let window = match (query.before, query.after) {
        (None, None) => Window::Newest,
        (Some(seq), None) => Window::Before(seq),
        (None, Some(seq)) => Window::After(seq),
        (Some(_), Some(_)) => return Err(Problem::invalid("before", "cannot be combined with `after`").into()),
    };

    let page = app.store.history(&shared_id, window, limit).await?;
    let page = page.filter(|page| page.head.has_participant(caller)).ok_or_else(Problem::not_found)?;
    let HistoryPage { messages, changes, others, last_seq, has_more, .. } = page;
    Reply::json(200, &History { messages, changes, others, last_seq, has_more })
}
