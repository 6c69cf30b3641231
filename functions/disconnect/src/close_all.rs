//! `DELETE /api/chat/users/{userId}/connections`: somebody has logged out, or is no longer what their connections say.

use domain::Time;
use futures_util::{StreamExt, TryStreamExt, stream};
use protocol::{ClosedAnswer, Problem};
use runtime::{App, Failure, Reply, Rest};
use store::Connection;

/// Connections that are closed at once.
const AT_ONCE: usize = 32;

pub(crate) async fn close_all(app: &App, request: &Rest, now: Time) -> Result<Reply, Failure> {
    if !request.caller()?.person.is_admin() {
        return Err(Problem::forbidden().into());
    }
    let user_id = request.user_id()?;
    // Nobody says whether it is a customer's id or an admin's.
    let audience = app.store.audience(user_id).await?;
    let theirs: Vec<_> = audience.connections().filter(|connection| connection.user_id == user_id).collect();
    let closing: Vec<_> = theirs.iter().map(|connection| close(app, connection, now)).collect();
    let closed: Vec<bool> = stream::iter(closing).buffer_unordered(AT_ONCE).try_collect().await?;
    if closed.contains(&false) {
        return Err(Failure::internal("a connection could not be closed"));
    }
    Reply::json(200, &ClosedAnswer { closed: closed.len() })
}

/// Forgets it first: from then on nothing is pushed to it, also if it cannot be closed just now.
async fn close(app: &App, connection: &Connection, now: Time) -> Result<bool, Failure> {
    app.store.end(&connection.user_id, connection.role, &connection.id, now).await?;
    Ok(app.push.close(&connection.id).await)
}
