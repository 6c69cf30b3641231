//! Business time: the time in which a shop is open.

use std::collections::BTreeSet;
use std::iter;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::Time;
use crate::opening_hours::Week;

/// When a shop is open. The time in which it is open is its business time.
///
/// The shop is open whenever the clocks on its walls show a time of its opening hours, on no holiday.
/// So an hour that is skipped or repeated when the clocks change is missing or counts twice.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Calendar {
    /// The time zone of the shop's clocks.
    timezone: Timezone,
    /// The opening hours.
    week: Week,
    /// The days on which the shop is closed, at most 100.
    holidays: Holidays,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Calendar {
    /// How far [`Calendar::add`] looks, in milliseconds: ten years.
    pub const HORIZON_MS: i64 = 3_653 * DAY_MS;

    /// The calendar of a shop that never closes.
    pub(crate) fn always_open() -> &'static Self {
        static ALWAYS_OPEN: LazyLock<Calendar> = LazyLock::new(|| Calendar {
            timezone: Timezone(TimeZone::UTC),
            week: Week::always_open(),
            holidays: Holidays(BTreeSet::new()),
        });
        &ALWAYS_OPEN
    }

    /// The first time at which `minutes` of business time have passed since `start`. It is at the
    /// end of a span rather than at the start of the next one. If it is later than
    /// [`Calendar::HORIZON_MS`] after `start`, that limit is returned.
    pub fn add(&self, start: Time, minutes: u32) -> Time {
        self.add_millis(start, i64::from(minutes) * 60_000)
    }

    /// As [`Calendar::add`], in milliseconds.
    pub(crate) fn add_millis(&self, start: Time, millis: i64) -> Time {
        let limit = start.plus_millis(Self::HORIZON_MS);
        self.spend(start, limit, millis).break_value().unwrap_or(limit)
    }

    /// The business time from `from` to `to`, in milliseconds. It is 0 if `to` is before `from`.
    pub fn between(&self, from: Time, to: Time) -> i64 {
        self.spans(from, to).map(|(start, end)| end - start).sum()
    }

    /// Uses up `millis` of business time from `from` on. Breaks with the first time at which all of
    /// it is used up, if that is not after `to`. Else continues with what is left at `to`.
    pub(crate) fn spend(&self, from: Time, to: Time, millis: i64) -> ControlFlow<Time, i64> {
        if millis <= 0 {
            return ControlFlow::Break(from);
        }
        self.spans(from, to).try_fold(millis, |left, (start, end)| {
            let length = end - start;
            if left <= length {
                ControlFlow::Break(from.plus_millis(start + left - from.millis()))
            } else {
                ControlFlow::Continue(left - length)
            }
        })
    }

    /// The spans from `from` to `to` in which the shop is open, in order, each with its end. All in
    /// milliseconds since the start of 1970.
    fn spans(&self, from: Time, to: Time) -> impl Iterator<Item = (i64, i64)> {
        self.timezone.stretches(from.millis(), to.millis()).flat_map(move |stretch| {
            stretch.days().flat_map(move |(midnight, date)| {
                let spans = if self.holidays.contains(date) { &[] } else { self.week.spans(date.weekday()) };
                let spans = spans.iter().map(move |(start, end)| (midnight + start.millis(), midnight + end.millis()));
                let inside = spans.map(move |(start, end)| (start.max(stretch.from), end.min(stretch.to)));
                inside.filter(|(start, end)| start < end)
            })
        })
    }
}

/// A time zone of the IANA database, such as `Europe/Berlin`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "describe", ts(as = "String"), schemars(with = "String"))]
struct Timezone(TimeZone);

/// The error for a name that is no time zone's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a time zone of the IANA database, such as Europe/Berlin")]
struct InvalidTimezone;

impl TryFrom<String> for Timezone {
    type Error = InvalidTimezone;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        // The database that is part of this program is the same on every machine.
        let zone = TimeZoneDatabase::bundled().get(&name).map_err(|_| InvalidTimezone)?;
        if zone.is_unknown() { Err(InvalidTimezone) } else { Ok(Self(zone)) }
    }
}

impl From<Timezone> for String {
    fn from(Timezone(zone): Timezone) -> Self {
        zone.iana_name().unwrap_or("UTC").to_owned()
    }
}

/// A time in which no clock of a zone is changed, so its local time goes on as time does.
#[derive(Clone, Copy)]
struct Stretch {
    /// Its start, in milliseconds since the start of 1970.
    from: i64,
    /// Its end, in milliseconds since the start of 1970.
    to: i64,
    /// What a clock shows at its start.
    local: DateTime,
}

impl Timezone {
    /// The stretches from `from` to `to`, both in milliseconds since the start of 1970.
    fn stretches(&self, mut from: i64, to: i64) -> impl Iterator<Item = Stretch> {
        iter::from_fn(move || {
            let start = (from < to).then(|| Timestamp::from_millisecond(from).ok())??;
            let change = self.0.following(start).next().map(|next| next.timestamp().as_millisecond());
            let stretch = Stretch { from, to: change.map_or(to, |at| at.min(to)), local: self.0.to_datetime(start) };
            from = stretch.to;
            Some(stretch)
        })
    }
}

impl Stretch {
    /// The days that it touches. Each has its midnight, in milliseconds since the start of 1970, as
    /// if no clock had been changed before. So the first midnight may be before the stretch.
    fn days(self) -> impl Iterator<Item = (i64, Date)> {
        let first = self.from - millis_since_midnight(self.local);
        iter::successors(Some((first, self.local.date())), |(midnight, date)| {
            Some((midnight + DAY_MS, date.tomorrow().ok()?))
        })
        .take_while(move |(midnight, _)| *midnight < self.to)
    }
}

fn millis_since_midnight(local: DateTime) -> i64 {
    let seconds = (i64::from(local.hour()) * 60 + i64::from(local.minute())) * 60 + i64::from(local.second());
    seconds * 1000 + i64::from(local.millisecond())
}

/// A day on which the shop is closed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "describe", ts(as = "String"), schemars(with = "String", extend("format" = "date")))]
struct Holiday(Date);

/// The error for a text that is no day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a day such as 2026-12-25")]
struct InvalidHoliday;

impl TryFrom<String> for Holiday {
    type Error = InvalidHoliday;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // There are other ways to write a day.
        let day = text.parse().ok().filter(|day: &Date| day.to_string() == text);
        day.map(Self).ok_or(InvalidHoliday)
    }
}

impl From<Holiday> for String {
    fn from(Holiday(day): Holiday) -> Self {
        day.to_string()
    }
}

/// The most holidays of a calendar.
const MAX_HOLIDAYS: usize = 100;

/// The days on which the shop is closed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(try_from = "BTreeSet<Holiday>")]
#[cfg_attr(feature = "describe", schemars(extend("maxItems" = MAX_HOLIDAYS)))]
struct Holidays(BTreeSet<Holiday>);

/// The error for too many holidays.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must have at most {MAX_HOLIDAYS} days; leave out those that have passed")]
struct TooManyHolidays;

impl TryFrom<BTreeSet<Holiday>> for Holidays {
    type Error = TooManyHolidays;

    fn try_from(days: BTreeSet<Holiday>) -> Result<Self, Self::Error> {
        if days.len() > MAX_HOLIDAYS { Err(TooManyHolidays) } else { Ok(Self(days)) }
    }
}

impl Holidays {
    fn contains(&self, day: Date) -> bool {
        self.0.contains(&Holiday(day))
    }
}
