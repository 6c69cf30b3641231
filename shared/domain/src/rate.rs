//! How fast one user may send in one conversation: the generic cell rate algorithm (GCRA).
//!
//! All state is one number, the *theoretical arrival time*: when the messages so far would have arrived had they
//! kept the steady pace. It lies in the conversation's head, so a send checks and moves it in the write it makes anyway.

use crate::Time;

/// How many messages may come at once.
pub const BURST: i64 = 20;

/// Milliseconds until one more is allowed: two a second.
pub const INTERVAL_MS: i64 = 500;

/// How far the clocks of two instances may disagree, in milliseconds, while both still enforce one limit.
const CLOCK_SKEW_MS: i64 = 5_000;

/// How far ahead of `now` a state may lie: as far as a whole burst moves it, by a clock that is ahead itself.
const MAX_AHEAD_MS: i64 = BURST * INTERVAL_MS + CLOCK_SKEW_MS;

/// Too fast.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RateLimited {
    /// Milliseconds until the same message would be admitted.
    pub retry_after_ms: i64,
}

/// Admits a message at `now` after `arrival`, the state that the one before left (`None` before the first);
/// answers the new state. A state too far ahead was left before the clock was set back, and counts as none.
pub fn admit(arrival: Option<i64>, now: Time) -> Result<i64, RateLimited> {
    let now = now.millis();
    let next = arrival.filter(|state| *state <= now + MAX_AHEAD_MS).unwrap_or(now).max(now) + INTERVAL_MS;
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
        /// Whatever a clock said before, nobody waits longer than clocks may disagree, and waiting as told is enough.
        #[test]
        fn a_clock_that_steps_back_locks_nobody_out(step in 0i64..8_000_000_000, sent in 1usize..40) {
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

        /// Two instances whose clocks disagree a little admit no more than one whose clock is the faster of the two.
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
                        // Waiting as told is enough, and nothing less is.
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
