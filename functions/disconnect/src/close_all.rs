//! `DELETE /api/chat/users/{userId}/connections`: closes all connections of a user, for example
//! after a log-out or a change of role.

use domain::Time;
use futures_util::{StreamExt, stream};
use protocol::{ClosedAnswer, Problem};
use push::Outcome;
use runtime::{App, Failure, Reply, RestRequest};
use store::Connection;

/// The most connections that are closed concurrently.
const MAX_CONCURRENT: usize = 32;

pub(crate) async fn close_all(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    if !request.caller()?.person.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let user_id = request.user_id()?;
    // The id may be a customer's or an admin's, so both are read.
    let audience = app.store.audience(user_id).await?;
    let theirs: Vec<_> = audience.connections().filter(|connection| connection.user_id == user_id).collect();
    let closing: Vec<_> = theirs.iter().map(|connection| close(app, connection, now)).collect();
    // Closes every connection, also after one fails.
    let closed: Vec<Result<(), Failure>> = stream::iter(closing).buffer_unordered(MAX_CONCURRENT).collect().await;
    closed.into_iter().collect::<Result<(), Failure>>()?;
    Reply::json(200, &ClosedAnswer { closed: theirs.len() })
}

/// Closes a connection, then deletes its row. In this order a repeated request still finds a
/// connection whose closing failed.
async fn close(app: &App, connection: &Connection, now: Time) -> Result<(), Failure> {
    match app.push.close(&connection.id).await {
        Outcome::Accepted => {}
        Outcome::Gone if runtime::is_past_handshake(connection, now) => {}
        Outcome::Gone | Outcome::Failed => return Err(Failure::internal("a connection could not be closed")),
    }
    app.store.end_connection(&connection.user_id, connection.role, &connection.id, now, now).await?;
    Ok(())
}
