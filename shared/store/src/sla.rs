//! Reads the policy of the SLA, and computes the clocks of a conversation under it.

use domain::{ConversationStatus, Head, SlaClock, SlaFacts, SlaPolicy, Time};

use crate::{Error, Store};

/// The shop's SLA.
#[derive(Clone, Debug, Default)]
pub struct Sla {
    policy: Option<SlaPolicy>,
    /// Which policy it is: when it was set, in milliseconds. 0 if none was ever set.
    pub version: i64,
}

impl Sla {
    /// The policy; `None` if the shop has none.
    pub fn policy(&self) -> Option<&SlaPolicy> {
        self.policy.as_ref()
    }

    /// The clocks of a conversation at `now`, the one that ends first at the beginning.
    pub fn clocks(&self, head: &Head, now: Time) -> Vec<SlaClock> {
        let mut clocks = self.policy().map_or_else(Vec::new, |policy| policy.clocks(&facts(head), now));
        clocks.sort_by_key(|clock| clock.due);
        clocks
    }

    /// The clock whose time is over at `now` without a record of it.
    pub fn breached(&self, head: &Head, now: Time) -> Option<SlaClock> {
        self.policy()?.breached(&facts(head), now)
    }

    /// When the next breach has to be recorded; `None` if no clock runs.
    pub fn next_due(&self, head: &Head, now: Time) -> Option<Time> {
        self.policy()?.next_due(&facts(head), now)
    }
}

impl Store {
    /// The SLA as it is now.
    pub async fn sla(&self) -> Result<Sla, Error> {
        let stored = self.stored_policy().await?;
        Ok(stored.map_or_else(Sla::default, |stored| Sla { policy: stored.policy, version: stored.version }))
    }
}

fn facts(head: &Head) -> SlaFacts<'_> {
    SlaFacts {
        desk: &head.desk,
        is_active: head.status == ConversationStatus::Active,
        is_final: head.order.status.is_final(),
        placed_at: head.order.created_at,
    }
}
