//! Examples that can be checked by hand, with the calendar of the year and a clock.

use domain::{Calendar, Desk, Pause, Priority, SlaClock, SlaFacts, SlaPolicy, Snooze, Time};
use serde_json::{Value, json};

fn office() -> Value {
    let day = json!([["09:00", "12:00"], ["13:00", "18:00"]]);
    json!({
        "timezone": "Europe/Berlin",
        "week": { "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day },
        "holidays": ["2026-12-25"],
    })
}

/// Open at the same hours on every day of the week.
fn every_day(timezone: &str, start: &str, end: &str) -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week: serde_json::Map<String, Value> =
        days.iter().map(|day| ((*day).to_owned(), json!([[start, end]]))).collect();
    json!({ "timezone": timezone, "week": week, "holidays": [] })
}

fn calendar(json: Value) -> Calendar {
    serde_json::from_value(json).unwrap()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

#[test]
fn business_time_passes_only_while_the_shop_is_open() {
    for (start, minutes, end) in [
        // Within a span, over lunch, and to the end of a span.
        ("2026-03-27T09:10:00+01:00", 50, "2026-03-27T10:00:00+01:00"),
        ("2026-03-27T11:30:00+01:00", 60, "2026-03-27T13:30:00+01:00"),
        ("2026-03-27T17:00:00+01:00", 60, "2026-03-27T18:00:00+01:00"),
        // Over the weekend on which the clocks change, from Friday or from Saturday.
        ("2026-03-27T17:30:00+01:00", 60, "2026-03-30T09:30:00+02:00"),
        ("2026-03-28T12:00:00+01:00", 1, "2026-03-30T09:01:00+02:00"),
        // Before the shop opens, and during lunch.
        ("2026-03-27T06:00:00+01:00", 15, "2026-03-27T09:15:00+01:00"),
        ("2026-03-27T12:15:00+01:00", 15, "2026-03-27T13:15:00+01:00"),
        // Christmas Day is a Friday.
        ("2026-12-24T17:00:00+01:00", 120, "2026-12-28T10:00:00+01:00"),
        // A week has 40 hours.
        ("2026-03-23T09:00:00+01:00", 40 * 60, "2026-03-27T18:00:00+01:00"),
        ("2026-03-23T09:00:00+01:00", 40 * 60 + 1, "2026-03-30T09:01:00+02:00"),
        // Somebody else's time zone does not matter.
        ("2026-03-27T10:00:00-05:00", 60, "2026-03-27T17:00:00+01:00"),
    ] {
        let office = calendar(office());
        assert_eq!(office.add(time(start), minutes), time(end), "{start} and {minutes} minutes");
        assert_eq!(office.between(time(start), time(end)), i64::from(minutes) * 60_000, "{start} to {end}");
    }
}

#[test]
fn a_skipped_hour_is_missing_and_a_repeated_hour_counts_twice() {
    let day_and_minutes = [
        // From 02:00 to 03:00, and from 03:00 back to 02:00.
        ("Europe/Berlin", ("01:00", "04:00"), "2026-03-28T12:00:00+01:00", 120),
        ("Europe/Berlin", ("01:00", "04:00"), "2026-10-24T12:00:00+02:00", 240),
        ("Europe/Berlin", ("02:00", "03:00"), "2026-03-28T12:00:00+01:00", 0),
        ("Europe/Berlin", ("02:15", "02:45"), "2026-10-24T12:00:00+02:00", 60),
        ("America/New_York", ("01:00", "04:00"), "2026-03-07T12:00:00-05:00", 120),
        ("America/New_York", ("00:00", "06:00"), "2026-10-31T12:00:00-04:00", 7 * 60),
        // Half an hour: from 02:00 to 02:30, and from 02:00 back to 01:30.
        ("Australia/Lord_Howe", ("01:00", "04:00"), "2026-10-03T12:00:00+10:30", 150),
        ("Australia/Lord_Howe", ("01:00", "04:00"), "2026-04-04T12:00:00+11:00", 210),
        // At midnight: to 01:00, and back to 23:00 of the day before.
        ("Africa/Cairo", ("00:00", "02:00"), "2026-04-23T12:00:00+02:00", 60),
        ("Africa/Cairo", ("22:00", "24:00"), "2026-10-29T12:00:00+03:00", 180),
    ];
    for (zone, (start, end), noon_before, minutes) in day_and_minutes {
        let calendar = calendar(every_day(zone, start, end));
        // Until about noon on the next day.
        let until = time(noon_before).plus_days(1);
        assert_eq!(calendar.between(time(noon_before), until) / 60_000, minutes, "{zone}, {start} to {end}");
    }
    let nights = calendar(every_day("Europe/Berlin", "01:00", "04:00"));
    for (start, minutes, end) in [
        ("2026-03-29T01:00:00+01:00", 60, "2026-03-29T03:00:00+02:00"),
        ("2026-03-29T01:00:00+01:00", 90, "2026-03-29T03:30:00+02:00"),
        ("2026-10-25T01:00:00+02:00", 90, "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T01:00:00+02:00", 150, "2026-10-25T02:30:00+01:00"),
        ("2026-10-25T01:00:00+02:00", 241, "2026-10-26T01:01:00+01:00"),
    ] {
        assert_eq!(nights.add(time(start), minutes), time(end), "{start} and {minutes} minutes");
    }
}

#[test]
fn invalid_calendars_are_refused_with_what_to_change() {
    for (field, value, expected) in [
        ("timezone", json!("Europe/Bonn"), "must be a time zone of the IANA database, such as Europe/Berlin"),
        ("timezone", json!("Etc/Unknown"), "must be a time zone of the IANA database"),
        ("timezone", json!("+01:00"), "must be a time zone of the IANA database"),
        ("timezone", json!(""), "must be a time zone of the IANA database"),
        ("week", json!({}), "must have a day with at least one span"),
        ("week", json!({ "Monday": [] }), "unknown variant `Monday`, expected one of `monday`"),
        ("week", json!({ "monday": [["12:00", "09:00"]] }), "a span that starts at 12:00 must end later"),
        ("week", json!({ "monday": [["12:00"]] }), "invalid length 1"),
        ("holidays", json!(["2026-02-29"]), "must be a day such as 2026-12-25"),
        ("holidays", json!(["25.12.2026"]), "must be a day such as 2026-12-25"),
        ("holidays", json!(["20261225"]), "must be a day such as 2026-12-25"),
        ("holidays", json!(["2026-12-25T00:00:00"]), "must be a day such as 2026-12-25"),
        ("holidays", (1..=101).map(|year| json!(format!("{}-01-01", 2_000 + year))).collect(), "must have at most 100"),
    ] {
        let mut calendar = office();
        calendar[field] = value;
        let error = serde_json::from_value::<Calendar>(calendar.clone()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{calendar}: {error}");
    }
}

#[test]
fn a_calendar_is_written_in_one_form() {
    let mut written = office();
    written["timezone"] = json!("europe/BERLIN");
    written["holidays"] = json!(["2027-01-01", "2026-12-25", "2027-01-01"]);
    let read = serde_json::to_value(calendar(written)).unwrap();
    let mut expected = office();
    expected["holidays"] = json!(["2026-12-25", "2027-01-01"]);
    assert_eq!(read, expected);
}

/// A customer writes on Friday at 17:00; the shop wants to answer within two hours.
#[test]
fn a_clock_on_a_friday_evening() {
    let policy: SlaPolicy = serde_json::from_value(json!({
        "targets": {
            "none": { "firstResponseMinutes": 120, "nextResponseMinutes": 240 },
            "urgent": { "firstResponseMinutes": 30, "resolutionMinutes": 480 },
        },
        "calendar": office(),
    }))
    .unwrap();
    let asked = time("2026-03-27T17:00:00+01:00");
    let mut desk = Desk { waiting_since: Some(asked), ..Desk::default() };
    let clocks = |desk: &Desk, now| {
        let placed_at = time("2026-03-26T09:00:00+01:00");
        policy.clocks(&SlaFacts { desk, is_active: true, is_final: false, placed_at }, time(now))
    };

    // One hour on Friday, one on Monday.
    let first: Vec<SlaClock> = clocks(&desk, "2026-03-27T17:10:00+01:00");
    let expected = json!([{
        "kind": "first_response", "since": asked, "due": time("2026-03-30T10:00:00+02:00"),
        // One hour on Friday, half an hour on Monday.
        "warnAt": time("2026-03-30T09:30:00+02:00"), "paused": false,
    }]);
    assert_eq!(serde_json::to_value(first).unwrap(), expected);

    // It was snoozed from 17:30 to Monday, 09:15, without 30 + 15 minutes of business time.
    let from = time("2026-03-27T17:30:00+01:00");
    desk.pauses = vec![Pause { from, to: time("2026-03-30T09:15:00+02:00") }];
    assert_eq!(clocks(&desk, "2026-03-30T09:15:00+02:00")[0].due, time("2026-03-30T10:45:00+02:00"));

    // Still snoozed on Monday at 11:00: 90 minutes are left, and lunch begins at 12:00.
    desk.pauses.clear();
    desk.snooze = Some(Snooze { since: from, until: None, after_seq: 2 });
    let paused = &clocks(&desk, "2026-03-30T11:00:00+02:00")[0];
    assert_eq!((paused.due, paused.paused), (time("2026-03-30T13:30:00+02:00"), true));
    desk.snooze = None;

    // The same conversation once it is urgent: 30 minutes, and eight hours since the order.
    desk.priority = Priority::Urgent;
    let due: Vec<Time> = clocks(&desk, "2026-03-27T17:10:00+01:00").iter().map(|clock| clock.due).collect();
    assert_eq!(due, [time("2026-03-27T17:30:00+01:00"), time("2026-03-26T18:00:00+01:00")]);
}
