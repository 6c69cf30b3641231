//! What happens later happens once: under repeated, torn and late batches of the stream, when a run
//! of `deadlines` ends anywhere, and when two run at the same time.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::time::Duration;

use domain::{Person, Role};
use serde_json::{Value, json};
use tests::client_message_id;
use tests::simulation::{Fault, FaultPlan, SimulatedUser, Simulation};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Runs on one thread with a virtual clock, so that the seed alone decides the order of tasks.
fn simulate<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(run)
}

fn anna() -> Person {
    Simulation::person("anna", Role::Customer)
}

fn ben() -> Person {
    Simulation::person("ben", Role::Admin)
}

/// An order with this status. Returns the id that it shares with its conversation.
async fn order(simulation: &Simulation, status: &str) -> String {
    let body = json!({"items": [{"title": "Lamp", "quantity": 1, "unitPrice": 100}], "currency": "EUR"});
    let (_, answer) = simulation.rest(&anna(), "POST /api/sales", "", "", &body).await;
    let id = answer["order"]["id"].as_str().unwrap().to_owned();
    let steps: &[&str] = match status {
        "completed" => &["confirmed", "completed"],
        "pending" => &[],
        one => &[one],
    };
    for status in steps {
        let route = "PATCH /api/sales/{orderId}/status";
        let (code, answer) = simulation.rest(&ben(), route, &id, "", &json!({ "status": status })).await;
        assert_eq!(code, 200, "{answer}");
    }
    id.trim_start_matches("ord_").to_owned()
}

async fn say(simulation: &Simulation, shared_id: &str) -> u16 {
    let body = json!({ "clientMessageId": client_message_id(), "body": "hi" });
    let route = "POST /api/chat/conversations/{id}/messages";
    simulation.rest(&anna(), route, &format!("cnv_{shared_id}"), "", &body).await.0
}

async fn set_status(simulation: &Simulation, shared_id: &str, status: &str) {
    let (route, id) = ("PATCH /api/chat/conversations/{id}", format!("cnv_{shared_id}"));
    assert_eq!(simulation.rest(&ben(), route, &id, "", &json!({ "status": status })).await.0, 200);
}

async fn status(simulation: &Simulation, shared_id: &str) -> String {
    let (route, id) = ("GET /api/chat/conversations/{id}", format!("cnv_{shared_id}"));
    let (_, answer) = simulation.rest(&ben(), route, &id, "", &Value::Null).await;
    answer["conversation"]["status"].as_str().unwrap().to_owned()
}

/// How many connections were told that a conversation is archived.
fn told(simulation: &Simulation) -> usize {
    let frames = simulation.fault_injector().posts().into_iter().map(|post| post.frame);
    frames.filter(|it| it["event"] == "conversation_updated" && it["conversation"]["status"] == "archived").count()
}

/// The record of the stream for a write of this conversation's head.
fn record(before: Option<&Value>, after: &Value, now: i64) -> Value {
    let mut change = json!({ "ApproximateCreationDateTime": now / 1000, "NewImage": after });
    if let Some(before) = before {
        change["OldImage"] = before.clone();
    }
    json!({ "eventName": if before.is_some() { "MODIFY" } else { "INSERT" }, "dynamodb": change })
}

async fn head(simulation: &Simulation, shared_id: &str) -> Value {
    simulation.items().await[&(shared_id.to_owned(), "Z".to_owned())].clone()
}

/// A simulation in which one conversation is to be archived, its shared id, and an admin who watches.
async fn overdue(plan: FaultPlan) -> (Simulation, String) {
    let simulation = Simulation::open(plan).await;
    let shared_id = order(&simulation, "completed").await;
    // The due list is filled, and then nothing is left to fill it with.
    assert!(simulation.sweep().await && simulation.sweep().await);
    assert_eq!(simulation.due_minutes().await.len(), 1);
    simulation.step_clocks(30 * DAY_MS + 60_000);
    let watching = SimulatedUser::new(ben());
    watching.connect(&simulation, &domain::SharedId::parse(&shared_id).unwrap()).await;
    (simulation, shared_id)
}

