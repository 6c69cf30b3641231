//! The clock of a simulation. It follows tokio's paused clock, which advances only when no task can
//! run.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::TimeSource;
use tokio::time::Instant;

/// The time at which every simulation begins, in seconds since 1970. It is in the year 2100, so
/// that the engine does not consider any item expired.
const START: u64 = 4_102_444_800;

/// A clock, correct or wrong by a fixed number of milliseconds. All clocks of a simulation can be set
/// forward or back together.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    began: Instant,
    skew_ms: i64,
    step_ms: Arc<AtomicI64>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), skew_ms: 0, step_ms: Arc::default() }
    }

    pub(crate) fn off_by(&self, skew_ms: i64) -> Self {
        Self { skew_ms, ..self.clone() }
    }

    /// Sets all clocks forward by this many milliseconds, or back if it is negative.
    pub(crate) fn step(&self, millis: i64) {
        self.step_ms.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) fn millis(&self) -> i64 {
        let since = self.began.elapsed() + Duration::from_secs(START);
        i64::try_from(since.as_millis()).unwrap() + self.skew_ms + self.step_ms.load(Ordering::Relaxed)
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(self.millis()).unwrap())
    }
}
