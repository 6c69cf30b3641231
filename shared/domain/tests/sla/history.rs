//! Any history of a conversation, looked after by a sweep, beside a slow count of the same history.

use std::collections::BTreeMap;

use domain::{
    Change, ChangeKind, ConversationStatus, Desk, DeskEntry, DeskEvent, DeskKind, Emoji, Entry, Message, MessageId,
    Minutes, Person, Priority, Role, SharedId, SlaClock, SlaFacts, SlaKind, SlaPolicy, SlaTarget, System, TagId, Time,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::shop::{DAY, MINUTE, Shop, shop_and_time};

/// What happens in a conversation.
#[derive(Clone, Debug)]
enum Step {
    Asked,
    Answered,
    Reported(Role),
    Reacted,
    Status(ConversationStatus),
    Finished,
    Desk(DeskStep),
    /// The shop takes its other policy.
    Policy,
}

/// What an admin does at the desk. Times are in minutes from now on.
#[derive(Clone, Debug)]
enum DeskStep {
    Noted,
    Assigned(bool),
    Tagged(u8, bool),
    Prioritized(Priority),
    Snoozed(Option<i64>),
    Woken,
    Settled,
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(ConversationStatus::ALL.to_vec());
    let desk = prop_oneof![
        1 => Just(DeskStep::Noted),
        1 => any::<bool>().prop_map(DeskStep::Assigned),
        1 => (0u8..3, any::<bool>()).prop_map(|(tag, add)| DeskStep::Tagged(tag, add)),
        2 => prop::sample::select(Priority::ALL.to_vec()).prop_map(DeskStep::Prioritized),
        4 => prop::option::weighted(0.7, 0i64..400).prop_map(DeskStep::Snoozed),
        2 => Just(DeskStep::Woken),
        1 => Just(DeskStep::Settled),
    ];
    prop_oneof![
        6 => Just(Step::Asked),
        3 => Just(Step::Answered),
        1 => prop::sample::select(vec![Role::Customer, Role::Admin]).prop_map(Step::Reported),
        1 => Just(Step::Reacted),
        2 => status.prop_map(Step::Status),
        1 => Just(Step::Policy),
        1 => Just(Step::Finished),
        8 => desk.prop_map(Step::Desk),
    ]
}

/// Steps, each with the minutes since the one before.
fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    prop::collection::vec((prop_oneof![1 => Just(0i64), 4 => 0i64..300], step()), 0..30)
}

fn policy(shop: &Shop) -> impl Strategy<Value = (SlaPolicy, Shop)> + use<> {
    let minutes = || prop::option::of((1u32..400).prop_map(|minutes| Minutes::try_from(minutes).unwrap()));
    let target = (minutes(), minutes(), minutes()).prop_map(|(first, next, resolution)| SlaTarget {
        first_response_minutes: first,
        next_response_minutes: next,
        resolution_minutes: resolution,
    });
    let shop = shop.clone();
    let priority = prop::sample::select(Priority::ALL.to_vec());
    prop::collection::btree_map(priority, target, 0..4)
        .prop_map(move |targets| (SlaPolicy { targets, calendar: Some(shop.calendar.clone()) }, shop.clone()))
}

fn person(role: Role) -> Person {
    match role {
        Role::System => Person::system(),
        Role::Admin => Person { user_id: "a".to_owned(), role, name: "Admin".to_owned() },
        Role::Customer => Person { user_id: "c".to_owned(), role, name: "Customer".to_owned() },
    }
}

fn tag(number: u8) -> TagId {
    TagId::from_random([number; 5])
}

/// A conversation as the server has it: a desk that follows each entry of the two logs.
struct Conversation {
    desk: Desk,
    status: ConversationStatus,
    is_final: bool,
    placed_at: Time,
    /// All entries in their order.
    entries: Vec<Written>,
}

enum Written {
    Log(Box<Entry>),
    Desk(DeskEntry),
}

impl Written {
    fn event(&self) -> DeskEvent<'_> {
        match self {
            Self::Log(entry) => DeskEvent::Log(entry),
            Self::Desk(entry) => DeskEvent::Desk(entry),
        }
    }
}

impl Conversation {
    fn new(placed_at: Time) -> Self {
        let (desk, status) = (Desk::default(), ConversationStatus::Active);
        Self { desk, status, is_final: false, placed_at, entries: Vec::new() }
    }

