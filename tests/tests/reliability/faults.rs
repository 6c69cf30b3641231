//! The promises hold under faults: at every request of every operation, and in random schedules of
//! many users.
//!
//! `FAULT_SCHEDULES=100000 cargo test --profile fast -p tests --test reliability` runs more
//! schedules. Each run draws new seeds. `FAULT_SEED=… FAULT_SCHEDULES=1` repeats one schedule.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::Role;
use tests::simulation::{Fault, FaultPlan, Mutation, NOTE_WRITER, SimulatedUser, Simulation};
use tests::{Variables, seeds};

/// Runs on one thread with a virtual clock. Waiting takes no time, and the seed alone decides the
/// order of tasks.
fn simulate<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(run)
}

/// Runs three admins, of whom one only writes notes, a customer and a stranger concurrently, and what
/// happens by itself. Returns the broken promises.
async fn schedule(plan: FaultPlan) -> Vec<String> {
    let seed = plan.seed;
    let simulation = Simulation::open(plan).await;
    let customer = SimulatedUser::new(Simulation::person("alice", Role::Customer));
    let bob = SimulatedUser::new(Simulation::person("bob", Role::Admin));
    let eve = SimulatedUser::new(Simulation::person("eve", Role::Admin));
    let frank = SimulatedUser::new(Simulation::person(NOTE_WRITER, Role::Admin));
    let stranger = SimulatedUser::stranger(Simulation::person("mallory", Role::Customer));
    let shared_id = customer.order(&simulation, "key").await;
    let actions = 4 + usize::try_from(seed / 8 % 9).expect("a small number");
    tokio::join!(
        customer.run(&simulation, &shared_id, actions),
        bob.run(&simulation, &shared_id, actions),
        eve.run(&simulation, &shared_id, actions),
        frank.run(&simulation, &shared_id, 3),
        stranger.run(&simulation, &shared_id, 2),
        simulation.run_in_the_background(5),
    );
    simulation.stop_faults().await;
    let mut broken = Vec::new();
    if (seed / 4).is_multiple_of(2) {
        broken.extend(simulation.is_not_archived(&shared_id, &bob).await);
    }
    broken.extend(simulation.broken_promises(&shared_id, &[&customer, &bob, &eve, &frank, &stranger]).await);
    count(&simulation.kinds.borrow());
    simulation.close().await;
    broken
}

/// How many entries of each kind the schedules of this process have written.
static WRITTEN: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

fn count(kinds: &BTreeMap<String, u64>) {
    let mut written = WRITTEN.lock().expect("no panic while it counts");
    for (kind, number) in kinds {
        *written.entry(kind.clone()).or_default() += number;
    }
}

#[test]
fn no_promise_is_broken_in_any_schedule() {
    // `cargo xtask test` asks for 2,000.
    seeds(&Variables { seed: "FAULT_SEED", count: "FAULT_SCHEDULES" }, 100, keeps_every_promise);
    println!("written: {:?}", WRITTEN.lock().expect("no panic while it counts"));
}

fn keeps_every_promise(seed: u64) {
    let broken = simulate(schedule(FaultPlan { seed, per_mille: per_mille(seed), ..FaultPlan::none() }));
    assert!(broken.is_empty(), "seed {seed}:\n{}", broken.join("\n"));
}

/// The fault rate: from almost none up to every fifth request.
fn per_mille(seed: u64) -> u32 {
    match seed % 4 {
        0 => 5,
        1 => 30,
        2 => 80,
        _ => 200,
    }
}

/// Runs three admins who read in turns, and the customer. Returns the broken promises.
async fn reading(plan: FaultPlan) -> Vec<String> {
    let simulation = Simulation::open(plan).await;
    let alice = SimulatedUser::new(Simulation::person("alice", Role::Customer));
    let admins = ["bob", "eve", "frank"].map(|id| SimulatedUser::new(Simulation::person(id, Role::Admin)));
    let shared_id = alice.order(&simulation, "key").await;
    tokio::join!(
        alice.move_cursors(&simulation, &shared_id, 6),
        admins[0].move_cursors(&simulation, &shared_id, 6),
        admins[1].move_cursors(&simulation, &shared_id, 6),
        admins[2].move_cursors(&simulation, &shared_id, 6),
    );
    simulation.stop_faults().await;
    let users = [&alice, &admins[0], &admins[1], &admins[2]];
    for user in users {
        user.look_at_cursors(&simulation, &shared_id).await;
    }
    let broken = simulation.broken_promises(&shared_id, &users).await;
    simulation.close().await;
    broken
}

