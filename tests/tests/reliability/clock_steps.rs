//! A clock that is set back, by half a minute or by an hour: nobody has to wait until it has caught up, and nothing that came since
//! is missed.

use domain::{Person, Role};
use serde_json::{Value, json};
use tests::client_message_id;
use tests::simulation::{FaultPlan, Simulation};

const SEND: &str = "POST /api/chat/conversations/{id}/messages";
const INBOX: &str = "GET /api/chat/conversations";
const HISTORY: &str = "GET /api/chat/conversations/{id}/messages";

/// How far the clock is set back, in milliseconds.
const STEPS: [i64; 4] = [30_000, 61_000, 3_600_000, 86_400_000];

/// Runs on one thread under a stopped clock.
fn simulate<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(run)
}

async fn send(simulation: &Simulation, sender: &Person, id: &str, body: &str) -> (u16, Value) {
    let body = json!({"clientMessageId": client_message_id(), "body": body});
    simulation.rest(sender, SEND, id, "", &body).await
}

async fn order(simulation: &Simulation, customer: &Person) -> String {
    let body = json!({"items": [{"title": "Lamp", "quantity": 1, "unitPrice": 100}], "currency": "EUR"});
    let (status, answer) = simulation.rest(customer, "POST /api/sales", "", "", &body).await;
    assert_eq!(status, 201, "{answer}");
    answer["conversation"]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn whoever_wrote_before_the_step_writes_on() {
    for step in STEPS {
        simulate(async {
            let simulation = Simulation::open(FaultPlan::none()).await;
            let people = [Simulation::person("anna", Role::Customer), Simulation::person("ben", Role::Admin)];
            let id = order(&simulation, &people[0]).await;
            for person in &people {
                for n in 0..10 {
                    assert_eq!(send(&simulation, person, &id, &format!("before {n}")).await.0, 201);
                }
            }
            simulation.step_clocks(-step);
            for person in &people {
                let (status, answer) = send(&simulation, person, &id, "after").await;
                assert_eq!(status, 201, "{step} ms back: {answer}");
            }
            // The order is the one in which they were stored, whatever the clock said.
            let (_, page) = simulation.rest(&people[0], HISTORY, &id, "after=0&limit=100", &Value::Null).await;
            let seqs: Vec<u64> =
                page["messages"].as_array().expect("messages").iter().filter_map(|it| it["seq"].as_u64()).collect();
            assert_eq!(seqs, (1..=23).collect::<Vec<_>>());
            assert_eq!(page["messages"][22]["body"], "after");
            simulation.close().await;
        });
    }
}

#[test]
fn a_sync_finds_what_came_after_the_step() {
    for step in STEPS {
        simulate(async {
            let simulation = Simulation::open(FaultPlan::none()).await;
            let (anna, ben) = (Simulation::person("anna", Role::Customer), Simulation::person("ben", Role::Admin));
            let (first, second) = (order(&simulation, &anna).await, order(&simulation, &anna).await);
            let (_, synced) = simulation.rest(&ben, INBOX, "", "", &Value::Null).await;
            let since = synced["asOf"].as_str().expect("a time").to_owned();
            simulation.step_clocks(-step);
            assert_eq!(send(&simulation, &anna, &first, "after the step").await.0, 201);
            for person in [&anna, &ben] {
                let (_, page) = simulation.rest(person, INBOX, "", &format!("since={since}"), &Value::Null).await;
                let items = page["items"].as_array().expect("items");
                assert!(items.iter().any(|it| it["id"] == first.as_str() && it["lastSeq"] == 2), "{step}: {page}");
                // A first sync: the others are there too, and the time is of the clock that counts now.
                assert!(items.iter().any(|it| it["id"] == second.as_str()), "{step}: {page}");
                assert!(page["asOf"].as_str() < Some(since.as_str()), "{step}: {page}");
            }
            // From then on a sync is one again.
            let (_, page) = simulation.rest(&ben, INBOX, "", "", &Value::Null).await;
            let since = page["asOf"].as_str().expect("a time").to_owned();
            tokio::time::sleep(std::time::Duration::from_mins(10)).await;
            let (_, page) = simulation.rest(&ben, INBOX, "", "", &Value::Null).await;
            let later = page["asOf"].as_str().expect("a time").to_owned();
            assert!(since < later);
            assert_eq!(send(&simulation, &ben, &first, "later").await.0, 201);
            let (_, page) = simulation.rest(&ben, INBOX, "", &format!("since={later}"), &Value::Null).await;
            let ids: Vec<_> = page["items"].as_array().expect("items").iter().map(|it| it["id"].clone()).collect();
            // What was active before the step lies ahead until the clock has caught up; it is told of again, and harms nobody.
            assert!(ids.contains(&json!(first)) && (step > 600_000 || ids.len() == 1), "{step}: {ids:?}");
            simulation.close().await;
        });
    }
}
