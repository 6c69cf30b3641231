//! Properties of the clocks.

use std::collections::BTreeMap;

use domain::{
    Calendar, Desk, Minutes, Pause, Priority, SlaClock, SlaFacts, SlaKind, SlaPolicy, SlaTarget, Snooze, Time,
};
use proptest::prelude::*;

use crate::shop::{DAY, HOUR, MINUTE, Shop, shop_and_time};

/// A policy that has these times for every priority.
fn policy(calendar: Option<Calendar>, first: u32, next: u32, resolution: u32) -> SlaPolicy {
    let minutes = |minutes| Minutes::try_from(minutes).ok();
    let target = SlaTarget {
        first_response_minutes: minutes(first),
        next_response_minutes: minutes(next),
        resolution_minutes: minutes(resolution),
    };
    SlaPolicy { targets: BTreeMap::from([(Priority::None, target)]), calendar }
}

fn facts(desk: &Desk, placed_at: Time) -> SlaFacts<'_> {
    SlaFacts { desk, is_active: true, is_final: false, placed_at }
}

fn waiting(since: Time) -> Desk {
    Desk { waiting_since: Some(since), ..Desk::default() }
}

/// When the first response of this desk is due, at `now`.
fn due(calendar: &Calendar, desk: &Desk, minutes: u32, now: Time) -> Time {
    let policy = policy(Some(calendar.clone()), minutes, 1, 0);
    let clocks = policy.clocks(&facts(desk, now), now);
    assert_eq!(clocks.len(), 1);
    clocks[0].due
}

fn is_limit(start: Time, due: Time) -> bool {
    due >= start.plus_millis(Calendar::HORIZON_MS)
}

fn later(time: Time, minutes: i64) -> Time {
    time.plus_millis(minutes * MINUTE)
}

/// Pauses and a snooze around `time`, in any order and overlapping.
fn pauses(time: Time) -> impl Strategy<Value = Vec<Pause>> {
    let pause = (-600i64..3_000, 0i64..900)
        .prop_map(move |(from, minutes)| Pause { from: later(time, from), to: later(time, from + minutes) });
    prop::collection::vec(pause, 0..=8)
}

fn desk(time: Time) -> impl Strategy<Value = Desk> {
    let snooze = (-600i64..3_000, prop::option::of(0i64..900)).prop_map(move |(since, minutes)| Snooze {
        since: later(time, since),
        until: minutes.map(|minutes| later(time, since + minutes)),
        after_seq: 1,
    });
    let record = prop::option::of(prop_oneof![Just(time), Just(later(time, -1))]);
    (pauses(time), prop::option::of(snooze), any::<[bool; 3]>(), record).prop_map(
        move |(pauses, snooze, [waits, answered, recorded], response_breach)| Desk {
            pauses,
            snooze,
            waiting_since: waits.then_some(time),
            first_answered_at: answered.then_some(later(time, -1)),
            response_breach,
            resolution_breach: recorded,
            ..Desk::default()
        },
    )
}

/// The first time at which `minutes` have passed since `since`, counted one by one. `None` if that
/// is more than a week away.
fn counted_due(shop: &Shop, since: Time, minutes: u32, pauses: &[Pause]) -> Option<Time> {
    let is_paused = |time| pauses.iter().any(|pause| pause.from <= time && time < pause.to);
    let all = (0..7 * DAY / MINUTE).map(|minute| later(since, minute));
    let counted = all.filter(|time| shop.is_open(time.millis()) && !is_paused(*time));
    counted.map(|time| later(time, 1)).nth(usize::try_from(minutes).unwrap() - 1)
}