/// No cursor goes back or is lost, whoever reads furthest, and whatever fails in between.
#[test]
fn no_cursor_goes_back_in_any_schedule() {
    seeds(&Variables { seed: "FAULT_SEED", count: "CURSOR_SCHEDULES" }, 50, |seed| {
        let broken = simulate(reading(FaultPlan { seed, per_mille: per_mille(seed), ..FaultPlan::none() }));
        assert!(broken.is_empty(), "seed {seed}:\n{}", broken.join("\n"));
    });
}

/// Checks the checker: each of these mistakes must be detected.
#[test]
fn the_checker_notices_mistakes() {
    for mutation in [Mutation::PushBeforePut, Mutation::NoHelp, Mutation::NoCondition, Mutation::EntryBeforeEffect] {
        let caught = (0..400).find(|seed| {
            let plan = FaultPlan { seed: *seed, per_mille: 80, mutation: Some(mutation), ..FaultPlan::none() };
            !simulate(schedule(plan)).is_empty()
        });
        println!("{mutation:?} is caught by seed {caught:?}");
        assert!(caught.is_some(), "{mutation:?} is not caught");
    }
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    CreateOrder,
    SendOverRest,
    SendWithoutSeenSeq,
    SendOverWebSocket,
    ChangeStatus,
    Edit,
    React,
    DeleteOverWebSocket,
    SetStatus,
    Note,
    Decide,
    Read,
    ReadFurthest,
    ReadBehind,
    Delivered,
    Connect,
    Disconnect,
}

/// Runs one operation with the faults of `plan`. Returns the number of requests, the number of
/// polls and the broken promises.
async fn one(operation: Operation, plan: FaultPlan) -> (usize, usize, Vec<String>) {
    use Operation::{DeleteOverWebSocket, Delivered, Disconnect, SendOverWebSocket};
    let simulation = Simulation::open(plan).await;
    let alice = SimulatedUser::new(Simulation::person("alice", Role::Customer));
    let bob = SimulatedUser::new(Simulation::person("bob", Role::Admin));
    let eve = SimulatedUser::new(Simulation::person("eve", Role::Admin));
    let shared_id = Simulation::shared_id(&alice.person, "key");
    if matches!(operation, Operation::CreateOrder) {
        simulation.fault_injector().arm();
    }
    alice.order(&simulation, "key").await;
    bob.connect(&simulation, &shared_id).await;
    alice.send(&simulation, &shared_id, "before", true).await;
    alice.catch_up(&simulation, &shared_id).await;
    if matches!(operation, Operation::ReadFurthest | Operation::ReadBehind) {
        // Bob has a cursor of his own, and eve has read further.
        bob.read_up_to(&simulation, &shared_id, 1).await;
        eve.read_up_to(&simulation, &shared_id, 2).await;
        alice.send(&simulation, &shared_id, "more", true).await;
    }
    if matches!(operation, SendOverWebSocket | DeleteOverWebSocket | Delivered | Disconnect) {
        alice.connect(&simulation, &shared_id).await;
    }
    if !matches!(operation, Operation::CreateOrder) {
        simulation.fault_injector().arm();
    }
    match operation {
        Operation::CreateOrder => {}
        Operation::SendOverRest | Operation::SendOverWebSocket => alice.send(&simulation, &shared_id, "it", true).await,
        Operation::SendWithoutSeenSeq => alice.send(&simulation, &shared_id, "it", false).await,
        Operation::ChangeStatus => bob.change_status(&simulation, &shared_id, "confirmed").await,
        Operation::Edit => alice.edit(&simulation, &shared_id, 2, true).await,
        Operation::React => eve.react(&simulation, &shared_id, 2, true, true).await,
        Operation::DeleteOverWebSocket => alice.delete(&simulation, &shared_id, 2, true).await,
        Operation::SetStatus => bob.set_status(&simulation, &shared_id, "archived").await,
        Operation::Note => bob.note(&simulation, &shared_id, true).await,
        Operation::Decide => bob.decide(&simulation, &shared_id, true).await,
        Operation::Read => alice.read(&simulation, &shared_id).await,
        Operation::ReadFurthest => bob.read_up_to(&simulation, &shared_id, 3).await,
        Operation::ReadBehind => bob.read_up_to(&simulation, &shared_id, 2).await,
        Operation::Delivered => alice.deliver(&simulation, &shared_id).await,
        Operation::Connect => alice.connect(&simulation, &shared_id).await,
        Operation::Disconnect => alice.disconnect(&simulation, true).await,
    }
    let (requests, polls) = (simulation.fault_injector().requests(), simulation.fault_injector().polls());
    // Whoever comes next finishes what was left.
    if matches!(operation, Operation::Edit | Operation::React) {
        bob.react(&simulation, &shared_id, 2, true, true).await;
    }
    bob.send(&simulation, &shared_id, "after", true).await;
    simulation.stop_faults().await;
    let broken = simulation.broken_promises(&shared_id, &[&alice, &bob, &eve]).await;
    simulation.close().await;
    (requests, polls, broken)
}

