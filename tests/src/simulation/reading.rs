//! A simulated user reads pages, lists and cursors.

use domain::SharedId;
use serde_json::{Value, json};

use super::Simulation;
use super::held::Held;
use super::observations::{list, seqs};
use super::simulated_user::{Answer, SimulatedUser, TRIES};

const CONVERSATION: &str = "GET /api/chat/conversations/{id}";
const DESK: &str = "GET /api/chat/conversations/{id}/desk";
const HISTORY: &str = "GET /api/chat/conversations/{id}/messages";
const SEARCH: &str = "GET /api/chat/conversations/{id}/search";
const INBOX: &str = "GET /api/chat/conversations";

impl SimulatedUser {
    async fn page(&self, simulation: &Simulation, shared_id: &SharedId, query: &str) -> Option<Answer> {
        let id = shared_id.conversation_id().to_string();
        self.rest(simulation, HISTORY, &id, query, &Value::Null).await.filter(|answer| answer.status == 200)
    }

    /// Reads the entries after those it holds.
    pub async fn catch_up(&self, simulation: &Simulation, shared_id: &SharedId) {
        let after = self.held.borrow().gapless();
        let Some(answer) = self.page(simulation, shared_id, &format!("after={after}")).await else { return };
        let is_last = answer.body["hasMore"] == false;
        simulation.observations.borrow_mut().page(answer.began, after, &answer.body, is_last);
        self.held.borrow_mut().take_page(&shared_id.conversation_id(), &answer.body);
    }

    /// Reads the newest three entries.
    pub async fn read_newest(&self, simulation: &Simulation, shared_id: &SharedId) {
        let Some(answer) = self.page(simulation, shared_id, "limit=3").await else { return };
        let after = seqs(&answer.body).first().map_or(0, |first| first - 1);
        simulation.observations.borrow_mut().page(answer.began, after, &answer.body, true);
        self.held.borrow_mut().take_newest(&shared_id.conversation_id(), &answer.body);
    }

    /// Reads older entries, which are shown later: those before its history, or some that it holds.
    pub async fn read_older(&self, simulation: &Simulation, shared_id: &SharedId) {
        let (begin, end) = (self.held.borrow().begin(), self.held.borrow().gapless());
        let before = match begin {
            0 => 1 + simulation.fault_injector().below(usize::try_from(end).unwrap() + 1) as u64,
            _ => begin + 1,
        };
        let Some(answer) = self.page(simulation, shared_id, &format!("before={before}&limit=3")).await else { return };
        let after = seqs(&answer.body).first().map_or(0, |first| first - 1);
        simulation.observations.borrow_mut().page(answer.began, after, &answer.body, false);
        self.held.borrow_mut().delay_page(before, &answer.body);
    }

    /// Searches the messages for a word that each has when it is sent.
    pub async fn search(&self, simulation: &Simulation, shared_id: &SharedId) {
        let id = shared_id.conversation_id().to_string();
        let answer = self.rest(simulation, SEARCH, &id, "q=says&limit=100", &Value::Null).await;
        let Some(answer) = answer.filter(|answer| answer.status == 200) else { return };
        simulation.observations.borrow_mut().searched(answer.began, "says", &answer.body);
    }

    /// Fetches the conversation, which is shown later.
    pub async fn fetch(&self, simulation: &Simulation, shared_id: &SharedId) {
        let id = shared_id.conversation_id().to_string();
        let (status, answer) = self.get(simulation, CONVERSATION, &id, "").await;
        if status == 200 {
            self.held.borrow_mut().delay_conversation(&answer["conversation"]);
        }
    }

    /// Reads the shop's log after what it holds. A customer tries to.
    pub async fn read_desk(&self, simulation: &Simulation, shared_id: &SharedId) {
        let (id, after) = (shared_id.conversation_id().to_string(), self.held.borrow().gapless_desk());
        let (status, page) = self.get(simulation, DESK, &id, &format!("after={after}")).await;
        if status == 200 {
            let numbers: Vec<u64> = list(&page["entries"]).filter_map(|entry| entry["deskSeq"].as_u64()).collect();
            let mut observations = simulation.observations.borrow_mut();
            if numbers != (after + 1..=after + numbers.len() as u64).collect::<Vec<_>>() {
                observations.holes.push(format!("the shop's log after {after}: {numbers:?}"));
            }
            if !self.person.is_admin() {
                observations.leaks.push(format!("{} read the shop's log: {page}", self.person.user_id));
            }
            let entries: Vec<Value> = list(&page["entries"]).cloned().collect();
            self.held.borrow_mut().take_desk(&entries);
        }
    }

    /// Reads the list of conversations. It may be stale.
    pub async fn read_inbox(&self, simulation: &Simulation) {
        self.get(simulation, INBOX, "", "").await;
    }

