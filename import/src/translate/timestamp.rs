//! Times: `2021-03-04 05:06:07.123` as a database writes it, RFC 3339 as JSON does, and the dates that are none.

use domain::{Position, Time};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The time in a text, which is in `zone` where it does not say so. `None` where there is none: an old MySQL writes it as
/// zeros, and others as a day before anybody ordered anything or after everybody has, which no list has a place for.
///
/// What clocks never showed, as they went forward, is as much later; of what they showed twice, as they went back, it is
/// the first.
pub(super) fn time(text: Option<&str>, zone: &TimeZone) -> Result<Option<Time>, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let date = text.get(..10).unwrap_or(text);
    if date.starts_with("0000") || date.starts_with("9999") || date.contains("-00") {
        return Ok(None);
    }
    let time = text.parse::<Time>().ok().or_else(|| {
        let there = text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok()?;
        Time::from_millis(there.timestamp().as_millisecond())
    });
    match time {
        None => Err(format!("{text:?} is not a time")),
        Some(time) => Ok(Some(time).filter(|time| Position::MILLIS.contains(&time.millis()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, zone: &str) -> Option<String> {
        time(Some(text), &TimeZone::get(zone).unwrap()).unwrap().map(|time| time.to_string())
    }

    #[test]
    fn formats_of_databases_and_json() {
        let timestamp = Some("2021-03-04T05:06:07.120Z".to_owned());
        for text in [
            "2021-03-04 05:06:07.12",
            "2021-03-04 05:06:07.120000Z",
            "2021-03-04T05:06:07.120999Z",
            "2021-03-04T06:06:07.12+01:00",
        ] {
            assert_eq!(read(text, "UTC"), timestamp, "{text}");
        }
        assert_eq!(read("2021-03-04", "UTC"), Some("2021-03-04T00:00:00.000Z".to_owned()));
        assert!(time(Some("yesterday"), &TimeZone::UTC).is_err());
        assert!(time(Some("2021-02-30 00:00:00"), &TimeZone::UTC).is_err());
    }

    #[test]
    fn impossible_dates() {
        for nothing in ["", " ", "0000-00-00 00:00:00", "0000-00-00", "2021-00-00 00:00:00", "2021-03-00", "1900-01-01"]
        {
            assert_eq!(read(nothing, "UTC"), None, "{nothing}");
        }
        for (outside, inside) in [
            ("1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z"),
            ("5138-11-16T09:46:40.000Z", "5138-11-16T09:46:39.999Z"),
        ] {
            assert_eq!((read(outside, "UTC"), read(inside, "UTC").as_deref()), (None, Some(inside)));
        }
        assert_eq!((read("9999-12-31 23:59:59", "UTC"), read("9999-12-31T23:59:59Z", "UTC")), (None, None));
        assert_eq!(read("1970-01-01", "Europe/Rome"), None);
    }

    #[test]
    fn daylight_saving_changes() {
        let rome = |text| read(text, "Europe/Rome").unwrap();
        assert_eq!(rome("2021-01-04 12:00:00"), "2021-01-04T11:00:00.000Z");
        assert_eq!(rome("2021-07-04 12:00:00"), "2021-07-04T10:00:00.000Z");
        assert_eq!(rome("2021-07-04T12:00:00Z"), "2021-07-04T12:00:00.000Z");
        // From 2 to 3 there is no time; from 2 to 3 it is twice.
        assert_eq!(rome("2021-03-28 01:59:59"), "2021-03-28T00:59:59.000Z");
        assert_eq!(rome("2021-03-28 02:30:00"), "2021-03-28T01:30:00.000Z");
        assert_eq!(rome("2021-03-28 03:00:00"), "2021-03-28T01:00:00.000Z");
        assert_eq!(rome("2021-10-31 02:30:00"), "2021-10-31T00:30:00.000Z");
        assert_eq!(rome("2021-10-31 03:00:00"), "2021-10-31T02:00:00.000Z");
    }
}
