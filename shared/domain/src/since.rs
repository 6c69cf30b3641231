//! The time since which a client asks what it has missed.

use crate::Time;

/// How far `asOf` lies before the time of its answer, in milliseconds. This is more than the delay
/// of an index and the difference between clocks, so the next sync misses nothing.
const OVERLAP_MS: i64 = 60_000;

/// The `asOf` of an answer at `now`.
pub fn as_of(now: Time) -> Time {
    now.plus_millis(-OVERLAP_MS)
}

/// Returns `since` if it can be the `asOf` of an answer before `now`. A later one comes from a clock
/// that was set back afterwards, and would hide what has happened since then.
pub fn valid_since(since: Time, now: Time) -> Option<Time> {
    (since <= as_of(now)).then_some(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_since_is_valid_from_the_next_answer_on() {
        let now = Time::from_millis(1_000_000).unwrap();
        let since = as_of(now);
        assert_eq!(valid_since(since, now), Some(since));
        assert_eq!(valid_since(since, now.plus_millis(-1)), None);
        assert_eq!(valid_since(since, now.plus_millis(1)), Some(since));
    }
}
