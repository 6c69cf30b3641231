//! A client's state from events equals a fresh fetch, whatever four people do concurrently.
//!
//! In each schedule two customers and two admins act concurrently. Each client builds its state
//! from its first fetch, acknowledgements and events. In the end this state must equal the
//! server's: every message, its own read cursor, the furthest cursors of both sides if it has
//! joined, both statuses, and `unread`. Two admins
//! may set one status at the same time. An answer may arrive long after events that were sent
//! later.

use std::collections::{BTreeMap, VecDeque};

use domain::{ConversationId, ConversationStatus, OrderStatus, Role};
use futures_util::future::join_all;
use proptest::prelude::*;
use protocol::{Code, Conversation, OrderAnswer};
use serde_json::json;
use tests::{Client, Replica, Shop, User, cases, client_message_id};
use uuid::Uuid;

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
    /// The oldest delayed answer arrives.
    Arrive,
    Reconnect,
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
        2 => at().prop_map(|at| Act::Fetch { at }),
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
    last: Option<(ConversationId, Uuid, Option<u64>)>,
    on_their_way: VecDeque<Conversation>,
}

impl ReplicatingUser {
    async fn enter(user: User, number: usize) -> Self {
        let client = user.connect().await;
        let replica = Replica::new(&user.id, user.role);
        let mut actor = Self { user, number, client, replica, joined: None, last: None, on_their_way: VecDeque::new() };
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
        }
    }

    fn listen(&mut self) {
        for event in self.client.take() {
            self.replica.apply_event(&event);
        }
    }

    /// Applies the answer to a request. Events that were pushed before the answer are applied first.
    fn see(&mut self, conversation: &Conversation) {
        self.listen();
        self.replica.apply_conversation(conversation);
    }

    async fn act(&mut self, act: Act) {
        self.listen();
        match act {
            Act::Send { at, rest, seen } => {
                let Some((id, known)) = self.replica.pick(at) else { return };
                let last = (id, client_message_id(), seen.then(|| known.gapless()));
                self.last = Some(last.clone());
                self.send(last, rest).await;
            }
            Act::Repeat { rest } => {
                if let Some(last) = self.last.clone() {
                    self.send(last, rest).await;
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
                self.on_their_way.push_back(self.user.conversation(&id).await);
            }
            Act::Arrive => {
                if let Some(conversation) = self.on_their_way.pop_front() {
                    self.see(&conversation);
                }
            }
            Act::OrderStatus { .. } | Act::Status { .. } => {}
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
        let conversation = self.user.set_status(id, to).await;
        self.see(&conversation.conversation);
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

    async fn send(&mut self, (id, message_id, seen): (ConversationId, Uuid, Option<u64>), rest: bool) {
        let sent = if rest {
            let answer = self.user.post_message(&id, message_id, "hi", seen).await;
            match answer.status {
                200 | 201 => Some(answer.expect::<protocol::MessageAnswer>(answer.status).message),
                _ => {
                    answer.refused(Code::ConversationClosed);
                    None
                }
            }
        } else {
            match self.client.send(&id, message_id, "hi", seen).await {
                Ok(sent) => Some(sent.message),
                Err(refused) => {
                    assert_eq!(refused.code, Code::ConversationClosed, "{refused:?}");
                    None
                }
            }
        };
        if let Some(message) = sent {
            self.replica.apply_message(&message);
        }
    }

    /// Compares the state from events with a fresh fetch.
    async fn compare(&mut self) {
        for event in self.client.drain().await {
            self.replica.apply_event(&event);
        }
        while let Some(conversation) = self.on_their_way.pop_front() {
            self.see(&conversation);
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

#[test]
fn events_converge_to_the_fetched_state() {
    let schedule = || (prop::collection::vec((0..4usize, act()), 1..40), [status(), status()]);
    cases(200, schedule, &async |_, (schedule, last): (Vec<(usize, Act)>, [ConversationStatus; 2])| {
        // Each case has a shop of its own, so that the admins have few conversations.
        let shop = Shop::open().await;
        let people = [shop.customer("anna"), shop.customer("bob"), shop.admin("ben"), shop.admin("cleo")];
        people[0].order().await;
        people[1].order().await;
        let mut actors = Vec::new();
        for (number, user) in people.into_iter().enumerate() {
            actors.push(ReplicatingUser::enter(user, number).await);
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
