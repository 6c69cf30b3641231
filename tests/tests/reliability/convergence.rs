//! A client's state from events equals a fresh fetch, whatever four people do concurrently.
//!
//! In each schedule two customers and two admins act concurrently: they send, answer, edit, delete,
//! react, write notes and set statuses. Each client builds its state from its first fetch,
//! acknowledgements and events. In the end this state must equal the server's: every message and
//! change, the shop's log, its own read cursor, the furthest cursors of both sides if it has joined,
//! both statuses, and `unread`. Two admins may set one status at the same time. An answer may arrive
//! long after events that were sent later.
//!
//! In half of the schedules events are lost, come twice, late or in another order. Then one last
//! sync must be enough.

use std::collections::{BTreeMap, VecDeque};

use domain::{ConversationId, ConversationStatus, DeskEntry, Emoji, OrderStatus, Role};
use fastrand::Rng;
use futures_util::future::join_all;
use proptest::prelude::*;
use protocol::{Code, Conversation, ConversationUpdate, DeskAnswer, DeskPage, Event, History, OrderAnswer, Problem};
use serde_json::{Value, json};
use tests::{Client, Replica, ReplicaConversation, Shop, User, Variables, cases, client_message_id};

/// An action of one of the four people. The numbers select a conversation among the known ones, and
/// a position for a cursor.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Sends a message, over REST or the socket, with or without `seenSeq`.
    Send {
        at: usize,
        rest: bool,
        seen: bool,
    },
    /// Sends the last message again, unchanged.
    Repeat {
        rest: bool,
    },
    /// Answers the message that `share` selects.
    Answer {
        at: usize,
        share: u64,
        rest: bool,
    },
    /// Changes the message that `share` selects, over REST or the socket, with or without `seenSeq`.
    Change {
        at: usize,
        share: u64,
        kind: ChangeAct,
        rest: bool,
        seen: bool,
    },
    /// Makes the last change again, unchanged.
    RepeatChange {
        rest: bool,
    },
    /// An admin writes a note. A customer does nothing.
    Note {
        at: usize,
        seen: bool,
    },
    /// Writes the last note again, unchanged.
    RepeatNote,
    Read {
        at: usize,
        share: u64,
        rest: bool,
    },
    Deliver {
        at: usize,
        share: u64,
    },
    Join {
        at: usize,
    },
    Leave,
    Order,
    /// An admin changes the status of an order. A customer does nothing.
    OrderStatus {
        at: usize,
        to: OrderStatus,
    },
    /// An admin changes the status of a conversation. A customer does nothing.
    Status {
        at: usize,
        to: ConversationStatus,
    },
    /// Fetches a conversation. The answer is delayed until [`Act::Arrive`].
    Fetch {
        at: usize,
    },
    /// Fetches a page before the entry that `share` selects. It is delayed in the same way.
    Page {
        at: usize,
        share: u64,
    },
    /// The oldest delayed answer arrives.
    Arrive,
    Reconnect,
}

#[derive(Clone, Copy, Debug)]
enum ChangeAct {
    Edit,
    Delete,
    React(Emoji, bool),
}

/// An answer that has not arrived yet.
enum Delayed {
    Conversation(Box<Conversation>),
    Page(ConversationId, History),
}

fn change() -> impl Strategy<Value = ChangeAct> {
    let emoji = prop::sample::select(vec![Emoji::ThumbsUp, Emoji::Heart]);
    prop_oneof![
        3 => Just(ChangeAct::Edit),
        1 => Just(ChangeAct::Delete),
        4 => (emoji, any::<bool>()).prop_map(|(emoji, on)| ChangeAct::React(emoji, on)),
    ]
}

fn status() -> impl Strategy<Value = ConversationStatus> {
    prop::sample::select(&ConversationStatus::ALL[..])
}