async fn is_done(simulation: &Simulation, shared_id: &str) {
    assert_eq!(status(simulation, shared_id).await, "archived");
    assert_eq!(simulation.due_minutes().await, [0; 0]);
    assert!(told(simulation) <= 1, "told {} times", told(simulation));
    // A text wakes it, as it always did.
    assert_eq!(say(simulation, shared_id).await, 201);
    assert_eq!(status(simulation, shared_id).await, "active");
}

#[test]
fn only_finished_conversations_are_archived_and_only_after_their_days() {
    simulate(async {
        let simulation = Simulation::open(FaultPlan::none()).await;
        let mut ids = Vec::new();
        for status in ["completed", "cancelled", "confirmed", "pending"] {
            ids.push(order(&simulation, status).await);
        }
        let closed = order(&simulation, "completed").await;
        set_status(&simulation, &closed, "closed").await;
        let statuses = async || {
            let mut found = Vec::new();
            for id in ids.iter().chain([&closed]) {
                found.push(status(&simulation, id).await);
            }
            found
        };
        simulation.sweep().await;
        assert_eq!(simulation.due_minutes().await.len(), 2);
        simulation.step_clocks(20 * DAY_MS);
        // What is said moves the day on.
        assert_eq!(say(&simulation, &ids[1]).await, 201);
        simulation.step_clocks(10 * DAY_MS - 120_000);
        simulation.sweep().await;
        assert_eq!(statuses().await, ["active", "active", "active", "active", "closed"]);
        simulation.step_clocks(180_000);
        simulation.sweep().await;
        assert_eq!(statuses().await, ["archived", "active", "active", "active", "closed"]);
        assert_eq!(simulation.due_minutes().await.len(), 1);
        simulation.step_clocks(20 * DAY_MS);
        simulation.sweep().await;
        assert_eq!(statuses().await, ["archived", "archived", "active", "active", "closed"]);
        assert_eq!(simulation.due_minutes().await, [0; 0]);
        simulation.close().await;
    });
}

#[test]
fn a_run_may_end_at_every_await() {
    let run = async |plan: FaultPlan| {
        let (simulation, shared_id) = overdue(plan).await;
        simulation.fault_injector().arm();
        simulation.sweep().await;
        let polls = simulation.fault_injector().polls();
        simulation.stop_faults().await;
        assert!(simulation.sweep().await);
        is_done(&simulation, &shared_id).await;
        simulation.close().await;
        polls
    };
    let polls = simulate(run(FaultPlan::none()));
    assert!(polls > 5, "{polls}");
    for poll in 0..polls {
        simulate(run(FaultPlan { crash_at_poll: Some(poll), ..FaultPlan::none() }));
    }
}

#[test]
fn every_request_of_a_run_may_fail() {
    let run = async |plan: FaultPlan| {
        let (simulation, shared_id) = overdue(plan).await;
        simulation.fault_injector().arm();
        simulation.sweep().await;
        let requests = simulation.fault_injector().requests();
        simulation.stop_faults().await;
        assert!(simulation.sweep().await);
        is_done(&simulation, &shared_id).await;
        simulation.close().await;
        requests
    };
    let requests = simulate(run(FaultPlan::none()));
    assert!(requests > 5, "{requests}");
    for request in 0..requests {
        for fault in Fault::ALL {
            simulate(run(FaultPlan { exactly: Some((request, fault)), ..FaultPlan::none() }));
        }
    }
}

/// The requests of the two runs take random times, so each seed is another schedule.
#[test]
fn two_runs_at_once_archive_once() {
    for seed in 0..60 {
        simulate(async {
            let (simulation, shared_id) = overdue(FaultPlan { seed, ..FaultPlan::none() }).await;
            let (one, other) = tokio::join!(simulation.sweep(), simulation.sweep());
            assert!(one && other);
            assert_eq!(told(&simulation), 1, "seed {seed}");
            is_done(&simulation, &shared_id).await;
            simulation.close().await;
        });
    }
}

