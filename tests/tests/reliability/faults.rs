//! The promises are kept when things break: at every request of every operation, and in random schedules of many actors.
//!
//! `FAULT_SCHEDULES=100000 cargo test --profile fast -p tests --test reliability` runs more of them; each run draws its seeds, and
//! `FAULT_SEED=… FAULT_SCHEDULES=1` repeats one.

use domain::Role;
use tests::world::{Actor, Fault, Mutation, Plan, World};
use tests::{Variables, seeds};

/// Runs on one thread under a stopped clock: waiting costs nothing, and only the seed decides what comes first.
fn simulate<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(run)
}

/// Two admins, a customer and a stranger live beside one another; answers the promises that were broken.
async fn schedule(plan: Plan) -> Vec<String> {
    let world = World::open(plan).await;
    let customer = Actor::new(World::person("alice", Role::Customer));
    let bob = Actor::new(World::person("bob", Role::Admin));
    let eve = Actor::new(World::person("eve", Role::Admin));
    let stranger = Actor::stranger(World::person("mallory", Role::Customer));
    let twin = customer.order(&world, "key").await;
    tokio::join!(
        customer.live(&world, &twin, 8),
        bob.live(&world, &twin, 8),
        eve.live(&world, &twin, 8),
        stranger.live(&world, &twin, 3),
    );
    world.calm_down().await;
    let broken = world.broken_promises(&twin, &[&customer, &bob, &eve, &stranger]).await;
    world.close().await;
    broken
}

#[test]
fn no_promise_is_broken_in_any_schedule() {
    seeds(&Variables { seed: "FAULT_SEED", count: "FAULT_SCHEDULES" }, 300, keeps_every_promise);
}

fn keeps_every_promise(seed: u64) {
    // From hardly anything going wrong to every fifth request.
    let per_mille = match seed % 4 {
        0 => 5,
        1 => 30,
        2 => 80,
        _ => 200,
    };
    let broken = simulate(schedule(Plan { seed, per_mille, ..Plan::calm() }));
    assert!(broken.is_empty(), "seed {seed}:\n{}", broken.join("\n"));
}

/// A checker that cannot fail shows nothing: each of these mistakes has to be noticed.
#[test]
fn the_checker_notices_mistakes() {
    for mutation in [Mutation::PushBeforePut, Mutation::NoHelp, Mutation::NoCondition] {
        let caught = (0..400).find(|seed| {
            let plan = Plan { seed: *seed, per_mille: 80, mutation: Some(mutation), ..Plan::calm() };
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
    Read,
    Delivered,
    Connect,
    Disconnect,
}

/// One operation with what `plan` has in store for it; how many requests it made, and how many polls that took.
async fn one(operation: Operation, plan: Plan) -> (usize, usize, Vec<String>) {
    let world = World::open(plan).await;
    let alice = Actor::new(World::person("alice", Role::Customer));
    let bob = Actor::new(World::person("bob", Role::Admin));
    let twin = World::twin(&alice.person, "key");
    if matches!(operation, Operation::CreateOrder) {
        world.chaos().arm();
    }
    alice.order(&world, "key").await;
    bob.connect(&world, &twin).await;
    alice.send(&world, &twin, "before", true).await;
    alice.catch_up(&world, &twin).await;
    if matches!(operation, Operation::SendOverWebSocket | Operation::Delivered | Operation::Disconnect) {
        alice.connect(&world, &twin).await;
    }
    if !matches!(operation, Operation::CreateOrder) {
        world.chaos().arm();
    }
    match operation {
        Operation::CreateOrder => {}
        Operation::SendOverRest | Operation::SendOverWebSocket => alice.send(&world, &twin, "it", true).await,
        Operation::SendWithoutSeenSeq => alice.send(&world, &twin, "it", false).await,
        Operation::ChangeStatus => bob.change_status(&world, &twin, "confirmed").await,
        Operation::Read => alice.read(&world, &twin).await,
        Operation::Delivered => alice.deliver(&world, &twin).await,
        Operation::Connect => alice.connect(&world, &twin).await,
        Operation::Disconnect => alice.disconnect(&world, true).await,
    }
    let (requests, polls) = (world.chaos().requests(), world.chaos().polls());
    bob.send(&world, &twin, "after", true).await;
    world.calm_down().await;
    let broken = world.broken_promises(&twin, &[&alice, &bob]).await;
    world.close().await;
    (requests, polls, broken)
}

const OPERATIONS: [Operation; 9] = [
    Operation::CreateOrder,
    Operation::SendOverRest,
    Operation::SendWithoutSeenSeq,
    Operation::SendOverWebSocket,
    Operation::ChangeStatus,
    Operation::Read,
    Operation::Delivered,
    Operation::Connect,
    Operation::Disconnect,
];

#[test]
fn every_request_of_every_operation_may_fail() {
    let mut cells = 0;
    for operation in OPERATIONS {
        let (requests, _, broken) = simulate(one(operation, Plan::calm()));
        assert!(broken.is_empty() && requests > 0, "{operation:?}: {broken:?}");
        for request in 0..requests {
            for fault in Fault::ALL {
                let plan = Plan { exactly: Some((request, fault)), ..Plan::calm() };
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
    let mut ends = 0;
    for operation in OPERATIONS {
        let (_, polls, _) = simulate(one(operation, Plan::calm()));
        assert!(polls > 0, "{operation:?} was never polled");
        for poll in 0..polls {
            let plan = Plan { crash_at_poll: Some(poll), ..Plan::calm() };
            let (_, _, broken) = simulate(one(operation, plan));
            assert!(broken.is_empty(), "{operation:?} ended at poll {poll}:\n{}", broken.join("\n"));
            ends += 1;
        }
    }
    println!("{ends} ends hold");
}
