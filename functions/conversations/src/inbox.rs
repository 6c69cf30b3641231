//! `GET /api/chat/conversations`: the inbox in pages, last activity first.

use domain::Time;
use protocol::{Conversation, ConversationPage, InboxQuery, PageCursor};
use runtime::{App, Failure, Reply, RestRequest};
use store::InboxFilter;

/// How far `asOf` lies before the time of the request, in milliseconds. This is more than the delay
/// of the index and the difference between clocks, so the next sync misses nothing.
const OVERLAP_MS: i64 = 60_000;

pub(crate) async fn inbox(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    let query: InboxQuery = request.query()?;
    let limit = protocol::limit(query.limit, 25)?;
    let cursors = PageCursor::of(caller, "inbox", &(query.status, query.since));
    let behind = query.cursor.map(|cursor| cursors.parse(&cursor)).transpose()?;

    let filter = InboxFilter { status: query.status, since: query.since };
    let page = app.store.inbox(caller, filter, limit, behind.as_ref()).await?;
    let items = page.heads.iter().map(|head| Conversation::seen_by(head, caller)).collect();
    let next_cursor = page.next.map(|next| cursors.encode(&next));
    Reply::json(200, &ConversationPage { items, next_cursor, as_of: now.plus_millis(-OVERLAP_MS) })
}
