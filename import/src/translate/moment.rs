//! Times: `2021-03-04 05:06:07.123` as a database writes it, RFC 3339 as JSON does, and the dates that are none.

use domain::Time;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The time in a text; `None` where there is none, which an old MySQL writes as zeros, and others as a day before 1970, when
/// nobody ordered anything. A time without a zone is in UTC.
pub(super) fn time(text: Option<&str>) -> Result<Option<Time>, String> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let date = text.get(..10).unwrap_or(text);
    if date.starts_with("0000") || date.contains("-00") {
        return Ok(None);
    }
    let time = text.parse::<Time>().ok().or_else(|| {
        let utc = text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Time::from_millis(utc.timestamp().as_millisecond())
    });
    match time {
        None => Err(format!("{text:?} is not a time")),
        Some(time) => Ok(Some(time).filter(|time| time.millis() >= 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_databases_and_json_write_them() {
        let read = |text| time(Some(text)).unwrap().map(|time| time.to_string());
        let moment = Some("2021-03-04T05:06:07.120Z".to_owned());
        assert_eq!(read("2021-03-04 05:06:07.12"), moment);
        assert_eq!(read("2021-03-04T05:06:07.120999Z"), moment);
        assert_eq!(read("2021-03-04T06:06:07.12+01:00"), moment);
        assert_eq!(read("2021-03-04"), Some("2021-03-04T00:00:00.000Z".to_owned()));
        for nothing in ["", " ", "0000-00-00 00:00:00", "0000-00-00", "2021-00-00 00:00:00", "2021-03-00", "1900-01-01"]
        {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert!(time(Some("yesterday")).is_err());
        assert!(time(Some("2021-02-30 00:00:00")).is_err());
    }
}
