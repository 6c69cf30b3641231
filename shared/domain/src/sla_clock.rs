//! The clocks of an SLA. They are computed from the policy and from facts; nothing of them is stored.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use crate::{Calendar, Desk, Minutes, Pause, SlaKind, SlaPolicy, Time};

/// What the clocks of a conversation depend on.
#[derive(Clone, Copy, Debug)]
pub struct SlaFacts<'a> {
    /// The conversation's desk.
    pub desk: &'a Desk,
    /// Whether the conversation is active. An archived or closed one has no clocks.
    pub is_active: bool,
    /// Whether its order is completed or cancelled.
    pub is_final: bool,
    /// When its order was placed.
    pub placed_at: Time,
}

/// A clock of a conversation. Pauses and the time in which the shop is closed do not count.
///
/// A list shows the time from now to `due`, until it is over. It counts down, except while `paused`.
/// Then `due` moves on with the time, and the list shows `left_ms`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlaClock {
    /// What it measures.
    pub kind: SlaKind,
    /// Since when it runs.
    pub since: Time,
    /// When its time is over. While it is paused: when it would be over if the snooze ended now.
    pub due: Time,
    /// When a quarter of its time is left, in the same way.
    pub warn_at: Time,
    /// True while the conversation is snoozed, unless the clock's time was over before.
    pub paused: bool,
    /// Only while it is paused: the milliseconds from now to `due`, which stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub left_ms: Option<i64>,
}

impl SlaPolicy {
    /// The clocks of a conversation at `now`: at most one for the response and one for the
    /// resolution. A clock whose time is over is among them.
    ///
    /// The clock of the response runs while the customer waits. That of the resolution runs from the
    /// order until the order is completed or cancelled. It does not stop while the conversation is
    /// archived or closed; it is only not shown then.
    pub fn clocks(&self, facts: &SlaFacts<'_>, now: Time) -> Vec<SlaClock> {
        if !facts.is_active {
            return Vec::new();
        }
        let desk = facts.desk;
        let target = self.target(desk.priority);
        let (kind, minutes) = match desk.first_answered_at {
            None => (SlaKind::FirstResponse, target.first_response_minutes),
            Some(_) => (SlaKind::NextResponse, target.next_response_minutes),
        };
        let response = desk.waiting_since.zip(minutes).map(|(since, minutes)| (kind, since, minutes));
        let minutes = target.resolution_minutes.filter(|_| !facts.is_final);
        let resolution = minutes.map(|minutes| (SlaKind::Resolution, facts.placed_at, minutes));
        let running = response.into_iter().chain(resolution);

        let stops = pauses(desk, now);
        let clock = |(kind, since, minutes)| {
            let millis = i64::from(Minutes::get(minutes)) * 60_000;
            let after = |millis| due(self.calendar(), since, millis, &stops);
            let (due, warn_at) = (after(millis), after(millis / 4 * 3));
            let paused = due > now && desk.is_snoozed(now);
            let left_ms = paused.then(|| due.millis() - now.millis());
            SlaClock { kind, since, due, warn_at, paused, left_ms }
        };
        running.map(clock).collect()
    }

    /// The clock whose time is over at `now` without a record of it. Of two it is the one that was
    /// due first.
    pub fn breached(&self, facts: &SlaFacts<'_>, now: Time) -> Option<SlaClock> {
        self.next(facts, now).filter(|clock| clock.due <= now)
    }

    /// When the next breach has to be recorded, as it looks at `now`. The time may have passed.
    ///
    /// `None` if no clock runs, also while the conversation is snoozed: who ends the snooze has to
    /// ask again.
    pub fn next_due(&self, facts: &SlaFacts<'_>, now: Time) -> Option<Time> {
        self.next(facts, now).map(|clock| clock.due)
    }

    fn next(&self, facts: &SlaFacts<'_>, now: Time) -> Option<SlaClock> {
        let desk = facts.desk;
        let is_recorded = |kind| match kind {
            SlaKind::FirstResponse | SlaKind::NextResponse => desk.response_breach == desk.waiting_since,
            SlaKind::Resolution => desk.resolution_breach,
        };
        let clocks = self.clocks(facts, now).into_iter();
        clocks.filter(|clock| !clock.paused && !is_recorded(clock.kind)).min_by_key(|clock| (clock.due, clock.kind))
    }
}

/// The pauses until `now`, in order. A snooze is one of them, until it ended or until `now`.
fn pauses(desk: &Desk, now: Time) -> Vec<Pause> {
    let snooze = desk.snooze.map(|snooze| {
        let end = snooze.until.map_or(now, |until| until.min(now));
        Pause { from: snooze.since, to: end.max(snooze.since) }
    });
    let mut pauses: Vec<Pause> = desk.pauses.iter().copied().chain(snooze).collect();
    // Server clocks differ a little, so the pauses may not be in order.
    pauses.sort_by_key(|pause| pause.from);
    pauses
}

/// When `millis` of business time outside `pauses` have passed since `since`.
fn due(calendar: &Calendar, since: Time, millis: i64, pauses: &[Pause]) -> Time {
    let (mut from, mut left) = (since, millis);
    for pause in pauses {
        match calendar.spend(from, pause.from, left) {
            ControlFlow::Break(due) => return due,
            ControlFlow::Continue(rest) => left = rest,
        }
        from = from.max(pause.to);
    }
    calendar.add_millis(from, left)
}
