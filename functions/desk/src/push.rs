//! Tells the open pages of admins what was set.

use domain::Time;
use protocol::{Event, Settings};
use runtime::{App, Failure};
use store::{Audience, Connections};

/// Pushes to all admins that they have to fetch `what` again. For what only one admin has, `only` is
/// that admin's user id.
pub(crate) async fn settings_updated(app: &App, what: Settings, only: Option<&str>, now: Time) -> Result<(), Failure> {
    let shop = app.store.admin_connections().await?;
    let admins = Audience { customer: Connections::default(), shop };
    let event = Event::SettingsUpdated { what }.to_text();
    let is_meant = |user_id: &str| only.is_none_or(|only| only == user_id);
    app.fan_out(&admins, now, |connection| is_meant(&connection.user_id).then_some(event.as_str())).await;
    Ok(())
}
