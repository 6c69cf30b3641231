//! The clock and random bytes. Operations get their results as parameters; nothing below `functions/` asks for them itself.

use std::time::UNIX_EPOCH;

use aws_config::SdkConfig;
use aws_smithy_async::time::SharedTimeSource;
use domain::Time;

/// The clock by which the SDK signs its requests: the system's, unless a test brings another.
#[derive(Clone, Debug)]
pub struct Clock(SharedTimeSource);

impl Clock {
    /// The clock of this configuration.
    pub fn of(sdk: &SdkConfig) -> Self {
        Self(sdk.time_source().unwrap_or_default())
    }

    /// The time, to the millisecond.
    pub fn now(&self) -> Time {
        // The clock would have to stand before 1970 or after the year 9999 for this to fail.
        let since = self.0.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Time::from_millis(millis).expect("a clock within recorded time")
    }
}

/// Random bytes from the operating system, good enough for tickets.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}
