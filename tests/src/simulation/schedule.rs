//! What simulated users do, and what happens by itself meanwhile. The seed chooses.

use std::time::Duration;

use domain::SharedId;

use super::Simulation;
use super::held::Held;
use super::messages::Extras;
use super::observations::NOTE_WRITER;
use super::simulated_user::SimulatedUser;
use super::stored::{ARCHIVED_AFTER_MS, Stored};

impl SimulatedUser {
    /// Performs `actions` actions that the seed chooses.
    pub async fn run(&self, simulation: &Simulation, shared_id: &SharedId, actions: usize) {
        for _ in 0..actions {
            self.held.borrow_mut().listen(simulation.fault_injector(), &self.connections.borrow());
            if simulation.fault_injector().below(12) == 0 {
                self.reload(simulation, shared_id).await;
            }
            if self.person.user_id == NOTE_WRITER {
                self.write_notes(simulation, shared_id).await;
            } else {
                self.act(simulation, shared_id).await;
            }
        }
    }

    async fn act(&self, simulation: &Simulation, shared_id: &SharedId) {
        let below = |end| simulation.fault_injector().below(end);
        // Now and then a request says nothing of what it has seen.
        let seen = below(6) > 0;
        match below(30) {
            0..=4 => self.say(simulation, shared_id, seen, Extras::default()).await,
            5 | 6 => {
                let reply_to = self.pick(simulation, false);
                self.say(simulation, shared_id, seen, Extras { reply_to, expect_last: false }).await;
            }
            7 | 8 => {
                let expect_last = self.person.is_admin();
                self.say(simulation, shared_id, true, Extras { reply_to: None, expect_last }).await;
            }
            9..=17 => {
                let Some(target) = self.pick(simulation, below(8) > 0) else { return };
                match below(8) {
                    0..=3 => self.react(simulation, shared_id, target, below(3) > 0, seen).await,
                    4..=6 => self.edit(simulation, shared_id, target, seen).await,
                    _ => self.delete(simulation, shared_id, target, seen).await,
                }
            }
            18 | 19 => {
                // A customer tries to.
                let status = ["active", "archived", "closed"][below(3)];
                self.set_status(simulation, shared_id, status).await;
            }
            20 => self.note(simulation, shared_id, seen).await,
            21 => self.decide(simulation, shared_id, seen).await,
            22 if self.person.is_admin() => {
                let status = ["confirmed", "completed", "cancelled"][below(3)];
                self.change_status(simulation, shared_id, status).await;
            }
            22 => self.read_desk(simulation, shared_id).await,
            _ => self.look(simulation, shared_id).await,
        }
    }

    /// The client begins anew: with the newest page, and with an older one that comes late.
    async fn reload(&self, simulation: &Simulation, shared_id: &SharedId) {
        *self.held.borrow_mut() = Held::after(&self.person, simulation.fault_injector().offers());
        self.read_newest(simulation, shared_id).await;
        self.read_older(simulation, shared_id).await;
    }

    /// Reads something, or opens or closes the connection.
    async fn look(&self, simulation: &Simulation, shared_id: &SharedId) {
        match simulation.fault_injector().below(17) {
            0..=3 => self.catch_up(simulation, shared_id).await,
            4 | 5 => self.read_newest(simulation, shared_id).await,
            6 | 7 => self.read_older(simulation, shared_id).await,
            8 => self.fetch(simulation, shared_id).await,
            9 => self.held.borrow_mut().arrive(simulation.fault_injector()),
            10 => self.read(simulation, shared_id).await,
            11 => self.deliver(simulation, shared_id).await,
            12 => self.read_inbox(simulation).await,
            13 => self.search(simulation, shared_id).await,
            14 if self.person.is_admin() => self.read_desk(simulation, shared_id).await,
            _ if self.connection().is_some() => {
                let politely = simulation.fault_injector().below(2) == 0;
                self.disconnect(simulation, politely).await;
            }
            _ => self.connect(simulation, shared_id).await,
        }
    }

    /// What the admin does who leaves no trace that a customer may see.
    async fn write_notes(&self, simulation: &Simulation, shared_id: &SharedId) {
        match simulation.fault_injector().below(8) {
            0..=3 => self.note(simulation, shared_id, true).await,
            4 => self.decide(simulation, shared_id, false).await,
            5 => self.read_desk(simulation, shared_id).await,
            6 => self.catch_up(simulation, shared_id).await,
            _ if self.connection().is_some() => self.disconnect(simulation, true).await,
            _ => self.connect(simulation, shared_id).await,
        }
    }

