//! Records what clients observed, and compares it with the final state, promise by promise.

use std::collections::BTreeMap;

use domain::SharedId;
use serde_json::Value;

use super::fault_injector::Post;
use super::{SimulatedUser, Simulation};

/// Everything that clients observed, in order. Times are counted in ticks of a logical clock.
#[derive(Debug, Default)]
pub struct Observations {
    clock: usize,
    /// The acknowledged messages.
    pub acknowledged: Vec<Acknowledged>,
    /// Every message that a client was shown: by a page, a push or an acknowledgement.
    pub shown: Vec<Value>,
    /// Descriptions of the pages with a missing message.
    pub holes: Vec<String>,
    /// The connections, and when each was open.
    pub connected: BTreeMap<String, Connected>,
    /// Descriptions of data that somebody was shown without permission.
    pub leaks: Vec<String>,
    /// All orders that somebody tried to place, with or without success.
    pub asked_for: Vec<SharedId>,
    /// Orders whose creation was acknowledged.
    pub created: Vec<SharedId>,
}

/// An acknowledged message.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The sender's user id.
    pub sender: String,
    /// When the sender first tried.
    pub began: usize,
    /// When it was acknowledged.
    pub at: usize,
    /// The message in the acknowledgement.
    pub message: Value,
    /// Whether an earlier request had stored the message.
    pub duplicate: bool,
    /// How many pushes had been made by then.
    pub offers: usize,
    /// The connection that sent it or that the request named. It gets no push.
    pub requester: Option<String>,
}

/// The time during which a connection was certainly open.
#[derive(Clone, Copy, Debug)]
pub struct Connected {
    /// The start.
    pub since: usize,
    /// The end; `usize::MAX` if it is still open.
    pub until: usize,
}

impl Observations {
    /// Advances the logical clock.
    pub fn tick(&mut self) -> usize {
        self.clock += 1;
        self.clock
    }

    /// Records a page of messages after `after`.
    pub fn page(&mut self, after: u64, messages: &[Value]) {
        for (message, seq) in messages.iter().zip(after + 1..) {
            if message["seq"] != seq {
                self.holes.push(format!("after {after}: {} instead of {seq}", message["seq"]));
            }
        }
        self.shown.extend(messages.iter().cloned());
    }
}

impl Observations {
    /// The observations that contradict the `log`, or the pushes that were made.
    fn disagreements(&self, log: &[Value], posts: &[Post]) -> Vec<String> {
        let mut broken = Vec::new();
        let mut fail = |promise: u8, what: String| broken.push(format!("promise {promise}: {what}"));
        for (message, seq) in log.iter().zip(1u64..) {
            if message["seq"] != seq {
                fail(2, format!("seq {} instead of {seq}", message["seq"]));
            }
        }
        for hole in &self.holes {
            fail(2, format!("a page has a gap {hole}"));
        }
        for leak in &self.leaks {
            fail(7, leak.clone());
        }
        let find = |seq: &Value| log.iter().find(|message| message["seq"] == *seq);
        for acknowledged in &self.acknowledged {
            if find(&acknowledged.message["seq"]) != Some(&acknowledged.message) {
                fail(1, format!("{} was acknowledged and is not in the log like this", acknowledged.message));
            }
        }
        let pushed = posts.iter().map(|post| &post.frame["message"]).filter(|message| !message.is_null());
        for shown in self.shown.iter().chain(pushed) {
            if find(&shown["seq"]) != Some(shown) {
                fail(2, format!("{shown} was shown and is not in the log"));
            }
        }
        let mut seen = BTreeMap::new();
        for message in log.iter().filter(|message| !message["clientMessageId"].is_null()) {
            let id = (message["sender"]["userId"].to_string(), message["clientMessageId"].to_string());
            if let Some(before) = seen.insert(id, &message["seq"]) {
                fail(3, format!("{message} is also at {before}"));
            }
        }
        for one in &self.acknowledged {
            let later = self.acknowledged.iter().filter(|other| other.sender == one.sender && other.began > one.at);
            for other in later.filter(|other| other.message["seq"].as_u64() <= one.message["seq"].as_u64()) {
                fail(4, format!("{} was sent after {} was acknowledged", other.message, one.message));
            }
        }
        for acknowledged in self.acknowledged.iter().filter(|acknowledged| !acknowledged.duplicate) {
            let there = self
                .connected
                .iter()
                .filter(|(_, when)| when.since < acknowledged.began && when.until > acknowledged.at);
            for (connection, _) in there.filter(|(connection, _)| acknowledged.requester.as_ref() != Some(connection)) {
                let offered = posts[..acknowledged.offers].iter().any(|post| {
                    post.connection == *connection && post.frame["message"]["id"] == acknowledged.message["id"]
                });
                if !offered {
                    fail(6, format!("{} was acknowledged and never pushed to {connection}", acknowledged.message));
                }
            }
        }
        broken
    }
}

impl Simulation {
    /// Compares the observations with the stored state and returns descriptions of broken promises.
    /// Call it after [`Simulation::stop_faults`].
    pub async fn broken_promises(&self, shared_id: &SharedId, users: &[&SimulatedUser]) -> Vec<String> {
        let Some(admin) = users.iter().find(|user| user.person.is_admin()) else { return Vec::new() };
        let log = admin.whole_history(self, shared_id).await;
        let posts = self.fault_injector().posts();
        let mut broken = self.observations.borrow().disagreements(&log, &posts);

        for post in &posts {
            let theirs = |user: &&&SimulatedUser| user.connections.borrow().contains(&post.connection);
            if !users.iter().find(theirs).is_some_and(|user| user.takes_part) {
                broken.push(format!("promise 7: {} was pushed to {}", post.frame, post.connection));
            }
        }
        let (asked_for, created) = {
            let observations = self.observations.borrow();
            (observations.asked_for.clone(), observations.created.clone())
        };
        for shared_id in asked_for {
            let order = admin.get(self, "GET /api/sales/{orderId}", &shared_id.order_id().to_string(), "").await;
            let id = shared_id.conversation_id().to_string();
            let conversation = admin.get(self, "GET /api/chat/conversations/{id}", &id, "").await;
            let history = admin.get(self, "GET /api/chat/conversations/{id}/messages", &id, "").await;
            let there = [order.0, conversation.0, history.0].map(|status| status == 200);
            if there != [true; 3] && there != [false; 3] || !there[0] && created.contains(&shared_id) {
                broken.push(format!("promise 5: of {}, order, conversation, history: {there:?}", shared_id.as_str()));
            }
        }
        for user in users.iter().filter(|user| user.takes_part) {
            broken.extend(user.unread_is_wrong(self, shared_id, &log).await);
            broken.extend(user.inbox_is_wrong(self, shared_id, &log).await);
            broken.extend(user.furthest_is_wrong(self, shared_id, users).await);
        }
        broken.extend(admin.status_is_wrong(self, shared_id, &log).await);
        broken
    }
}
