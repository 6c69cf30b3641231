//! The states of the rate limit that a head has for admins.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::{Person, Time, limits};

/// The most states of admins' rate limits in a head.
pub(crate) const MAX_ADMIN_RATE_LIMITS: usize = 4;

/// The states after that of `sender` has become `next`: without those that limit nobody, and at most
/// [`MAX_ADMIN_RATE_LIMITS`]. Those that limit longest are kept.
pub(crate) fn admin_rate_limits(
    states: BTreeMap<String, i64>,
    sender: &Person,
    next: i64,
    now: Time,
) -> BTreeMap<String, i64> {
    let others = states.into_iter().filter(|(user_id, _)| *user_id != sender.user_id);
    let mut others: Vec<_> = others.filter(|(_, state)| limits(*state, now)).collect();
    others.sort_by_key(|(_, state)| Reverse(*state));
    others.truncate(MAX_ADMIN_RATE_LIMITS - 1);
    others.into_iter().chain([(sender.user_id.clone(), next)]).collect()
}
