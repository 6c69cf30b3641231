//! `GET /api/chat/conversations`: the inbox in pages, last activity first; with `q` a search in it.

use domain::{Person, Search, Time};
use protocol::{Conversation, ConversationPage, InboxQuery, PageCursor, Problem};
use runtime::{App, Failure, Reply, RestRequest};
use store::{InboxFilter, Queue};

pub(crate) async fn inbox(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    let query: InboxQuery = request.query()?;
    let limit = protocol::limit(query.limit, 25)?;
    let as_of = domain::as_of(now);
    let since = query.since.and_then(|since| domain::valid_since(since, now));
    let filter = filter(caller, &query, since)?;
    let search = query.q.as_deref().map(Search::new).transpose()?;
    let narrowed = (&query.assignee, query.snoozed, &query.tag, query.priority);
    let cursors = match &query.q {
        Some(q) => PageCursor::of(caller, "search", &(query.status, query.since, narrowed, q)),
        None => PageCursor::of(caller, "inbox", &(query.status, query.since, narrowed)),
    };
    let behind = query.cursor.map(|cursor| cursors.parse(&cursor)).transpose()?;

    let read = async {
        match &search {
            Some(search) => app.store.search(caller, &filter, search, limit, behind.as_ref()).await,
            None => app.store.inbox(caller, &filter, limit, behind.as_ref()).await,
        }
    };
    let (page, sla) = tokio::try_join!(read, app.sla_for(caller))?;
    let of = |head| Conversation::seen_by(head, caller).with_sla(sla.clocks(head, now));
    let items = page.heads.iter().map(of).collect();
    let next_cursor = page.next.as_ref().map(|next| cursors.encode(next));
    let searched_to = page.next.filter(|_| search.is_some()).map(|next| next.at);
    Reply::json(200, &ConversationPage { items, next_cursor, as_of, searched_to })
}

/// What a list is narrowed to. Only admins can ask for what the shop decided.
fn filter(caller: &Person, query: &InboxQuery, since: Option<Time>) -> Result<InboxFilter, Problem> {
    let snoozed = query.snoozed.unwrap_or(false);
    let asks = snoozed || query.assignee.is_some() || query.tag.is_some() || query.priority.is_some();
    if asks && !caller.is_admin() {
        return Err(Problem::forbidden());
    }
    let queue = match &query.assignee {
        Some(_) if snoozed => return Err(Problem::invalid("snoozed", "cannot be combined with `assignee`")),
        None => snoozed.then_some(Queue::Snoozed),
        Some(nobody) if nobody == "none" => Some(Queue::Unassigned),
        Some(user_id) if domain::is_user_id(user_id) => Some(Queue::AssignedTo(user_id.clone())),
        Some(_) => return Err(Problem::invalid("assignee", "must be a user id or `none`")),
    };
    Ok(InboxFilter { status: query.status, since, queue, tag: query.tag.clone(), priority: query.priority })
}
