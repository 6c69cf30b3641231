//! The clock and random bytes. Only `functions/` uses them; everything below gets the time and the
//! bytes as parameters.

use std::time::UNIX_EPOCH;

use aws_config::SdkConfig;
use aws_smithy_async::time::SharedTimeSource;
use domain::Time;

/// The clock that the SDK also signs requests with: the system clock, or the one that a test sets.
#[derive(Clone, Debug)]
pub struct Clock(SharedTimeSource);

impl Clock {
    /// The clock of this SDK configuration.
    pub fn of(sdk: &SdkConfig) -> Self {
        Self(sdk.time_source().unwrap_or_default())
    }

    /// The current time, in milliseconds.
    pub fn now(&self) -> Time {
        // This fails only if the clock is before 1970 or after the year 9999.
        let since_1970 = self.0.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
        Time::from_millis(millis).expect("the clock is before the year 10000")
    }
}

/// Random bytes from the operating system, strong enough for secrets such as tickets.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}