fn act() -> impl Strategy<Value = Act> {
    let at = || 0..8usize;
    let share = || 0..=100u64;
    prop_oneof![
        8 => (at(), any::<bool>(), any::<bool>()).prop_map(|(at, rest, seen)| Act::Send { at, rest, seen }),
        2 => any::<bool>().prop_map(|rest| Act::Repeat { rest }),
        4 => (at(), share(), any::<bool>()).prop_map(|(at, share, rest)| Act::Read { at, share, rest }),
        3 => (at(), share()).prop_map(|(at, share)| Act::Deliver { at, share }),
        3 => at().prop_map(|at| Act::Join { at }),
        1 => Just(Act::Leave),
        1 => Just(Act::Order),
        2 => (at(), prop::sample::select(&OrderStatus::ALL[1..])).prop_map(|(at, to)| Act::OrderStatus { at, to }),
        2 => (at(), status()).prop_map(|(at, to)| Act::Status { at, to }),
        2 => (at(), share(), any::<bool>()).prop_map(|(at, share, rest)| Act::Answer { at, share, rest }),
        9 => (at(), share(), change(), any::<bool>(), any::<bool>())
            .prop_map(|(at, share, kind, rest, seen)| Act::Change { at, share, kind, rest, seen }),
        2 => any::<bool>().prop_map(|rest| Act::RepeatChange { rest }),
        2 => (at(), any::<bool>()).prop_map(|(at, seen)| Act::Note { at, seen }),
        1 => Just(Act::RepeatNote),
        2 => at().prop_map(|at| Act::Fetch { at }),
        2 => (at(), share()).prop_map(|(at, share)| Act::Page { at, share }),
        2 => Just(Act::Arrive),
        1 => Just(Act::Reconnect),
    ]
}

/// One of the four people, with a client that follows the protocol.
struct ReplicatingUser {
    user: User,
    number: usize,
    client: Client,
    replica: Replica,
    joined: Option<ConversationId>,
    last: Option<(ConversationId, Value)>,
    last_change: Option<(ConversationId, u64, Value)>,
    last_note: Option<(ConversationId, Value)>,
    on_their_way: VecDeque<Delayed>,
    /// Loses, repeats and delays events, if they are to be.
    losses: Option<Rng>,
    delayed: Vec<Event>,
}

impl ReplicatingUser {
    async fn enter(user: User, number: usize, losses: Option<Rng>) -> Self {
        let client = user.connect().await;
        let replica = Replica::new(&user.id, user.role);
        let mut actor = Self {
            user,
            number,
            client,
            replica,
            joined: None,
            last: None,
            last_change: None,
            last_note: None,
            on_their_way: VecDeque::new(),
            losses,
            delayed: Vec::new(),
        };
        actor.sync().await;
        actor
    }

    /// The sync after each connect: fetches the conversations, then the missing messages of each.
    async fn sync(&mut self) {
        for conversation in self.user.all_conversations("limit=100").await {
            self.see(&conversation);
            let held = self.replica.conversations()[&conversation.id].gapless();
            let log = self.user.log_after(&conversation.id, held).await;
            self.replica.apply_history(&conversation.id, &log);
            if self.user.role == Role::Admin {
                for entry in self.desk_after(&conversation.id, self.held_desk(&conversation.id)).await {
                    self.replica.apply_desk(&entry);
                }
            }
        }
    }

    /// The `deskSeq` up to which no entry of the shop's log is missing.
    fn held_desk(&self, id: &ConversationId) -> u64 {
        let desk = &self.replica.conversations()[id].desk;
        (1..=desk.len() as u64).take_while(|seq| desk.contains_key(seq)).last().unwrap_or(0)
    }

    async fn desk_after(&self, id: &ConversationId, mut after: u64) -> Vec<DeskEntry> {
        let mut all = Vec::new();
        loop {
            let path = format!("/api/chat/conversations/{id}/desk?after={after}&limit=2");
            let page: DeskPage = self.user.get(&path).await.ok();
            after = page.entries.last().map_or(after, |last| last.desk_seq);
            all.extend(page.entries);
            if !page.has_more {
                assert_eq!(after, page.desk_seq);
                return all;
            }
        }
    }

    fn listen(&mut self) {
        let events = self.client.take();
        self.hear(events);
    }

    /// Applies events as they arrive: each once, or as the losses have it.
    fn hear(&mut self, events: Vec<Event>) {
        let Some(rng) = &mut self.losses else {
            for event in &events {
                self.replica.apply_event(event);
            }
            return;
        };
        for event in events {
            match rng.u32(0..5) {
                0 => {}
                1 => self.delayed.push(event),
                2 => {
                    self.replica.apply_event(&event);
                    self.delayed.push(event);
                }
                _ => self.replica.apply_event(&event),
            }
        }
        if rng.bool() && !self.delayed.is_empty() {
            let late = self.delayed.swap_remove(rng.usize(0..self.delayed.len()));
            self.replica.apply_event(&late);
        }
    }

    fn arrive(&mut self, answer: &Delayed) {
        match answer {
            Delayed::Conversation(conversation) => self.see(conversation),
            Delayed::Page(id, page) => self.replica.apply_history(id, page),
        }
    }