    fn facts(&self) -> SlaFacts<'_> {
        let Self { desk, status, is_final, placed_at, .. } = self;
        SlaFacts { desk, is_active: *status == ConversationStatus::Active, is_final: *is_final, placed_at: *placed_at }
    }

    fn wrote(&mut self, role: Role, now: Time) {
        let (cnv, id) = (SharedId::from_random([7; 16]).conversation_id(), MessageId::from_random([1; 10]));
        self.log(Entry::Message(Message::text(cnv, 1, id, Uuid::nil(), person(role), "Hello".to_owned(), now)));
        if role == Role::Customer {
            self.desk.asked(now);
        } else {
            self.desk.answered(now);
        }
        self.status = ConversationStatus::Active;
    }

    fn reported(&mut self, by: Role, now: Time) {
        let (cnv, id) = (SharedId::from_random([7; 16]).conversation_id(), MessageId::from_random([1; 10]));
        self.log(Entry::Message(Message::system(cnv, 1, id, System::OrderCreated { by: person(by) }, now)));
    }

    fn changed(&mut self, kind: ChangeKind, now: Time) {
        let conversation_id = SharedId::from_random([7; 16]).conversation_id();
        let (change_id, by) = (Uuid::nil(), person(Role::Admin));
        self.log(Entry::Change(Change { conversation_id, seq: 1, change_id, kind, by, created_at: now }));
    }

    fn log(&mut self, entry: Entry) {
        self.entries.push(Written::Log(Box::new(entry)));
    }

    fn at_desk(&mut self, kind: DeskKind, now: Time) {
        let conversation_id = SharedId::from_random([7; 16]).conversation_id();
        let (change_id, by) = (Uuid::nil(), person(Role::Admin));
        let entry = DeskEntry { conversation_id, desk_seq: 1, change_id, kind, by, after_seq: 1, created_at: now };
        self.desk.apply(&entry);
        self.entries.push(Written::Desk(entry));
    }

    /// What a sweep does that looks whenever something is due, until `until`. Returns what it
    /// recorded.
    fn sweep(&mut self, policy: &SlaPolicy, mut now: Time, until: Time) -> Vec<SlaKind> {
        let mut recorded = Vec::new();
        loop {
            let due = policy.next_due(&self.facts(), now).filter(|due| *due <= until);
            let wakes = self.desk.snooze.and_then(|snooze| snooze.until).filter(|wakes| *wakes <= until);
            if let Some(at) = wakes.filter(|wakes| due.is_none_or(|due| *wakes <= due)) {
                now = now.max(at);
                self.at_desk(DeskKind::Woken { at }, now);
            } else if let Some(due) = due {
                now = now.max(due);
                let clock = policy.breached(&self.facts(), now).unwrap();
                assert_eq!(clock.due, due);
                self.at_desk(DeskKind::SlaBreached { sla: clock.kind, due }, now);
                recorded.push(clock.kind);
                assert!(recorded.len() <= 2, "a breach is recorded again: {recorded:?}");
            } else {
                assert_eq!(policy.breached(&self.facts(), until), None);
                return recorded;
            }
        }
    }
}

/// The same conversation minute by minute, without a desk, a calendar or a time that is due.
struct Count {
    /// Of each minute since the order: whether the conversation was snoozed.
    snoozed: Vec<bool>,
    waits_since: Option<usize>,
    was_answered: bool,
    /// Until which minute it is snoozed; `usize::MAX` for the customer's next message.
    snoozed_until: usize,
    priority: Priority,
    breached: Breached,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Breached {
    /// Of the current wait.
    response: bool,
    resolution: bool,
}

impl Count {
    fn new() -> Self {
        Self {
            snoozed: Vec::new(),
            waits_since: None,
            was_answered: false,
            snoozed_until: 0,
            priority: Priority::None,
            breached: Breached::default(),
        }
    }

    fn now(&self) -> usize {
        self.snoozed.len()
    }

    fn pass(&mut self, minutes: i64) {
        for _ in 0..minutes {
            self.snoozed.push(self.now() < self.snoozed_until);
        }
    }

