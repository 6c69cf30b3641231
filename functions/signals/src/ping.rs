//! The heartbeat: shows that the connection works, and whether a sync would find something.

use domain::{Person, Time};
use protocol::{AckBody, Shop};
use runtime::{App, ConnectedCaller, Failure, Reply};
use store::Error;

/// Answers a heartbeat. A customer also gets the shop's presence.
pub(crate) async fn ping(
    app: &App,
    connected: &ConnectedCaller,
    as_of: Option<Time>,
    now: Time,
) -> Result<Reply, Failure> {
    let person = &connected.caller.person;
    let (shop, changed, ()) = tokio::try_join!(
        shop_presence(app, person, now),
        changed(app, person, as_of, now),
        app.store.refresh_if_due(person, &connected.id, now),
    )?;
    Ok(Reply::ack(AckBody::Pong { server_time: now, shop, changed }))
}

async fn shop_presence(app: &App, person: &Person, now: Time) -> Result<Option<Shop>, Error> {
    if person.is_admin() {
        return Ok(None);
    }
    Ok(Some(runtime::shop_presence(&app.store.admin_connections().await?, now)))
}

/// Returns whether a sync since `as_of` would find something; `None` without `as_of`.
async fn changed(app: &App, person: &Person, as_of: Option<Time>, now: Time) -> Result<Option<bool>, Error> {
    let Some(as_of) = as_of else { return Ok(None) };
    match domain::valid_since(as_of, now) {
        Some(since) => app.store.is_active_since(person, since).await.map(Some),
        // A sync ignores such a time too, and then finds everything.
        None => Ok(Some(true)),
    }
}