    /// Marks a random part of the held messages as read, and repeats the request until it is
    /// answered.
    pub async fn read(&self, simulation: &Simulation, shared_id: &SharedId) {
        let held = usize::try_from(self.held.borrow().gapless()).unwrap();
        let seq = simulation.fault_injector().below(held + 1) as u64;
        self.read_up_to(simulation, shared_id, seq).await;
    }

    /// Marks the messages up to `seq` as read, and repeats the request until it is answered.
    pub async fn read_up_to(&self, simulation: &Simulation, shared_id: &SharedId, seq: u64) {
        let (route, id) = ("POST /api/chat/conversations/{id}/read", shared_id.conversation_id().to_string());
        for _ in 0..TRIES {
            let Some(answer) = self.rest(simulation, route, &id, "", &json!({ "seq": seq })).await else { continue };
            if answer.status == 200 {
                let stands = answer.body["readSeq"].as_u64().unwrap();
                assert!(stands >= seq.max(self.read.get()), "a cursor went back: {}", answer.body);
                self.read.set(stands);
                return;
            }
            if answer.refusal().is_some() {
                assert!(!self.takes_part, "{}: {}", self.person.user_id, answer.body);
                return;
            }
        }
    }

    /// Marks the held messages as delivered.
    pub async fn deliver(&self, simulation: &Simulation, shared_id: &SharedId) {
        let Some(connection) = self.connection() else { return };
        let frame = json!({ "conversationId": shared_id.conversation_id(), "seq": self.held.borrow().gapless() });
        self.frame(simulation, &simulation.functions.signals, &connection, "message_delivered", frame).await;
    }

    /// Fetches the conversation. The own cursor and the furthest of the admins must not be behind
    /// what this user knows of them.
    pub async fn look_at_cursors(&self, simulation: &Simulation, shared_id: &SharedId) {
        let id = shared_id.conversation_id().to_string();
        let (status, answer) = self.get(simulation, CONVERSATION, &id, "").await;
        if status == 200 {
            let (own, furthest) = self.cursors_in(&answer["conversation"]);
            assert!(own >= self.read.get(), "the cursor of {} went back: {answer}", self.person.user_id);
            assert!(furthest >= self.furthest.get(), "the shop's cursor went back: {answer}");
            self.read.set(own);
            self.furthest.set(furthest);
        }
    }

    /// The own read cursor in a conversation, and the furthest of the admins.
    fn cursors_in(&self, conversation: &Value) -> (u64, u64) {
        let participants = conversation["participants"].as_array().unwrap();
        let read = |participant: &Value| participant["readSeq"].as_u64().unwrap();
        let own = participants.iter().filter(|participant| participant["userId"] == self.person.user_id.as_str());
        let admins = participants.iter().filter(|participant| participant["role"] == "admin");
        (own.map(read).max().unwrap_or_default(), admins.map(read).max().unwrap_or_default())
    }

    /// Reads the whole log: messages and changes by `seq`.
    pub(crate) async fn whole_log(&self, simulation: &Simulation, shared_id: &SharedId) -> Vec<Value> {
        let pages = self.pages(simulation, shared_id, "after", 0).await;
        let entries = pages.iter().flat_map(|page| list(&page["messages"]).chain(list(&page["changes"])));
        let mut log: Vec<Value> = entries.cloned().collect();
        log.sort_by_key(|entry| entry["seq"].as_u64());
        log
    }

    /// All pages in a direction, from `seq`.
    async fn pages(&self, simulation: &Simulation, shared_id: &SharedId, direction: &str, seq: u64) -> Vec<Value> {
        let (mut pages, mut seq) = (Vec::new(), seq);
        loop {
            let query = format!("{direction}={seq}&limit=100");
            let page = self.page(simulation, shared_id, &query).await.unwrap().body;
            let seqs = seqs(&page);
            let next = if direction == "after" { seqs.last() } else { seqs.first() };
            let is_last = page["hasMore"] == false || next.is_none();
            seq = next.copied().unwrap_or(seq);
            pages.push(page);
            if is_last {
                return pages;
            }
        }
    }

    /// Reads the whole shop's log.
    pub(crate) async fn whole_desk(&self, simulation: &Simulation, shared_id: &SharedId) -> Vec<Value> {
        let id = shared_id.conversation_id().to_string();
        let (status, page) = self.get(simulation, DESK, &id, "limit=100").await;
        assert_eq!((status, &page["hasMore"]), (200, &json!(false)), "{page}");
        list(&page["entries"]).cloned().collect()
    }

    /// Fetches the conversation.
    pub(crate) async fn conversation(&self, simulation: &Simulation, shared_id: &SharedId) -> Value {
        let id = shared_id.conversation_id().to_string();
        let (status, mut answer) = self.get(simulation, CONVERSATION, &id, "").await;
        assert_eq!(status, 200, "{answer}");
        answer["conversation"].take()
    }