    async fn say(&self, simulation: &Simulation, shared_id: &SharedId, seen: bool, extras: Extras) {
        let body = format!("<{} says {}>", self.person.user_id, simulation.fault_injector().below(1 << 30));
        self.send_with(simulation, shared_id, &body, seen, extras).await;
    }

    /// The `seq` of a message that the user holds, of those of persons if `texts`. A stranger guesses.
    fn pick(&self, simulation: &Simulation, texts: bool) -> Option<u64> {
        if !self.takes_part {
            return Some(1 + simulation.fault_injector().below(4) as u64);
        }
        let messages = self.held.borrow().messages(texts);
        // Often the newest one, so that changes of one message meet.
        let newest = messages.last().copied().filter(|_| simulation.fault_injector().below(2) == 0);
        newest.or_else(|| messages.get(simulation.fault_injector().below(messages.len().max(1))).copied())
    }

    /// Reads, writes and looks at cursors, `times` times.
    pub async fn move_cursors(&self, simulation: &Simulation, shared_id: &SharedId, times: usize) {
        for number in 0..times {
            if simulation.fault_injector().below(3) == 0 {
                self.send(simulation, shared_id, &format!("{} {number}", self.person.user_id), true).await;
            }
            self.catch_up(simulation, shared_id).await;
            if simulation.fault_injector().below(3) == 0 {
                let held = self.held.borrow().gapless();
                self.read_up_to(simulation, shared_id, held).await;
            } else {
                self.read(simulation, shared_id).await;
            }
            self.look_at_cursors(simulation, shared_id).await;
        }
    }
}

impl Simulation {
    /// What happens by itself: batches of the stream that come late, in part and again, sweeps that
    /// come late, twice and at once, and days that pass.
    pub async fn run_in_the_background(&self, rounds: usize) {
        let below = |end| self.fault_injector().below(end);
        let days_may_pass = below(2) == 0;
        for _ in 0..rounds {
            tokio::time::sleep(Duration::from_millis(below(1_500) as u64)).await;
            match below(8) {
                0..=2 => self.deliver_batch().await,
                3 | 4 => {
                    self.sweep().await;
                }
                5 => {
                    tokio::join!(self.sweep(), self.sweep());
                }
                _ if days_may_pass => {
                    self.let_days_pass([10, 20, 31, 40][below(4)]);
                    self.sweep().await;
                }
                _ => {}
            }
        }
    }

    /// Delivers some of the records that were not handled yet, or again some that were.
    async fn deliver_batch(&self) {
        let records = self.fault_injector().records();
        let handled = self.handled.get();
        let begin = if self.fault_injector().below(3) == 0 { 0 } else { handled };
        let most = records.len() - begin;
        let end = begin + self.fault_injector().below(most + 1);
        if end > begin && self.notify(&records[begin..end]).await {
            self.handled.set(handled.max(end));
        }
    }

    /// Sets the clocks forward. The connections are older than a connection can be then, and the
    /// invocations have reached their timeout.
    fn let_days_pass(&self, days: i64) {
        self.fault_injector.end_invocations();
        self.step_clocks(days * 24 * 60 * 60 * 1000);
        let mut observations = self.observations.borrow_mut();
        let now = observations.tick();
        observations.steps += 1;
        for connected in observations.connected.values_mut() {
            connected.until = connected.until.min(now);
        }
    }

    /// Delivers the rest of the stream and lets the days pass after which a conversation is archived.
    /// Returns a description if it is not, or if a further run writes anything. Call it after
    /// [`Simulation::stop_faults`].
    pub async fn is_not_archived(&self, shared_id: &SharedId, admin: &SimulatedUser) -> Option<String> {
        let records = self.fault_injector().records();
        if !records.is_empty() && !self.notify(&records[self.handled.get().min(records.len() - 1)..]).await {
            return Some("the rest of the stream was not handled".to_owned());
        }
        self.let_days_pass(ARCHIVED_AFTER_MS / (24 * 60 * 60 * 1000) + 1);
        if !(self.sweep().await && self.sweep().await) {
            return Some("a run of deadlines failed".to_owned());
        }
        let due = self.due_minutes().await;
        let before = admin.whole_log(self, shared_id).await;
        let swept = self.sweep().await;
        let log = admin.whole_log(self, shared_id).await;
        let observations = self.observations.borrow();
        let stored = Stored::new(&log, &observations);
        let (status, order) = stored.last_statuses()?;
        let is_wrong = status == "active" && matches!(order, "completed" | "cancelled");
        let wrong = is_wrong || !due.is_empty() || !swept || before != log;
        wrong.then(|| format!("the conversation is {status}, its order {order}, and due is {due:?}: {:?}", log.last()))
    }
}
