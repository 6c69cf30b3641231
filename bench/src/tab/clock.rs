//! A clock that the benchmark moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;

/// The system's clock, and the time that it was moved forward. Clones are the same clock.
#[derive(Clone, Debug)]
pub(super) struct MovedClock {
    start: SystemTime,
    elapsed_ms: Arc<AtomicU64>,
}

impl Default for MovedClock {
    fn default() -> Self {
        Self { start: SystemTime::now(), elapsed_ms: Arc::default() }
    }
}

impl MovedClock {
    /// The time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed_ms.load(Ordering::SeqCst))
    }

    /// Moves the clock to this time after the start.
    pub(super) fn advance_to(&self, elapsed: Duration) {
        self.elapsed_ms.store(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// The time in milliseconds since 1970.
    pub(super) fn millis(&self) -> u64 {
        let since = TimeSource::now(self).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl TimeSource for MovedClock {
    fn now(&self) -> SystemTime {
        self.start + self.elapsed()
    }
}