    /// Applies the answer to a request. Events that were pushed before the answer are applied first.
    fn see(&mut self, conversation: &Conversation) {
        self.listen();
        self.replica.apply_conversation(conversation);
    }

    #[expect(clippy::too_many_lines, reason = "one short arm for each act")]
    async fn act(&mut self, act: Act) {
        self.listen();
        match act {
            Act::Send { at, rest, seen } => {
                let Some((id, known)) = self.replica.pick(at) else { return };
                let mut message = json!({"clientMessageId": client_message_id(), "body": "hi"});
                if seen {
                    message["seenSeq"] = known.gapless().into();
                }
                self.send(id, message, rest).await;
            }
            Act::Answer { at, share, rest } => {
                let Some((id, known)) = self.replica.pick(at) else { return };
                let mut message = json!({"clientMessageId": client_message_id(), "body": "so"});
                (message["seenSeq"], message["replyTo"]) = (known.gapless().into(), selected(&known, share).into());
                self.send(id, message, rest).await;
            }
            Act::Change { at, share, kind, rest, seen } => {
                let Some((id, known)) = self.replica.pick(at) else { return };
                let mut change = match kind {
                    ChangeAct::Edit => json!({"edit": {"body": client_message_id()}}),
                    ChangeAct::Delete => json!({"delete": {}}),
                    ChangeAct::React(emoji, on) => json!({"react": {"emoji": emoji, "on": on}}),
                };
                change["changeId"] = json!(client_message_id());
                if seen {
                    change["seenSeq"] = known.gapless().into();
                }
                self.change(id, selected(&known, share), change, rest).await;
            }
            Act::RepeatChange { rest } => {
                if let Some((id, seq, change)) = self.last_change.clone() {
                    self.change(id, seq, change, rest).await;
                }
            }
            Act::Note { at, seen } if self.user.role == Role::Admin => {
                let Some((id, _)) = self.replica.pick(at) else { return };
                let mut note = json!({"changeId": client_message_id(), "note": {"body": "psst"}});
                if seen {
                    note["seenDeskSeq"] = self.held_desk(&id).into();
                }
                self.note(id, note).await;
            }
            Act::RepeatNote => {
                if let Some((id, note)) = self.last_note.clone() {
                    self.note(id, note).await;
                }
            }
            Act::Repeat { rest } => {
                if let Some((id, message)) = self.last.clone() {
                    self.send(id, message, rest).await;
                }
            }
            Act::Read { at, share, rest } => {
                let Some((id, known)) = self.replica.pick(at) else { return };
                let seq = known.gapless() * share / 100;
                let read = if rest { self.user.read(&id, seq).await } else { self.client.read(&id, seq).await };
                assert!(read.read_seq >= seq);
                self.replica.own_cursor(&id, read.read_seq, read.read_seq);
            }
            Act::Deliver { at, share } => {
                let Some((id, known)) = self.replica.pick(at) else { return };
                let delivered = self.client.delivered(&id, known.gapless() * share / 100).await;
                self.replica.own_cursor(&id, 0, delivered);
            }
            Act::Join { at } => {
                let Some((id, _)) = self.replica.pick(at) else { return };
                let conversation = self.client.join(&id).await;
                self.see(&conversation);
                self.joined = Some(id);
            }
            Act::Leave => {
                if let Some(id) = self.joined.take() {
                    self.client.leave(&id).await;
                }
            }
            Act::Order => self.order().await,
            Act::OrderStatus { at, to } if self.user.role == Role::Admin => {
                let Some((id, _)) = self.replica.pick(at) else { return };
                let path = format!("/api/sales/ord_{}/status", id.shared_id().as_str());
                let answer = self.user.patch(&path, &json!({"status": to})).await;
                if answer.status != 200 {
                    answer.refused(Code::InvalidTransition);
                }
            }
            Act::Status { at, to } if self.user.role == Role::Admin => {
                let Some((id, _)) = self.replica.pick(at) else { return };
                self.set_status(&id, to).await;
            }
            Act::Fetch { at } => {
                let Some((id, _)) = self.replica.pick(at) else { return };
                let conversation = Box::new(self.user.conversation(&id).await);
                self.on_their_way.push_back(Delayed::Conversation(conversation));
            }
            Act::Page { at, share } => {
                let Some((id, known)) = self.replica.pick(at) else { return };
                let page = self.user.history(&id, &format!("before={}&limit=3", selected(&known, share) + 1)).await;
                self.on_their_way.push_back(Delayed::Page(id, page));
            }
            Act::Arrive => {
                if let Some(answer) = self.on_their_way.pop_front() {
                    self.arrive(&answer);
                }
            }
            Act::OrderStatus { .. } | Act::Status { .. } | Act::Note { .. } => {}
            Act::Reconnect => {
                let fresh = self.user.connect().await;
                self.listen();
                std::mem::replace(&mut self.client, fresh).close().await;
                if let Some(id) = self.joined.clone() {
                    let conversation = self.client.join(&id).await;
                    self.see(&conversation);
                }
                self.sync().await;
            }
        }
    }

