//! The hours in which a shop is open, as the clocks on its walls show them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil;
use serde::{Deserialize, Serialize};

/// A time of a day as a clock on the wall shows it: `HH:MM`. The end of a day is `24:00`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(
    feature = "describe",
    ts(as = "String"),
    schemars(with = "String", extend("pattern" = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))
)]
pub(crate) struct TimeOfDay {
    minutes: u16,
}

impl TimeOfDay {
    /// The milliseconds from midnight until this time, on a day on which no clock is changed.
    pub(crate) fn millis(self) -> i64 {
        i64::from(self.minutes) * 60_000
    }
}

/// The error for a text that is no time of a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a time from 00:00 to 24:00, such as 09:30")]
pub(crate) struct InvalidTimeOfDay;

impl FromStr for TimeOfDay {
    type Err = InvalidTimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let &[h1, h2, b':', m1, m2] = text.as_bytes() else { return Err(InvalidTimeOfDay) };
        let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0')).ok_or(InvalidTimeOfDay);
        let (hour, minute) = (digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?);
        let minutes = hour * 60 + minute;
        if minute < 60 && minutes <= 24 * 60 { Ok(Self { minutes }) } else { Err(InvalidTimeOfDay) }
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = InvalidTimeOfDay;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

/// The most spans of a day.
const MAX_SPANS: usize = 4;

/// The spans of a day in which the shop is open: at most four, in order, each from its start until
/// just before its end.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(try_from = "Vec<(TimeOfDay, TimeOfDay)>")]
#[cfg_attr(feature = "describe", schemars(extend("maxItems" = MAX_SPANS)))]
pub(crate) struct OpeningHours(Vec<(TimeOfDay, TimeOfDay)>);

/// The error for invalid spans of a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidHours {
    #[error("must have at most {MAX_SPANS} spans")]
    TooMany,
    #[error("a span that starts at {0} must end later than at {1}")]
    Empty(TimeOfDay, TimeOfDay),
    #[error("the span from {1} must not start before the one before it ends, at {0}")]
    Overlap(TimeOfDay, TimeOfDay),
}

impl TryFrom<Vec<(TimeOfDay, TimeOfDay)>> for OpeningHours {
    type Error = InvalidHours;

    fn try_from(spans: Vec<(TimeOfDay, TimeOfDay)>) -> Result<Self, Self::Error> {
        if spans.len() > MAX_SPANS {
            return Err(InvalidHours::TooMany);
        }
        if let Some((start, end)) = spans.iter().find(|(start, end)| start >= end) {
            return Err(InvalidHours::Empty(*start, *end));
        }
        if let Some([(_, end), (start, _)]) = spans.array_windows().find(|[(_, end), (start, _)]| start < end) {
            return Err(InvalidHours::Overlap(*end, *start));
        }
        Ok(Self(spans))
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<civil::Weekday> for Weekday {
    fn from(day: civil::Weekday) -> Self {
        match day {
            civil::Weekday::Monday => Self::Monday,
            civil::Weekday::Tuesday => Self::Tuesday,
            civil::Weekday::Wednesday => Self::Wednesday,
            civil::Weekday::Thursday => Self::Thursday,
            civil::Weekday::Friday => Self::Friday,
            civil::Weekday::Saturday => Self::Saturday,
            civil::Weekday::Sunday => Self::Sunday,
        }
    }
}

/// The opening hours of a week. On a day without an entry the shop is closed. At least one day has
/// a span.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(try_from = "BTreeMap<Weekday, OpeningHours>")]
#[cfg_attr(feature = "describe", schemars(extend("minProperties" = 1)))]
pub(crate) struct Week(BTreeMap<Weekday, OpeningHours>);

/// The error for a week in which the shop is never open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must have a day with at least one span; without a calendar the shop is always open")]
pub(crate) struct NeverOpen;

impl TryFrom<BTreeMap<Weekday, OpeningHours>> for Week {
    type Error = NeverOpen;

    fn try_from(days: BTreeMap<Weekday, OpeningHours>) -> Result<Self, Self::Error> {
        if days.values().all(|hours| hours.0.is_empty()) { Err(NeverOpen) } else { Ok(Self(days)) }
    }
}

impl Week {
    /// A week in which the shop is never closed.
    pub(crate) fn always_open() -> Self {
        let whole_day = OpeningHours(vec![(TimeOfDay { minutes: 0 }, TimeOfDay { minutes: 24 * 60 })]);
        let days = civil::Weekday::Monday.cycle_forward().take(7);
        Self(days.map(|day| (day.into(), whole_day.clone())).collect())
    }

    /// The spans of a day.
    pub(crate) fn spans(&self, day: civil::Weekday) -> &[(TimeOfDay, TimeOfDay)] {
        self.0.get(&day.into()).map_or(&[], |hours| &hours.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem<T: serde::de::DeserializeOwned + fmt::Debug>(json: &str) -> String {
        serde_json::from_str::<T>(json).unwrap_err().to_string()
    }

    #[test]
    fn a_time_of_day_is_two_numbers() {
        for good in ["00:00", "09:30", "23:59", "24:00"] {
            assert_eq!(good.parse::<TimeOfDay>().unwrap().to_string(), good);
        }
        for bad in ["", "9:30", "09:60", "24:01", "25:00", "-1:00", "+1:00", "09.30", "09:30:00", "0９:30", " 9:30"] {
            assert_eq!(bad.parse::<TimeOfDay>(), Err(InvalidTimeOfDay), "{bad}");
        }
    }

    #[test]
    fn errors_say_what_to_change() {
        for (hours, expected) in [
            (r#"[["09:00","09:00"]]"#, "a span that starts at 09:00 must end later than at 09:00"),
            (r#"[["24:00","24:00"]]"#, "a span that starts at 24:00 must end later than at 24:00"),
            (r#"[["18:00","02:00"]]"#, "a span that starts at 18:00 must end later than at 02:00"),
            (r#"[["09:00","9 pm"]]"#, "must be a time from 00:00 to 24:00, such as 09:30"),
            (
                r#"[["09:00","12:00"],["11:59","13:00"]]"#,
                "the span from 11:59 must not start before the one before it ends, at 12:00",
            ),
            (
                r#"[["13:00","18:00"],["09:00","12:00"]]"#,
                "the span from 09:00 must not start before the one before it ends, at 18:00",
            ),
            (
                r#"[["01:00","02:00"],["03:00","04:00"],["05:00","06:00"],["07:00","08:00"],["09:00","10:00"]]"#,
                "must have at most 4 spans",
            ),
        ] {
            assert!(
                problem::<OpeningHours>(hours).starts_with(expected),
                "{hours}: {}",
                problem::<OpeningHours>(hours)
            );
        }
        assert!(serde_json::from_str::<OpeningHours>(r#"[["00:00","12:00"],["12:00","24:00"]]"#).is_ok());
        for never in ["{}", r#"{"monday":[]}"#] {
            assert!(problem::<Week>(never).starts_with("must have a day with at least one span"), "{never}");
        }
        assert!(problem::<Week>(r#"{"mon":[["09:00","12:00"]]}"#).starts_with("unknown variant `mon`"));
    }

    proptest! {
        #[test]
        fn every_time_of_day_round_trips(minutes in 0u16..=24 * 60) {
            let time = TimeOfDay { minutes };
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,8}|[0-9]{2}:[0-9]{2}") {
            if let Ok(time) = text.parse::<TimeOfDay>() {
                prop_assert_eq!(time.to_string(), text);
            }
        }
    }
}
