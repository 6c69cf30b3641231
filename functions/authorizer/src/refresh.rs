//! When to fetch cached keys again. New keys must work soon and withdrawn keys must not work for
//! long. Callers with made-up tokens must not be able to cause many fetches.

use domain::Time;

/// The least time between two fetches, in milliseconds. An unknown key causes a fetch, and anybody
/// can send a token with an unknown key.
const MIN_INTERVAL_MS: i64 = 60_000;

/// The least time after a failed fetch, in milliseconds. It is shorter, because users whose key is
/// unknown cannot log in until a fetch succeeds.
const RETRY_INTERVAL_MS: i64 = 5_000;

/// The age in milliseconds at which keys are fetched again, so that a withdrawn key stops working.
const MAX_AGE_MS: i64 = 600_000;

/// The times of the last attempt and the last success of fetching keys.
#[derive(Default)]
pub(crate) struct Refresh {
    last_attempt: Option<Time>,
    last_success: Option<Time>,
    has_failed: bool,
}

impl Refresh {
    /// Returns true if the keys are too old at `now`.
    pub(crate) fn is_stale(&self, now: Time) -> bool {
        since(self.last_success, now) >= MAX_AGE_MS
    }

    /// Returns true if a fetch is allowed at `now`.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        since(self.last_attempt, now) >= if self.has_failed { RETRY_INTERVAL_MS } else { MIN_INTERVAL_MS }
    }

    /// Returns true if the last fetch failed. A key that is not cached may exist then.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Records the start of a fetch at `now`. It counts as failed until it succeeds.
    pub(crate) fn start(&mut self, now: Time) {
        self.last_attempt = Some(now);
        self.has_failed = true;
    }

    /// Records the success of the fetch that started at `now`.
    pub(crate) fn succeed(&mut self, now: Time) {
        self.last_success = Some(now);
        self.has_failed = false;
    }
}

/// Milliseconds since `time`. If `time` is later than `now`, the clock was set back. Then it is
/// unknown how long ago `time` was, and the result is the maximum.
fn since(time: Option<Time>, now: Time) -> i64 {
    time.filter(|time| *time <= now).map_or(i64::MAX, |time| now.millis() - time.millis())
}