    async fn set_status(&mut self, id: &ConversationId, to: ConversationStatus) {
        let ConversationUpdate { conversation, change } = self.user.set_status(id, to).await;
        self.see(&conversation);
        if let Some(change) = change {
            self.replica.apply_change(&change);
        }
    }

    async fn order(&mut self) {
        let mut body = tests::lamp();
        if self.user.role == Role::Admin {
            let customer = self.replica.conversations().keys().next().map(ToString::to_string);
            let Some(id) = customer else { return };
            let conversation = self.user.conversation(id).await;
            body["customerId"] = conversation.customer_id.into();
            body["customerName"] = conversation.customer_name.into();
        }
        let placed: OrderAnswer = self.user.post("/api/sales", &body).await.expect(201);
        self.see(&placed.conversation);
        self.replica.apply_message(&placed.conversation.last_message);
    }

    async fn send(&mut self, id: ConversationId, message: Value, rest: bool) {
        let answer = self.ask(&id, "messages", "send_message", message.clone(), rest).await;
        self.last = Some((id, message));
        if let Some(answer) = answer {
            self.replica.apply_message(&serde_json::from_value(answer["message"].clone()).expect("a message"));
        }
    }

    async fn change(&mut self, id: ConversationId, seq: u64, change: Value, rest: bool) {
        let mut fields = change.clone();
        if !rest {
            fields["seq"] = seq.into();
        }
        let answer = self.ask(&id, &format!("messages/{seq}/changes"), "change_message", fields, rest).await;
        self.last_change = Some((id, seq, change));
        if let Some(answer) = answer {
            self.replica.apply_change(&serde_json::from_value(answer["change"].clone()).expect("a change"));
            self.replica.apply_message(&serde_json::from_value(answer["message"].clone()).expect("a message"));
        }
    }

    async fn note(&mut self, id: ConversationId, note: Value) {
        let answer = self.user.post(&format!("/api/chat/conversations/{id}/desk"), &note).await;
        let status = answer.status;
        assert!(matches!(status, 200 | 201), "{note}: {status}");
        let written: DeskAnswer = answer.expect(status);
        self.replica.apply_desk(&written.entry.expect("a note is an entry"));
        self.last_note = Some((id, note));
    }

    /// Makes a request over REST or the socket. Half of the people name their connection when they
    /// send over REST, so that only the answer brings them their message. Returns the answer, or `None` if it is refused for a
    /// reason that a person can cause.
    async fn ask(&self, id: &ConversationId, path: &str, action: &str, mut fields: Value, rest: bool) -> Option<Value> {
        if rest {
            if path == "messages" && self.number.is_multiple_of(2) {
                fields["connectionId"] = json!(self.client.connection_id());
            }
            let answer = self.user.post(&format!("/api/chat/conversations/{id}/{path}"), &fields).await;
            if matches!(answer.status, 200 | 201) {
                return Some(serde_json::from_str(&answer.text).expect("JSON"));
            }
            let problem: Problem = serde_json::from_str(&answer.text).expect("a problem");
            assert!(REFUSALS.contains(&problem.code), "{fields}: {problem:?}");
            return None;
        }
        fields["conversationId"] = json!(id);
        match self.client.request(action, fields.clone()).await {
            Ok(answer) => Some(answer),
            Err(refused) => {
                assert!(REFUSALS.contains(&refused.code), "{fields}: {refused:?}");
                None
            }
        }
    }

