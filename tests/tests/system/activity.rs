//! What counts as activity: a sync with `since` finds a conversation with a new status, and not one
//! with a new note.

use domain::Role;
use serde_json::{Value, json};
use tests::client_message_id;
use tests::simulation::{FaultPlan, Simulation};

const INBOX: &str = "GET /api/chat/conversations";
const STATUS: &str = "PATCH /api/chat/conversations/{id}";
const NOTE: &str = "POST /api/chat/conversations/{id}/desk";

const TEN_MINUTES: i64 = 600_000;

#[test]
fn a_sync_finds_a_new_status_and_no_note() {
    // Runs on one thread under a stopped clock.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let simulation = Simulation::open(FaultPlan::none()).await;
        let (anna, ben) = (Simulation::person("anna", Role::Customer), Simulation::person("ben", Role::Admin));
        let mut ids = Vec::new();
        for _ in 0..3 {
            let (status, placed) = simulation.rest(&anna, "POST /api/sales", "", "", &tests::lamp()).await;
            assert_eq!(status, 201, "{placed}");
            ids.push(placed["conversation"]["id"].as_str().unwrap().to_owned());
        }
        simulation.step_clocks(TEN_MINUTES);
        let (_, synced) = simulation.rest(&ben, INBOX, "", "", &Value::Null).await;
        let since = format!("since={}", synced["asOf"].as_str().unwrap());

        let (status, _) = simulation.rest(&ben, STATUS, &ids[1], "", &json!({"status": "archived"})).await;
        assert_eq!(status, 200);
        let note = json!({"changeId": client_message_id(), "note": {"body": "calls often"}});
        let (status, _) = simulation.rest(&ben, NOTE, &ids[2], "", &note).await;
        assert_eq!(status, 201);
        for person in [&anna, &ben] {
            let (_, page) = simulation.rest(person, INBOX, "", &since, &Value::Null).await;
            let found: Vec<_> =
                page["items"].as_array().unwrap().iter().map(|it| (&it["id"], &it["lastSeq"])).collect();
            assert_eq!(found, [(&json!(ids[1]), &json!(2))]);
        }
        simulation.close().await;
    });
}