    fn follow(&mut self, step: &Step) {
        match step {
            Step::Asked => {
                self.snoozed_until = 0;
                if self.waits_since.is_none() {
                    self.waits(Some(self.now()));
                }
            }
            Step::Answered => {
                self.was_answered = true;
                self.waits(None);
            }
            Step::Status(ConversationStatus::Archived | ConversationStatus::Closed) => {
                self.snoozed_until = 0;
                self.waits(None);
            }
            Step::Desk(DeskStep::Snoozed(minutes)) => {
                let until = minutes.map(|minutes| self.now() + usize::try_from(minutes).unwrap());
                self.snoozed_until = until.unwrap_or(usize::MAX);
            }
            Step::Desk(DeskStep::Woken) => self.snoozed_until = 0,
            Step::Desk(DeskStep::Settled) => self.waits(None),
            Step::Desk(DeskStep::Prioritized(to)) => self.priority = *to,
            _ => {}
        }
    }

    fn waits(&mut self, since: Option<usize>) {
        self.waits_since = since;
        self.breached.response = false;
    }

    /// Counts the minutes that are left: for the response and for the resolution. `None` without such
    /// a clock.
    fn left(&self, policy: &SlaPolicy, shop: &Shop, placed_at: Time, is_final: bool) -> [Option<i64>; 2] {
        let target = policy.targets.get(&self.priority).or(policy.targets.get(&Priority::None));
        let Some(target) = target else { return [None, None] };
        let left = |since: usize, minutes: Minutes| {
            let minute = |at: usize| placed_at.millis() + i64::try_from(at).unwrap() * MINUTE;
            let counts = |at: &usize| !self.snoozed[*at] && shop.is_open(minute(*at));
            let wanted = usize::try_from(minutes.get()).unwrap();
            i64::try_from(wanted - (since..self.now()).filter(counts).take(wanted).count()).unwrap()
        };
        let response = if self.was_answered { target.next_response_minutes } else { target.first_response_minutes };
        let response = self.waits_since.zip(response).map(|(since, minutes)| left(since, minutes));
        let resolution = target.resolution_minutes.filter(|_| !is_final).map(|minutes| left(0, minutes));
        [response, resolution]
    }

