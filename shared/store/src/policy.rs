//! The policy of the SLA as a process has read it, and the clocks of a conversation under it.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{ConversationStatus, Head, SlaClock, SlaFacts, SlaPolicy, Time};

/// For how long a process uses the policy that it has read, in milliseconds.
const FRESH_MS: u64 = 60_000;

/// The policy as a process has last read it, and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyCache(Arc<Mutex<Option<(Time, Sla)>>>);

impl PolicyCache {
    /// The SLA, if it was read within a minute of `now`.
    pub(crate) fn recent(&self, now: Time) -> Option<Sla> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, sla) = cached.as_ref().filter(|(at, _)| now.millis().abs_diff(at.millis()) < FRESH_MS)?;
        Some(sla.clone())
    }

    pub(crate) fn set(&self, read: Option<(Time, Sla)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = read;
    }
}

/// The shop's SLA.
#[derive(Clone, Debug, Default)]
pub struct Sla {
    policy: Option<Arc<SlaPolicy>>,
    /// Which policy it is: when it was set, in milliseconds. 0 if none was ever set.
    pub version: i64,
}

impl Sla {
    pub(crate) fn new(policy: Option<SlaPolicy>, version: i64) -> Self {
        Self { policy: policy.map(Arc::new), version }
    }

    /// The policy; `None` if the shop has none.
    pub fn policy(&self) -> Option<&SlaPolicy> {
        self.policy.as_deref()
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

fn facts(head: &Head) -> SlaFacts<'_> {
    SlaFacts {
        desk: &head.desk,
        is_active: head.status == ConversationStatus::Active,
        is_final: head.order.status.is_final(),
        placed_at: head.order.created_at,
    }
}
