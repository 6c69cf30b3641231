//! `GET /api/chat/conversations`: the inbox in pages, last activity first; with `q` a search in it.

use domain::{Search, Time};
use protocol::{Conversation, ConversationPage, InboxQuery, PageCursor};
use runtime::{App, Failure, Reply, RestRequest};
use store::InboxFilter;

pub(crate) async fn inbox(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    let query: InboxQuery = request.query()?;
    let limit = protocol::limit(query.limit, 25)?;
    let as_of = domain::as_of(now);
    let since = query.since.and_then(|since| domain::valid_since(since, now));
    let filter = InboxFilter { status: query.status, since };
    let search = query.q.as_deref().map(Search::new).transpose()?;
    let cursors = match &query.q {
        Some(q) => PageCursor::of(caller, "search", &(query.status, query.since, q)),
        None => PageCursor::of(caller, "inbox", &(query.status, query.since)),
    };
    let behind = query.cursor.map(|cursor| cursors.parse(&cursor)).transpose()?;

    let page = match &search {
        Some(search) => app.store.search(caller, filter, search, limit, behind.as_ref()).await?,
        None => app.store.inbox(caller, filter, limit, behind.as_ref()).await?,
    };
    let items = page.heads.iter().map(|head| Conversation::seen_by(head, caller)).collect();
    let next_cursor = page.next.as_ref().map(|next| cursors.encode(next));
    let searched_to = page.next.filter(|_| search.is_some()).map(|next| next.at);
    Reply::json(200, &ConversationPage { items, next_cursor, as_of, searched_to })
}
