//! Shops with any opening hours, near the times at which their clocks change.

use std::collections::BTreeSet;

use domain::{Calendar, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Zones in which clocks change by an hour, by half an hour, and at midnight.
pub(crate) const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"];

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The years of the tests.
const YEARS: [i16; 2] = [2025, 2028];

/// A shop's calendar, and the same as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) calendar: Calendar,
    zone: TimeZone,
    week: Vec<Vec<(String, String)>>,
    holidays: BTreeSet<String>,
}

impl Shop {
    pub(crate) fn new(zone: &str, week: Vec<Vec<(String, String)>>, holidays: BTreeSet<String>) -> Self {
        let days: serde_json::Map<String, Value> =
            DAYS.iter().zip(&week).map(|(day, spans)| ((*day).to_owned(), json!(spans))).collect();
        let calendar = json!({ "timezone": zone, "week": days, "holidays": holidays });
        Self { calendar: serde_json::from_value(calendar).unwrap(), zone: TimeZone::get(zone).unwrap(), week, holidays }
    }

    /// Whether it is open at this time, in milliseconds since the start of 1970: what somebody would
    /// say who looks at a clock, a calendar, and the sign at the door.
    pub(crate) fn is_open(&self, millis: i64) -> bool {
        let local = self.zone.to_datetime(Timestamp::from_millisecond(millis).unwrap());
        let clock = format!("{:02}:{:02}", local.hour(), local.minute());
        let spans = &self.week[usize::try_from(local.weekday().to_monday_zero_offset()).unwrap()];
        !self.holidays.contains(&local.date().to_string())
            && spans.iter().any(|(start, end)| *start <= clock && clock < *end)
    }

    /// Counts minute by minute how long it is open, in milliseconds.
    pub(crate) fn counted(&self, from: Time, to: Time) -> i64 {
        let (from, to) = (from.millis(), to.millis());
        let minutes = (from.div_euclid(MINUTE)..=to.div_euclid(MINUTE)).map(|minute| minute * MINUTE);
        minutes
            .filter(|minute| self.is_open(*minute))
            .map(|minute| ((minute + MINUTE).min(to) - minute.max(from)).max(0))
            .sum()
    }

    /// When its clocks change.
    pub(crate) fn changes(&self) -> Vec<i64> {
        let start = start().millis();
        let changes = self.zone.following(Timestamp::from_millisecond(start).unwrap());
        changes.map(|change| change.timestamp().as_millisecond()).take_while(|at| *at < end().millis()).collect()
    }
}

pub(crate) fn at(millis: i64) -> Time {
    Time::from_millis(millis).unwrap()
}

fn start() -> Time {
    new_year(YEARS[0])
}

fn end() -> Time {
    new_year(YEARS[1])
}

fn new_year(year: i16) -> Time {
    at(civil::date(year, 1, 1).to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond())
}

fn time_of_day() -> impl Strategy<Value = u16> {
    prop_oneof![4 => (0u16..=48).prop_map(|half_hours| half_hours * 30), 1 => 0u16..=24 * 60]
}

fn spans() -> impl Strategy<Value = Vec<(String, String)>> {
    let text = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    prop::collection::btree_set(time_of_day(), 0..=8).prop_map(move |times| {
        let times: Vec<u16> = times.into_iter().collect();
        times.chunks_exact(2).map(|span| (text(span[0]), text(span[1]))).collect()
    })
}

fn holidays() -> impl Strategy<Value = BTreeSet<String>> {
    let first = civil::date(YEARS[0], 1, 1);
    let holiday = (0..1_100i64).prop_map(move |days| first.saturating_add(jiff::SignedDuration::from_hours(24 * days)));
    prop::collection::btree_set(holiday.prop_map(|day| day.to_string()), 0..=100)
}

/// Any shop.
pub(crate) fn shop() -> impl Strategy<Value = Shop> {
    let week = prop::collection::vec(spans(), 7);
    (prop::sample::select(ZONES.to_vec()), week, holidays(), 0usize..7).prop_map(|(zone, mut week, holidays, day)| {
        if week.iter().all(Vec::is_empty) {
            week[day].push(("01:30".to_owned(), "24:00".to_owned()));
        }
        Shop::new(zone, week, holidays)
    })
}

/// Any shop, with a time that is often near a change of its clocks.
pub(crate) fn shop_and_time() -> impl Strategy<Value = (Shop, Time)> {
    shop().prop_flat_map(|shop| {
        let near = (prop::sample::select(shop.changes()), -2 * DAY..2 * DAY).prop_map(|(change, by)| at(change + by));
        let any = (start().millis()..end().millis()).prop_map(at);
        let time = prop_oneof![2 => near, 1 => any];
        (Just(shop), time)
    })
}