    /// Compares the state from events with a fresh fetch.
    async fn compare(&mut self) {
        let events = self.client.drain().await;
        self.hear(events);
        while let Some(answer) = self.on_their_way.pop_front() {
            self.arrive(&answer);
        }
        if self.losses.is_some() {
            self.sync().await;
            // What is late can still come after the sync.
            for event in std::mem::take(&mut self.delayed) {
                self.replica.apply_event(&event);
            }
        }
        let mut fetched = Replica::new(&self.user.id, self.user.role);
        let mut unread = BTreeMap::new();
        for conversation in self.user.all_conversations("limit=100").await {
            let id = conversation.id.clone();
            fetched.apply_conversation(&conversation);
            let log = self.user.log_after(&id, 0).await;
            let entries = log.messages.len() + log.changes.len();
            assert_eq!(entries as u64, conversation.last_seq, "{id}: lastSeq");
            fetched.apply_history(&id, &log);
            if self.user.role == Role::Admin {
                let desk = self.desk_after(&id, 0).await;
                assert_eq!(conversation.desk_seq, Some(desk.len() as u64), "{id}: deskSeq");
                for entry in &desk {
                    fetched.apply_desk(entry);
                }
            }
            unread.insert(id, conversation.unread);
        }
        let who = &self.user.id;
        assert_eq!(
            self.replica.conversations().keys().collect::<Vec<_>>(),
            fetched.conversations().keys().collect::<Vec<_>>(),
            "{who}: conversations"
        );
        for (id, truth) in fetched.conversations() {
            let known = &self.replica.conversations()[id];
            let numbers: Vec<_> = known.messages.keys().collect();
            assert_eq!(known.messages, truth.messages, "{who}: messages of {id}: {numbers:?}");
            assert_eq!(known.changes, truth.changes, "{who}: changes of {id}");
            assert_eq!(known.desk, truth.desk, "{who}: the shop's log of {id}");
            assert_eq!(known.order.1, truth.order.1, "{who}: the order of {id}: {known:?}");
            assert_eq!(known.status.1, truth.status.1, "{who}: the status of {id}: {known:?}");
            let own = |it: &tests::ReplicaConversation| it.cursor(&self.user.id, self.user.role).0;
            assert_eq!(own(known), own(truth), "{who}: own read cursor in {id}");
            assert_eq!(Some(self.replica.unread(id)), unread[id], "{who}: unread of {id}: {known:?}");
            if self.joined.as_ref() == Some(id) {
                for side in [Role::Customer, Role::Admin] {
                    assert_eq!(known.furthest(side), truth.furthest(side), "{who}: cursors of {side:?} in {id}");
                }
            }
        }
    }
}

/// The `seq` of one of the entries that a client has.
fn selected(known: &ReplicaConversation, share: u64) -> u64 {
    1 + known.gapless().saturating_sub(1) * share / 100
}

/// Why requests of people who do what they can are refused.
const REFUSALS: [Code; 6] = [
    Code::ConversationClosed,
    Code::Forbidden,
    Code::InvalidRequest,
    Code::NotChangeable,
    Code::NotFound,
    Code::RateLimited,
];

/// What people do, the last statuses, and the seed of what is lost, if anything is.
type Case = (Vec<(usize, Act)>, [ConversationStatus; 2], Option<u64>);

#[test]
fn events_converge_to_the_fetched_state() {
    let losses = || prop::option::of(any::<u64>());
    let schedule = || (prop::collection::vec((0..4usize, act()), 1..60), [status(), status()], losses());
    let variables = Variables { seed: "CONVERGENCE_SEED", count: "CONVERGENCE_CASES" };
    // `cargo xtask test` asks for 200.
    cases(&variables, 80, schedule, &async |_, (schedule, last, losses): Case| {
        // Each case has a shop of its own, so that the admins have few conversations.
        let shop = Shop::open().await;
        let people = [shop.customer("anna"), shop.customer("bob"), shop.admin("ben"), shop.admin("cleo")];
        people[0].order().await;
        people[1].order().await;
        let mut actors = Vec::new();
        for (number, user) in people.into_iter().enumerate() {
            let losses = losses.map(|seed| Rng::with_seed(seed.wrapping_add(number as u64)));
            actors.push(ReplicatingUser::enter(user, number, losses).await);
        }
        join_all(actors.iter_mut().map(|actor| {
            let own: Vec<Act> = schedule.iter().filter(|(who, _)| *who == actor.number).map(|(_, act)| *act).collect();
            async move {
                for act in own {
                    actor.act(act).await;
                }
            }
        }))
        .await;
        // The last action: both admins set the status at once. No later event can hide a wrong
        // result.
        if let [.., ben, cleo] = &mut actors[..] {
            let (id, _) = ben.replica.pick(0).expect("two orders");
            tokio::join!(ben.set_status(&id, last[0]), cleo.set_status(&id, last[1]));
        }
        for actor in &mut actors {
            actor.compare().await;
        }
        shop.close().await;
    });
}
