//! When to ask again for keys that somebody else keeps: often enough that a new one counts soon and a withdrawn one not for
//! long, and not so often that anybody could make us flood whoever has them.

use domain::Time;

/// A key that we lack makes us ask, at most this often: anybody can bring one.
const MIN_INTERVAL_MS: i64 = 60_000;

/// After a failure we ask again sooner, since until then nobody whose key we lack gets in.
const RETRY_INTERVAL_MS: i64 = 5_000;

/// A key that was withdrawn is believed no longer than this, if we can ask.
const MAX_AGE_MS: i64 = 600_000;

/// The times of the last attempt and the last success of fetching keys.
#[derive(Default)]
pub(crate) struct Refresh {
    last_attempt: Option<Time>,
    last_success: Option<Time>,
    has_failed: bool,
}

impl Refresh {
    /// Whether what is known is to be asked for again by now.
    pub(crate) fn is_stale(&self, now: Time) -> bool {
        since(self.last_success, now) >= MAX_AGE_MS
    }

    /// Whether it may be asked for by now.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        since(self.last_attempt, now) >= if self.has_failed { RETRY_INTERVAL_MS } else { MIN_INTERVAL_MS }
    }

    /// Whether the last time brought no answer, so that what we lack may be there all the same.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// It is asked for: a failure until there is an answer.
    pub(crate) fn start(&mut self, now: Time) {
        self.last_attempt = Some(now);
        self.has_failed = true;
    }

    /// The answer has come to what was asked at `now`.
    pub(crate) fn succeed(&mut self, now: Time) {
        self.last_success = Some(now);
        self.has_failed = false;
    }
}

/// Milliseconds since `time`. A time that is still to come was before the clock was set back, nobody knows how long ago.
fn since(time: Option<Time>, now: Time) -> i64 {
    time.filter(|time| *time <= now).map_or(i64::MAX, |time| now.millis() - time.millis())
}