/// A text that comes at the same time is stored, and the conversation is active after it.
#[test]
fn a_text_at_the_same_time_wins() {
    let (mut before, mut after) = (0, 0);
    for seed in 0..60 {
        simulate(async {
            let (simulation, shared_id) = overdue(FaultPlan { seed, ..FaultPlan::none() }).await;
            let text = async {
                tokio::time::sleep(Duration::from_millis(seed)).await;
                say(&simulation, &shared_id).await
            };
            let (swept, said) = tokio::join!(simulation.sweep(), text);
            assert!(swept && said == 201);
            assert_eq!(status(&simulation, &shared_id).await, "active", "seed {seed}");
            if told(&simulation) == 0 {
                // It came first: the next run puts the conversation on the list for its new day.
                before += 1;
                assert!(simulation.sweep().await);
                let now = simulation.now_millis() / 60_000;
                let minutes = simulation.due_minutes().await;
                assert!(minutes.len() == 1 && minutes[0] > now + 29 * 24 * 60, "seed {seed}: {minutes:?} at {now}");
            } else {
                after += 1;
            }
            simulation.close().await;
        });
    }
    assert!(before > 5 && after > 5, "{before} before, {after} after: one of the cases was not tried");
}

/// Lambda may deliver a batch again, after a part of it was handled, and late.
#[test]
fn repeated_torn_and_late_batches_change_nothing() {
    simulate(async {
        let simulation = Simulation::open(FaultPlan::none()).await;
        let mut records = Vec::new();
        for _ in 0..6 {
            let shared_id = order(&simulation, "confirmed").await;
            let before = head(&simulation, &shared_id).await;
            let id = format!("ord_{shared_id}");
            let completed = json!({ "status": "completed" });
            simulation.rest(&ben(), "PATCH /api/sales/{orderId}/status", &id, "", &completed).await;
            let after = head(&simulation, &shared_id).await;
            records.push((shared_id, record(Some(&before), &after, simulation.now_millis())));
        }
        let (ids, records): (Vec<_>, Vec<_>) = records.into_iter().unzip();
        // A batch whose last record cannot be read is not handled, and comes again in halves.
        let mut torn = records.clone();
        torn[5]["dynamodb"]["NewImage"]["oa"] = json!({ "S": "soon" });
        assert!(!simulation.notify(&torn).await);
        for half in [&torn[..3], &records[..3], &records[3..], &records[..]] {
            assert!(simulation.notify(half).await);
        }
        assert_eq!(simulation.due_minutes().await.len(), 6, "each once");
        simulation.step_clocks(30 * DAY_MS + 60_000);
        assert!(simulation.sweep().await);
        assert_eq!(simulation.due_minutes().await, [0; 0]);
        // Late: after all is done. An admin has opened one meanwhile, which holds for its own time.
        let archived = head(&simulation, &ids[0]).await;
        set_status(&simulation, &ids[0], "active").await;
        let opened = record(Some(&archived), &head(&simulation, &ids[0]).await, simulation.now_millis());
        assert!(simulation.notify(&[opened]).await);
        assert!(simulation.sweep().await);
        assert_eq!(status(&simulation, &ids[0]).await, "active");
        assert_eq!(simulation.due_minutes().await.len(), 1);
        assert!(simulation.notify(&records[1..]).await);
        assert!(simulation.sweep().await);
        assert_eq!(simulation.due_minutes().await.len(), 1, "what is done is only looked at");
        for id in &ids[1..] {
            assert_eq!(status(&simulation, id).await, "archived");
        }
        simulation.close().await;
    });
}

/// A run that ends while the list is filled goes on, and finds everybody.
#[test]
fn the_list_is_filled_with_what_was_there_before() {
    let run = async |crash_at_poll: Option<usize>| {
        let simulation = Simulation::open(FaultPlan { crash_at_poll, ..FaultPlan::none() }).await;
        for _ in 0..3 {
            order(&simulation, "cancelled").await;
            order(&simulation, "pending").await;
        }
        simulation.fault_injector().arm();
        simulation.sweep().await;
        let polls = simulation.fault_injector().polls();
        simulation.stop_faults().await;
        simulation.sweep().await;
        simulation.sweep().await;
        assert_eq!(simulation.due_minutes().await.len(), 3);
        // When it is filled, nothing is written any more.
        let items = simulation.items().await;
        simulation.sweep().await;
        assert_eq!(simulation.items().await, items);
        simulation.close().await;
        polls
    };
    for poll in 0..simulate(run(None)) {
        simulate(run(Some(poll)));
    }
}
