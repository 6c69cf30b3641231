//! Properties of business time.

use domain::{Calendar, Time};
use proptest::prelude::*;

use crate::shop::{DAY, HOUR, MINUTE, Shop, ZONES, at, shop_and_time};

fn is_limit(start: Time, end: Time) -> bool {
    end == start.plus_millis(Calendar::HORIZON_MS)
}

proptest! {
    /// What is added is what lies between, and no earlier time would do.
    #[test]
    fn add_and_between_agree((shop, start) in shop_and_time(), minutes in 0u32..20_000) {
        let end = shop.calendar.add(start, minutes);
        prop_assume!(!is_limit(start, end));
        let wanted = i64::from(minutes) * MINUTE;
        prop_assert_eq!(shop.calendar.between(start, end), wanted);
        if minutes == 0 {
            prop_assert_eq!(start, end);
        } else {
            prop_assert_eq!(shop.calendar.between(start, end.plus_millis(-1)), wanted - 1);
        }
    }

    /// Two additions are one.
    #[test]
    fn add_is_additive((shop, start) in shop_and_time(), one in 0u32..5_000, other in 0u32..5_000) {
        let both = shop.calendar.add(start, one + other);
        prop_assume!(!is_limit(start, both));
        prop_assert_eq!(shop.calendar.add(shop.calendar.add(start, one), other), both);
    }

    /// More minutes or a later start never give an earlier end.
    #[test]
    fn add_is_monotone(
        (shop, start) in shop_and_time(), minutes in 0u32..5_000, more in 0u32..500, later in 0..5 * DAY,
    ) {
        let end = shop.calendar.add(start, minutes);
        prop_assert!(start <= end);
        prop_assert!(end <= shop.calendar.add(start, minutes + more));
        prop_assert!(end <= shop.calendar.add(start.plus_millis(later), minutes));
    }

    /// The whole is its two parts, and never more than the time that passes.
    #[test]
    fn between_is_additive((shop, from) in shop_and_time(), one in 0..400 * DAY, other in 0..400 * DAY) {
        let middle = from.plus_millis(one);
        let to = middle.plus_millis(other);
        let between = |from, to| shop.calendar.between(from, to);
        prop_assert_eq!(between(from, to), between(from, middle) + between(middle, to));
        prop_assert!((0..=one).contains(&between(from, middle)));
        prop_assert_eq!(between(to, from), 0);
    }

    /// Every text of a calendar is refused, or read without a panic.
    #[test]
    fn any_text_is_read_or_refused(zone in "\\PC{0,20}", day in "\\PC{0,10}|20[0-9]{2}-[0-9]{2}-[0-9]{2}") {
        let calendar = serde_json::json!({
            "timezone": zone, "week": { "monday": [["09:00", "18:00"]] }, "holidays": [day],
        });
        let _ = serde_json::from_value::<Calendar>(calendar);
    }

    /// A calendar is written as it was read.
    #[test]
    fn calendars_round_trip((shop, _) in shop_and_time()) {
        let written = serde_json::to_string(&shop.calendar).unwrap();
        prop_assert_eq!(serde_json::from_str::<Calendar>(&written).unwrap(), shop.calendar);
    }
}

proptest! {
    // Each counts up to 20,000 minutes one by one.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn between_equals_a_count((shop, from) in shop_and_time(), millis in 0..14 * DAY) {
        let to = from.plus_millis(millis);
        prop_assert_eq!(shop.calendar.between(from, to), shop.counted(from, to));
    }
}

/// Every minute around every change of the clocks, so no edge depends on luck.
#[test]
fn every_minute_around_a_change_is_right() {
    for zone in ZONES {
        for (start, end) in [("00:00", "24:00"), ("01:45", "02:15"), ("02:15", "02:45"), ("23:15", "24:00")] {
            let shop = Shop::new(zone, vec![vec![(start.to_owned(), end.to_owned())]; 7], [].into());
            for change in shop.changes() {
                compare_every_minute(&shop, at(change - 12 * HOUR), DAY);
            }
        }
    }
}

/// Samoa went over the date line, from the end of 29 December 2011 to the start of the 31st.
#[test]
fn a_day_that_is_left_out_is_no_business_day() {
    let whole_day = vec![("00:00".to_owned(), "24:00".to_owned())];
    let shop = Shop::new("Pacific/Apia", vec![whole_day; 7], ["2011-12-31".to_owned()].into());
    let noon_of_the_29th = at(1_325_196_000_000);
    compare_every_minute(&shop, noon_of_the_29th, 3 * DAY);
    assert_eq!(shop.calendar.between(noon_of_the_29th, noon_of_the_29th.plus_millis(36 * HOUR)), 12 * HOUR);
}

fn compare_every_minute(shop: &Shop, from: Time, millis: i64) {
    let mut counted = 0;
    for minute in 0..millis / MINUTE {
        let now = from.plus_millis(minute * MINUTE);
        assert_eq!(shop.calendar.between(from, now), counted, "{shop:?}, {now}");
        if shop.is_open(now.millis()) {
            counted += MINUTE;
        }
    }
}

#[test]
fn a_shop_that_is_hardly_open_is_bounded() {
    let mut week = vec![Vec::new(); 7];
    week[6].push(("12:00".to_owned(), "12:01".to_owned()));
    let shop = Shop::new("Europe/Berlin", week, [].into());
    for start in [0, 1_774_656_000_000, -60_000_000 * HOUR].map(at) {
        let end = shop.calendar.add(start, 525_600);
        assert_eq!(end, start.plus_millis(Calendar::HORIZON_MS));
        // One minute a week, in ten years.
        assert!((521..=522).contains(&(shop.calendar.between(start, end) / MINUTE)));
    }
    let last = at(253_402_207_200_000);
    assert_eq!(shop.calendar.add(last, 1), last, "no later time exists");
}
