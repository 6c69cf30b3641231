//! A moment, as the protocol writes it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A moment in UTC with millisecond precision; on the wire RFC 3339, always with three decimals.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("format" = "date-time")))]
pub struct Time(Timestamp);

impl Time {
    /// The moment `millis` milliseconds after 1970 began; `None` outside the years −9999 to 9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        Timestamp::from_millisecond(millis).ok().map(Self)
    }

    /// Milliseconds since 1970 began.
    pub fn millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since 1970 began, rounded down: the unit of `exp` in a JWT and of a TTL in DynamoDB.
    pub fn seconds(self) -> i64 {
        self.millis().div_euclid(1000)
    }

    /// Whole minutes since 1970 began: the bucket in which the inbox keeps a conversation.
    pub fn minute(self) -> i64 {
        self.millis().div_euclid(60_000)
    }

    /// The moment `millis` milliseconds later, or earlier if negative; at the ends of time it stays there.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.millis().saturating_add(millis)).unwrap_or(self)
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
        // What is finer than a millisecond is cut off, so that a time read back equals the time written.
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
        text.parse().map_err(|_| de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn three_decimals_always() {
        assert_eq!(Time::from_millis(0).unwrap().to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Time::from_millis(1_700_000_000_120).unwrap().to_string(), "2023-11-14T22:13:20.120Z");
    }

    proptest! {
        #[test]
        fn a_printed_time_parses_to_itself(millis in 0i64..253_402_300_799_000) {
            let time = Time::from_millis(millis).unwrap();
            prop_assert_eq!(time.to_string().parse::<Time>().unwrap(), time);
        }
    }
}
