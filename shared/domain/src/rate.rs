//! The rate limit of one user in one conversation: the generic cell rate algorithm (GCRA).
//!
//! The state is one number, the *theoretical arrival time* in milliseconds since 1970: when the
//! messages so far would have arrived at the steady rate. It is stored in the conversation's head,
//! so a send checks and updates it in a write that it makes anyway.

use crate::Time;

/// The most messages at once.
pub const BURST: i64 = 20;

/// Milliseconds until one more message is allowed: two messages a second.
pub const INTERVAL_MS: i64 = 500;

/// The most by which the clocks of two instances may differ, in milliseconds, while both still
/// enforce one limit.
const CLOCK_SKEW_MS: i64 = 5_000;

/// The most by which a state may be ahead of `now`, in milliseconds: a whole burst, written by an
/// instance whose clock is ahead.
const MAX_AHEAD_MS: i64 = BURST * INTERVAL_MS + CLOCK_SKEW_MS;

/// The error for a message that exceeds the rate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RateLimited {
    /// Milliseconds until the same message would be accepted.
    pub retry_after_ms: i64,
}

/// Returns true if `state` says more than no state at `now`: it is ahead, but not too far. A state
/// that is too far ahead was written before the clock was set back.
pub fn limits(state: i64, now: Time) -> bool {
    (1..=MAX_AHEAD_MS).contains(&state.saturating_sub(now.millis()))
}

/// Checks a message that arrives at `now`. `arrival` is the state after the previous message,
/// `None` for the first. Returns the new state. A state that does not limit counts as `None`.
pub fn admit(arrival: Option<i64>, now: Time) -> Result<i64, RateLimited> {
    let arrival = arrival.filter(|state| limits(*state, now));
    let now = now.millis();
    let next = arrival.unwrap_or(now) + INTERVAL_MS;
    let ahead = next - now - BURST * INTERVAL_MS;
    if ahead > 0 { Err(RateLimited { retry_after_ms: ahead }) } else { Ok(next) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: i64) -> Time {
        Time::from_millis(millis).unwrap()
    }

    #[test]
    fn a_burst_then_two_a_second() {
        let mut state = None;
        for _ in 0..BURST {
            state = Some(admit(state, at(0)).unwrap());
        }
        assert_eq!(admit(state, at(0)), Err(RateLimited { retry_after_ms: 500 }));
        assert_eq!(admit(state, at(499)), Err(RateLimited { retry_after_ms: 1 }));
        assert!(admit(state, at(500)).is_ok());
    }

    proptest! {
        /// After a clock was set back, a sender waits at most for the allowed clock difference, and
        /// `retry_after_ms` is long enough.
        #[test]
        fn a_clock_that_is_set_back_keeps_waits_short(step in 0i64..8_000_000_000, sent in 1usize..40) {
            let mut state = None;
            for _ in 0..sent {
                state = admit(state, at(8_000_000_000)).ok().or(state);
            }
            let now = 8_000_000_000 - step;
            if let Err(limited) = admit(state, at(now)) {
                prop_assert!(limited.retry_after_ms <= CLOCK_SKEW_MS + INTERVAL_MS);
                prop_assert!(admit(state, at(now + limited.retry_after_ms)).is_ok());
            }
            if step > MAX_AHEAD_MS {
                prop_assert_eq!(admit(state, at(now)), admit(None, at(now)), "as if nothing had been sent");
            }
        }

        /// Two instances with slightly different clocks admit no more messages than one instance
        /// with the faster clock.
        #[test]
        fn instances_that_disagree_enforce_one_limit(
            skew in 0i64..=CLOCK_SKEW_MS, sends in prop::collection::vec((0i64..600, any::<bool>()), 1..200),
        ) {
            let (mut state, mut now, mut admitted) = (None, 0, 0i64);
            for (gap, ahead) in sends {
                now += gap;
                if let Ok(next) = admit(state, at(now + if ahead { skew } else { 0 })) {
                    (state, admitted) = (Some(next), admitted + 1);
                }
            }
            prop_assert!(admitted <= BURST + (now + skew) / INTERVAL_MS, "{admitted} in {now} ms");
        }

        #[test]
        fn no_window_admits_more_than_burst_and_pace(gaps in prop::collection::vec(0i64..1_500, 1..200)) {
            let (mut state, mut now, mut admitted) = (None, 0, Vec::new());
            for gap in gaps {
                now += gap;
                match admit(state, at(now)) {
                    Ok(next) => { state = Some(next); admitted.push(now); }
                    Err(limited) => {
                        // `retry_after_ms` is exact: waiting that long is enough, and one
                        // millisecond less is not.
                        prop_assert!(admit(state, at(now + limited.retry_after_ms)).is_ok());
                        prop_assert!(admit(state, at(now + limited.retry_after_ms - 1)).is_err());
                    }
                }
            }
            for (i, first) in admitted.iter().enumerate() {
                for (j, last) in admitted.iter().enumerate().skip(i) {
                    prop_assert!(i64::try_from(j - i + 1).unwrap() <= BURST + (last - first) / INTERVAL_MS);
                }
            }
        }
    }
}
