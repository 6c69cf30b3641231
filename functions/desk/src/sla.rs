//! The shop's SLA. Only admins can change it.

use domain::Time;
use protocol::{SetSla, Settings, Sla};
use runtime::{App, Failure, Reply, RestRequest};

use crate::access::only_for_admins;
use crate::push::settings_updated;

pub(crate) async fn get(app: &App) -> Result<Reply, Failure> {
    let sla = app.store.sla().await?;
    Reply::json(200, &Sla { policy: sla.policy().cloned() })
}

/// Sets the policy, or removes it.
pub(crate) async fn set(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    only_for_admins(request.caller()?)?;
    let SetSla { policy } = request.body()?;

    app.store.put_sla_policy(policy.clone(), now).await?;
    settings_updated(app, Settings::Sla, None, now).await?;
    Reply::json(200, &Sla { policy })
}
