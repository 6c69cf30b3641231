//! `GET /api/chat/conversations/{id}/search`: the messages of one conversation that contain words.

use domain::Search;
use protocol::{FoundMessage, MessageSearchQuery, MessagesFound, Problem, TextRange};
use runtime::{App, Failure, Reply, RestRequest};
use store::MessageSearch;

pub(crate) async fn search(app: &App, request: &RestRequest) -> Result<Reply, Failure> {
    let caller = &request.caller()?.person;
    let shared_id = request.shared_id("id")?;
    let query: MessageSearchQuery = request.query()?;
    let limit = protocol::limit(query.limit, 20)?;
    let search = Search::new(&query.q)?;

    let result = app.store.search_messages(caller, &shared_id, &search, query.before, limit).await?;
    let MessageSearch { found, searched_to } = result.ok_or_else(Problem::not_found)?;
    let items = found.into_iter().map(|(message, places)| {
        let matches = places.into_iter().map(|place| TextRange { start: place.start, end: place.end }).collect();
        FoundMessage { message, matches }
    });
    Reply::json(200, &MessagesFound { items: items.collect(), searched_to })
}
