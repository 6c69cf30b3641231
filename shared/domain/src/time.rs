//! Times, as the protocol writes them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A time in UTC with millisecond precision. On the wire it is RFC 3339 with exactly three
/// decimals.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "date-time")))]
pub struct Time(Timestamp);

impl Time {
    /// The time `millis` milliseconds after the start of 1970; `None` outside the years −9999 to
    /// 9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        Timestamp::from_millisecond(millis).ok().map(Self)
    }

    /// Milliseconds since the start of 1970.
    pub fn millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since the start of 1970, rounded down. JWT's `exp` and DynamoDB's TTL have
    /// this unit.
    pub fn seconds(self) -> i64 {
        self.millis().div_euclid(1000)
    }

    /// Whole minutes since the start of 1970. The inbox sorts conversations by this minute.
    pub fn minute(self) -> i64 {
        self.millis().div_euclid(60_000)
    }

    /// The time `millis` milliseconds later, or earlier if negative. Returns the time unchanged if
    /// the result is out of range.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.millis().saturating_add(millis)).unwrap_or(self)
    }

    /// The time `days` × 24 hours later.
    #[must_use]
    pub fn plus_days(self, days: u16) -> Self {
        self.plus_millis(i64::from(days) * 24 * 60 * 60 * 1000)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl FromStr for Time {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: Timestamp = text.parse()?;
        // Digits after the millisecond are cut off, so that a time is the same after it is written
        // and read.
        Timestamp::from_millisecond(parsed.as_millisecond()).map(Self)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| de::Error::custom("must be an RFC 3339 time such as 2026-03-01T09:30:00.000Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_have_three_decimals() {
        assert_eq!(Time::from_millis(0).unwrap().to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Time::from_millis(1_700_000_000_120).unwrap().to_string(), "2023-11-14T22:13:20.120Z");
    }

    proptest! {
        #[test]
        fn times_round_trip(millis in -377_705_023_201_000i64..253_402_207_200_999) {
            let time = Time::from_millis(millis).unwrap();
            prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
            prop_assert_eq!(serde_json::from_str::<Time>(&serde_json::to_string(&time).unwrap()).unwrap(), time);
        }

        /// A time in any precision and zone is always written in the same form after it is read.
        #[test]
        fn every_precision_and_zone_is_normalized(
            time in "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|2[0-8])[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|z|[+-](0[0-9]|1[0-2]):[0-5][0-9])"
        ) {
            let read: Time = time.parse().unwrap();
            prop_assert_eq!(read.to_string().parse::<Time>().unwrap(), read);
            prop_assert_eq!(read.to_string().len(), "2026-03-01T09:30:00.000Z".len());
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            if let Ok(time) = text.parse::<Time>() {
                prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
            }
        }
    }
}
