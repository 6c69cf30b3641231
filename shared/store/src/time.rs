//! Times, as they are stored.

use domain::Time;

use crate::Error;

/// The time of a number of milliseconds.
pub(crate) fn time(millis: i64) -> Result<Time, Error> {
    Time::from_millis(millis).ok_or(Error::Corrupt("time"))
}