proptest! {
    /// Without a pause a clock's time is over when its business minutes have passed. Which clock runs
    /// follows from the facts alone.
    #[test]
    fn a_clock_without_pauses((shop, since) in shop_and_time(), minutes in 1u32..3_000, ago in 0..30 * DAY) {
        let policy = policy(Some(shop.calendar.clone()), minutes, minutes + 1, minutes + 2);
        let placed_at = since.plus_millis(-ago);
        let clocks = policy.clocks(&facts(&waiting(since), placed_at), since);
        let warnings: Vec<Time> = clocks.iter().map(|clock| clock.warn_at).collect();
        for (clock, minutes) in clocks.iter().zip([minutes, minutes + 2]) {
            // Three quarters of the time, so one quarter is left.
            let passed = shop.calendar.between(clock.since, clock.warn_at);
            prop_assert_eq!(passed, i64::from(minutes) * MINUTE / 4 * 3);
            prop_assert!(clock.warn_at <= clock.due);
        }
        let response = SlaClock {
            kind: SlaKind::FirstResponse,
            since,
            due: shop.calendar.add(since, minutes),
            warn_at: warnings[0],
            paused: false,
            left_ms: None,
        };
        let resolution = SlaClock {
            kind: SlaKind::Resolution,
            since: placed_at,
            due: shop.calendar.add(placed_at, minutes + 2),
            warn_at: warnings[1],
            paused: false,
            left_ms: None,
        };
        let mut desk = waiting(since);
        prop_assert_eq!(policy.clocks(&facts(&desk, placed_at), since), vec![response, resolution]);
        let done = SlaFacts { is_final: true, ..facts(&desk, placed_at) };
        prop_assert_eq!(policy.clocks(&done, since), vec![response]);
        let closed = SlaFacts { is_active: false, ..facts(&desk, placed_at) };
        prop_assert_eq!(policy.clocks(&closed, since), vec![]);
        desk.first_answered_at = Some(placed_at);
        let clocks = policy.clocks(&facts(&desk, placed_at), since);
        let due = shop.calendar.add(since, minutes + 1);
        let next = SlaClock { kind: SlaKind::NextResponse, due, warn_at: clocks[0].warn_at, ..response };
        prop_assert_eq!(clocks, vec![next, resolution]);
        desk.waiting_since = None;
        prop_assert_eq!(policy.clocks(&facts(&desk, placed_at), since), vec![resolution]);
    }

    /// Without a calendar every minute counts.
    #[test]
    fn without_a_calendar_the_shop_is_always_open((_, since) in shop_and_time(), minutes in 1u32..=525_600) {
        let clocks = policy(None, minutes, 0, 0).clocks(&facts(&waiting(since), since), since);
        prop_assert_eq!(clocks[0].due, later(since, i64::from(minutes)));
    }

    /// A pause moves the end by exactly the business time in it, and by nothing if the shop was
    /// closed.
    #[test]
    fn a_pause_moves_the_end_by_its_business_time(
        (shop, since) in shop_and_time(), minutes in 1u32..3_000, after in 0..3 * DAY, length in 0..3 * DAY,
    ) {
        let calendar = &shop.calendar;
        let from = since.plus_millis(after);
        let pause = Pause { from, to: from.plus_millis(length) };
        let before = due(calendar, &waiting(since), minutes, since);
        let desk = Desk { pauses: vec![pause], ..waiting(since) };
        let moved = due(calendar, &desk, minutes, pause.to);
        prop_assume!(!is_limit(since, before) && !is_limit(since, moved));
        let paused = calendar.between(pause.from, pause.to);
        if before <= pause.from || paused == 0 {
            prop_assert_eq!(moved, before);
        } else {
            prop_assert_eq!(calendar.between(before, moved), paused);
            prop_assert_eq!(calendar.between(since, moved), i64::from(minutes) * MINUTE + paused);
        }
        // A snooze is a pause, while it lasts and when it is over but not ended yet.
        let snooze = |until| Desk { snooze: Some(Snooze { since: from, until, after_seq: 1 }), ..waiting(since) };
        for until in [None, Some(pause.to), Some(pause.to.plus_millis(DAY))] {
            prop_assert_eq!(due(calendar, &snooze(until), minutes, pause.to), moved);
        }
        prop_assert_eq!(due(calendar, &snooze(Some(pause.to)), minutes, pause.to.plus_millis(DAY)), moved);
    }

    /// While a conversation is snoozed, the business time that is left stays the same.
    #[test]
    fn what_is_left_stays_the_same_while_snoozed(
        (shop, since) in shop_and_time(), minutes in 1u32..3_000, after in 0..DAY, one in 0..3 * DAY, other in 0..3 * DAY,
    ) {
        let snooze = Snooze { since: since.plus_millis(after), until: None, after_seq: 1 };
        let desk = Desk { snooze: Some(snooze), ..waiting(since) };
        let policy = policy(Some(shop.calendar.clone()), minutes, 0, 0);
        let at = |now| policy.clocks(&facts(&desk, since), now)[0];
        let [early, late] = [one.min(other), one.max(other)].map(|millis| snooze.since.plus_millis(millis));
        prop_assume!(!is_limit(since, at(late).due));
        prop_assert_eq!(at(early).paused, at(late).paused);
        if at(early).paused {
            let left = |now| shop.calendar.between(now, at(now).due);
            prop_assert_eq!(left(early), left(late));
            prop_assert!(left(early) > 0);
            prop_assert_eq!(policy.next_due(&facts(&desk, since), late), None);
        } else {
            prop_assert!(at(late).due <= snooze.since);
            prop_assert_eq!(at(early).due, at(late).due);
        }
    }

    /// Until the next due nothing is breached, and then it is the clock that says so. It does not
    /// matter when one asks.
    #[test]
    fn next_due_and_breached_agree(
        ((shop, desk), since) in shop_and_time().prop_flat_map(|(shop, since)| ((Just(shop), desk(since)), Just(since))),
        open in any::<bool>(), [first, next, resolution] in prop::array::uniform3(0u32..2_000),
        ago in 0..3 * DAY, [one, other] in prop::array::uniform2(0..5 * DAY),
    ) {
        let policy = policy(open.then_some(shop.calendar), first, next, resolution);
        let facts = facts(&desk, since.plus_millis(-ago));
        let [now, later] = [one.min(other), one.max(other)].map(|millis| since.plus_millis(millis));
        let due = policy.next_due(&facts, now);
        let running: Vec<SlaClock> =
            policy.clocks(&facts, now).into_iter().filter(|clock| !clock.paused).collect();
        prop_assert!(due.is_none_or(|due| running.iter().any(|clock| clock.due == due)));
        match policy.breached(&facts, now) {
            Some(clock) => {
                prop_assert_eq!(Some(clock.due), due);
                prop_assert!(clock.due <= now);
                prop_assert!(running.contains(&clock));
            }
            None => prop_assert!(due.is_none_or(|due| due > now)),
        }
        // Asked later, unless a snooze stops the clocks now or begins before that.
        if let Some(due) = due.filter(|due| *due > now) && desk.snooze.is_none_or(|snooze| snooze.until.is_some_and(|until| until <= now)) {
            prop_assert_eq!(policy.next_due(&facts, later), Some(due));
            prop_assert_eq!(policy.breached(&facts, due.plus_millis(-1)), None);
            let breached = policy.breached(&facts, due).unwrap();
            prop_assert_eq!(breached.due, due);
            // Recorded, it is not found again.
            let mut recorded = desk.clone();
            match breached.kind {
                SlaKind::Resolution => recorded.resolution_breach = true,
                _ => recorded.response_breach = recorded.waiting_since,
            }
            let facts = SlaFacts { desk: &recorded, ..facts };
            prop_assert!(policy.breached(&facts, due).is_none_or(|other| other.kind != breached.kind));
            prop_assert_eq!(policy.clocks(&facts, due).len(), policy.clocks(&SlaFacts { desk: &desk, ..facts }, due).len());
        }
    }

    /// A policy that changes while a clock runs holds for the whole wait, as if it had always been
    /// there. A breach that is recorded stays recorded, and the next wait is a new one.
    #[test]
    fn a_new_policy_holds_for_the_whole_wait(
        (old, since) in shop_and_time(), (new, _) in shop_and_time(), [before, after] in prop::array::uniform2(1u32..3_000),
    ) {
        let old = policy(Some(old.calendar), before, 0, 0);
        let changed = policy(Some(new.calendar.clone()), after, after, 0);
        let mut desk = waiting(since);
        let due = old.next_due(&facts(&desk, since), since).unwrap();
        prop_assume!(!is_limit(since, due));
        prop_assert_eq!(changed.next_due(&facts(&desk, since), due), Some(new.calendar.add(since, after)));
        desk.response_breach = desk.waiting_since;
        prop_assert_eq!(changed.next_due(&facts(&desk, since), due), None);
        prop_assert_eq!(changed.breached(&facts(&desk, since), due.plus_millis(Calendar::HORIZON_MS)), None);
        desk.answered(due);
        desk.asked(due.plus_millis(HOUR));
        let again = new.calendar.add(due.plus_millis(HOUR), after);
        prop_assert_eq!(changed.next_due(&facts(&desk, since), due.plus_millis(HOUR)), Some(again));
    }
}

proptest! {
    // Each counts up to 10,000 minutes one by one.
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any pauses, also in any order and overlapping, count once.
    #[test]
    fn any_pauses_equal_a_count(
        (shop, since, pauses) in shop_and_time().prop_flat_map(|(shop, time)| {
            let time = time.plus_millis(-time.millis().rem_euclid(MINUTE));
            (Just(shop), Just(time), pauses(time))
        }),
        minutes in 1u32..1_000,
    ) {
        let counted = counted_due(&shop, since, minutes, &pauses);
        let desk = Desk { pauses, ..waiting(since) };
        let due = due(&shop.calendar, &desk, minutes, since);
        match counted {
            Some(counted) => prop_assert_eq!(due, counted),
            None => prop_assert!(due > since.plus_millis(7 * DAY)),
        }
    }
}