const OPERATIONS: [Operation; 17] = [
    Operation::CreateOrder,
    Operation::SendOverRest,
    Operation::SendWithoutSeenSeq,
    Operation::SendOverWebSocket,
    Operation::ChangeStatus,
    Operation::Edit,
    Operation::React,
    Operation::DeleteOverWebSocket,
    Operation::SetStatus,
    Operation::Note,
    Operation::Decide,
    Operation::Read,
    Operation::ReadFurthest,
    Operation::ReadBehind,
    Operation::Delivered,
    Operation::Connect,
    Operation::Disconnect,
];

/// Which of many places get a fault. `cargo xtask test` takes all, with `EVERY_FAULT=1`. `cargo test` alone
/// takes one in four, others in each run, to stay short.
struct Sample {
    step: usize,
    next: usize,
}

impl Sample {
    fn draw() -> Self {
        if std::env::var_os("EVERY_FAULT").is_some() {
            return Self { step: 1, next: 0 };
        }
        let next = fastrand::usize(..4);
        println!("one in four places gets a fault, from number {next} on");
        Self { step: 4, next }
    }

    fn takes(&mut self) -> bool {
        let takes = self.next == 0;
        self.next = if takes { self.step - 1 } else { self.next - 1 };
        takes
    }
}

#[test]
fn every_request_of_every_operation_may_fail() {
    let (mut cells, mut sample) = (0, Sample::draw());
    for operation in OPERATIONS {
        let (requests, _, broken) = simulate(one(operation, FaultPlan::none()));
        assert!(broken.is_empty() && requests > 0, "{operation:?}: {broken:?}");
        for request in 0..requests {
            for fault in Fault::ALL.into_iter().filter(|_| sample.takes()) {
                let plan = FaultPlan { exactly: Some((request, fault)), ..FaultPlan::none() };
                let (_, _, broken) = simulate(one(operation, plan));
                assert!(broken.is_empty(), "{operation:?}, {fault:?} at request {request}:\n{}", broken.join("\n"));
                cells += 1;
            }
        }
    }
    println!("{cells} cells of the matrix hold");
}

#[test]
fn every_operation_may_end_at_every_await() {
    let (mut ends, mut sample) = (0, Sample::draw());
    for operation in OPERATIONS {
        let (_, polls, _) = simulate(one(operation, FaultPlan::none()));
        assert!(polls > 0, "{operation:?} was never polled");
        for poll in (0..polls).filter(|_| sample.takes()) {
            let plan = FaultPlan { crash_at_poll: Some(poll), ..FaultPlan::none() };
            let (_, _, broken) = simulate(one(operation, plan));
            assert!(broken.is_empty(), "{operation:?} ended at poll {poll}:\n{}", broken.join("\n"));
            ends += 1;
        }
    }
    println!("{ends} ends hold");
}
