//! Reads the policy of the SLA.

use domain::Time;

use crate::policy::Sla;
use crate::{Error, Store};

impl Store {
    /// The SLA as it is now.
    pub async fn sla(&self) -> Result<Sla, Error> {
        self.read_sla(true).await
    }

    /// The SLA as it was at most a minute before `now`. Reads it once a minute in each process.
    pub async fn recent_sla(&self, now: Time) -> Result<Sla, Error> {
        if let Some(sla) = self.sla_policy.recent(now) {
            return Ok(sla);
        }
        let sla = self.read_sla(false).await?;
        self.sla_policy.set(Some((now, sla.clone())));
        Ok(sla)
    }

    async fn read_sla(&self, consistent: bool) -> Result<Sla, Error> {
        let stored = self.stored_policy(consistent).await?;
        Ok(stored.map_or_else(Sla::default, |stored| Sla::new(stored.policy, stored.version)))
    }
}