    /// Remembers whose time is over.
    fn record(&mut self, [response, resolution]: [Option<i64>; 2]) {
        self.breached.response |= response == Some(0);
        self.breached.resolution |= resolution == Some(0);
    }
}

/// Compares the clocks with the minutes that are left by a count.
fn compare(clocks: &[SlaClock], [response, resolution]: [Option<i64>; 2], shop: &Shop, now: Time, is_snoozed: bool) {
    let wanted = |clock: &SlaClock| if clock.kind == SlaKind::Resolution { resolution } else { response };
    assert_eq!(clocks.len(), response.into_iter().chain(resolution).count());
    for clock in clocks {
        let left = wanted(clock).unwrap();
        assert_eq!(clock.due <= now, left == 0, "{clock:?} at {now}, {left} left");
        assert_eq!(clock.paused, left > 0 && is_snoozed, "{clock:?} at {now}, {left} left");
        if left > 0 && clock.due < now.plus_millis(DAY * 3_000) {
            assert_eq!(shop.calendar.between(now, clock.due), left * MINUTE, "{clock:?} at {now}");
        }
    }
}

/// Takes a step with the conversation and the count, if it is possible now.
fn take(step: &Step, conversation: &mut Conversation, count: &mut Count, now: Time) {
    let is_closed = conversation.status == ConversationStatus::Closed;
    match step {
        Step::Asked | Step::Answered if is_closed => return,
        Step::Asked => conversation.wrote(Role::Customer, now),
        Step::Answered => conversation.wrote(Role::Admin, now),
        Step::Reported(by) => conversation.reported(*by, now),
        Step::Reacted => conversation.changed(ChangeKind::Reacted { target: 1, emoji: Emoji::Heart, on: true }, now),
        Step::Status(to) => {
            conversation.changed(ChangeKind::Status { from: conversation.status, to: *to }, now);
            conversation.status = *to;
            if *to != ConversationStatus::Active {
                conversation.desk.ended(now);
            }
        }
        Step::Finished => conversation.is_final = true,
        Step::Desk(step) => conversation.at_desk(kind(step, now), now),
        Step::Policy => {}
    }
    count.follow(step);
}

fn kind(step: &DeskStep, now: Time) -> DeskKind {
    match step {
        DeskStep::Noted => DeskKind::Note { body: "?".to_owned() },
        DeskStep::Assigned(to) => DeskKind::Assigned { to: to.then(|| "a".to_owned()) },
        DeskStep::Tagged(number, true) => DeskKind::Tagged { add: vec![tag(*number)], remove: vec![] },
        DeskStep::Tagged(number, false) => DeskKind::Tagged { add: vec![], remove: vec![tag(*number)] },
        DeskStep::Prioritized(to) => DeskKind::Prioritized { to: *to },
        DeskStep::Snoozed(minutes) => {
            DeskKind::Snoozed { until: minutes.map(|minutes| now.plus_millis(minutes * MINUTE)) }
        }
        DeskStep::Woken => DeskKind::Woken { at: now },
        DeskStep::Settled => DeskKind::Settled {},
    }
}

proptest! {
    /// The clocks show what is left by a count. A sweep that looks at `next_due` and at the end of a
    /// snooze records each breach once, and just those that the count finds. That holds for changes of the policy, snoozes, and conversations that
    /// are closed and opened again.
    #[test]
    fn a_sweep_records_what_a_count_finds(
        ((one, other), start) in shop_and_time().prop_flat_map(|(shop, start)| {
            let others = shop_and_time().prop_flat_map(|(other, _)| policy(&other));
            ((policy(&shop), others), Just(start))
        }),
        steps in steps(),
    ) {
        let placed_at = start.plus_millis(-start.millis().rem_euclid(MINUTE));
        let (mut current, mut next) = (one, other);
        let mut conversation = Conversation::new(placed_at);
        let mut count = Count::new();
        let mut now = placed_at;
        let mut records: BTreeMap<(bool, Option<Time>), u32> = BTreeMap::new();
        for (minutes, step) in steps {
            let until = now.plus_millis(minutes * MINUTE);
            let wait = conversation.desk.waiting_since;
            for kind in conversation.sweep(&current.0, now, until) {
                let is_resolution = kind == SlaKind::Resolution;
                *records.entry((is_resolution, wait.filter(|_| !is_resolution))).or_default() += 1;
            }
            count.pass(minutes);
            now = until;
            // More pauses than these are forgotten.
            prop_assume!(conversation.desk.pauses.len() < domain::MAX_PAUSES);
            if conversation.status == ConversationStatus::Active {
                let left = count.left(&current.0, &current.1, placed_at, conversation.is_final);
                let clocks = current.0.clocks(&conversation.facts(), now);
                compare(&clocks, left, &current.1, now, count.now() < count.snoozed_until);
                count.record(left);
            }
            let desk = &conversation.desk;
            let response = desk.waiting_since.is_some() && desk.response_breach == desk.waiting_since;
            prop_assert_eq!(Breached { response, resolution: desk.resolution_breach }, count.breached);
            take(&step, &mut conversation, &mut count, now);
            if matches!(step, Step::Policy) {
                std::mem::swap(&mut current, &mut next);
            }
        }
        prop_assert!(records.values().all(|times| *times == 1), "{:?}", records);
    }

    /// The desk that was changed entry by entry is the one that its logs give.
    #[test]
    fn a_desk_is_what_its_logs_say((_, start) in shop_and_time(), steps in steps()) {
        let mut conversation = Conversation::new(start);
        let mut count = Count::new();
        let mut now = start;
        for (minutes, step) in steps {
            now = now.plus_millis(minutes * MINUTE);
            count.pass(minutes);
            take(&step, &mut conversation, &mut count, now);
        }
        let Conversation { desk, entries, .. } = conversation;
        prop_assert_eq!(&Desk::of(entries.iter().map(Written::event)), &desk);
        // As the count says.
        let at = |minute: usize| start.plus_millis(i64::try_from(minute).unwrap() * MINUTE);
        prop_assert_eq!(desk.waiting_since, count.waits_since.map(at));
        prop_assert_eq!(desk.first_answered_at.is_some(), count.was_answered);
        prop_assert_eq!(desk.is_snoozed(now), count.now() < count.snoozed_until);
        prop_assert_eq!(desk.priority, count.priority);
        // A prefix and then the rest.
        let (first, rest) = entries.split_at(entries.len() / 2);
        let mut desk_in_two = Desk::of(first.iter().map(Written::event));
        for entry in rest {
            desk_in_two.follow(entry.event());
        }
        prop_assert_eq!(desk_in_two, desk);
    }
}