    /// Syncs as the protocol says, while everything late arrives. Returns a description if what the
    /// user then holds differs from `conversation`, `log` and `desk`, which were just fetched.
    pub(crate) async fn differs_from(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        (conversation, log, desk): (&Value, &[Value], &[Value]),
    ) -> Option<String> {
        let conversation_id = shared_id.conversation_id();
        self.held.borrow_mut().listen(simulation.fault_injector(), &self.connections.borrow());
        self.held.borrow_mut().take_conversation(conversation);
        let after = self.held.borrow().gapless();
        for page in self.pages(simulation, shared_id, "after", after).await {
            self.held.borrow_mut().take_page(&conversation_id, &page);
        }
        self.held.borrow_mut().arrive_all();
        // The person scrolls up.
        let begin = self.held.borrow().begin();
        if begin > 0 {
            for page in self.pages(simulation, shared_id, "before", begin + 1).await {
                self.held.borrow_mut().take_page(&conversation_id, &page);
            }
        }
        let mut fresh = Held::new(&self.person);
        fresh.take_conversation(conversation);
        fresh.take_log(log);
        if self.person.is_admin() {
            self.read_desk(simulation, shared_id).await;
            fresh.take_desk(desk);
        }
        self.held.borrow().differs_from(&fresh).map(|what| format!("{} holds other {what}", self.person.user_id))
    }

    /// Returns a description if the admins' furthest cursor, in `conversation`, is behind what one of
    /// `users` was told to have read.
    pub(crate) fn furthest_is_wrong(&self, conversation: &Value, users: &[&Self]) -> Option<String> {
        let (_, furthest) = self.cursors_in(conversation);
        let ahead = users.iter().find(|user| user.person.is_admin() && user.read.get() > furthest)?;
        Some(format!("{} has read {}, and the shop {furthest}", ahead.person.user_id, ahead.read.get()))
    }

    /// Returns a description if `unread` differs from the number of unread messages in the log.
    pub(crate) fn unread_is_wrong(&self, conversation: &Value, log: &[Value]) -> Option<String> {
        let (read, _) = self.cursors_in(conversation);
        let is_of_others = |message: &&Value| {
            let by = if message["kind"] == "system" { &message["system"]["by"] } else { &message["sender"] };
            message["kind"].is_string() && (by["role"] == "admin") != self.person.is_admin()
        };
        let past = log.iter().filter(|entry| entry["seq"].as_u64() > Some(read)).filter(is_of_others).count();
        if read < self.read.get() {
            return Some(format!("{} was told {} is read, and it is {read}", self.person.user_id, self.read.get()));
        }
        let unread = conversation["unread"].as_u64();
        (unread != Some(past as u64)).then(|| format!("unread of {} is {unread:?}, not {past}", self.person.user_id))
    }

    /// Returns a description if the list of conversations lacks the conversation or shows an old
    /// one. What the list shows is compared with the log, as every conversation is.
    pub(crate) async fn inbox_is_wrong(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        log: &[Value],
    ) -> Option<String> {
        let (_, page) = self.get(simulation, INBOX, "", "").await;
        let id = json!(shared_id.conversation_id());
        let found = list(&page["items"]).find(|conversation| conversation["id"] == id);
        let shown = found.map(|conversation| &conversation["lastSeq"]);
        let last = log.last().map(|last| &last["seq"]);
        (shown != last).then(|| format!("the list of {} ends with {shown:?}", self.person.user_id))
    }

    /// Returns a description if the order's status, or the counts, contradict the log.
    pub(crate) async fn status_is_wrong(
        &self,
        simulation: &Simulation,
        shared_id: &SharedId,
        log: &[Value],
    ) -> Option<String> {
        let mut status = "pending".to_owned();
        for message in log.iter().filter(|message| message["system"]["type"] == "status_changed") {
            if message["system"]["from"] != status.as_str() {
                return Some(format!("{message} does not start from {status}"));
            }
            message["system"]["to"].as_str().unwrap().clone_into(&mut status);
        }
        let id = shared_id.order_id().to_string();
        let (_, answer) = self.get(simulation, "GET /api/sales/{orderId}", &id, "").await;
        if answer["order"]["status"] != status.as_str() {
            return Some(format!("the order is {}, by its log {status}", answer["order"]["status"]));
        }
        let (_, counts) = self.get(simulation, "GET /api/sales/stats", "", "").await;
        let other = ["pending", "confirmed", "completed", "cancelled"].into_iter().filter(|other| *other != status);
        let wrong = counts[status.as_str()] != 1 || other.map(|other| &counts[other]).any(|count| *count != 0);
        wrong.then(|| format!("counts are {counts}, the only order is {status}"))
    }
}
