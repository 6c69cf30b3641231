//! The SLA: its clocks run while a customer waits, and a time that is over is recorded once.

use domain::{ConversationStatus, DeskKind, SlaClock, SlaKind};
use protocol::{Code, Event, Sla};
use serde_json::{Value, json};
use tests::{Shop, User};

fn policy(first: u32, next: u32) -> Value {
    let none = json!({"firstResponseMinutes": first, "nextResponseMinutes": next});
    json!({"policy": {"targets": {"none": none, "urgent": {"firstResponseMinutes": 5}}}})
}

async fn put(admin: &User, policy: &Value) -> Sla {
    admin.put("/api/chat/sla", policy).await.ok()
}

async fn clocks(admin: &User, id: impl std::fmt::Display) -> Vec<SlaClock> {
    admin.desk(id).await.sla
}

#[tokio::test]
async fn clocks_run_while_a_customer_waits() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let earlier = anna.order().await.conversation.id;
    anna.say(&earlier, "Hello?").await;
    assert_eq!(clocks(&ben, &earlier).await, []);
    let set = put(&ben, &policy(60, 120)).await;
    assert_eq!(ben.get("/api/chat/sla").await.ok::<Sla>(), set);
    assert_eq!(clocks(&ben, &earlier).await.len(), 1, "a policy counts at once, also for what was before it");
    let id = anna.order().await.conversation.id;
    assert_eq!(clocks(&ben, &id).await, []);
    let asked = anna.say(&id, "When?").await;
    let due = |minutes: i64| asked.created_at.plus_millis(minutes * 60_000);
    let clock = |kind, minutes| {
        let (due, warn_at) = (due(minutes), asked.created_at.plus_millis(minutes * 45_000));
        SlaClock { kind, since: asked.created_at, due, warn_at, paused: false, left_ms: None }
    };
    assert_eq!(clocks(&ben, &id).await, [clock(SlaKind::FirstResponse, 60)]);
    let urgent = ben.at_desk(&id, json!({"prioritize": {"to": "urgent"}})).await;
    assert_eq!(urgent.desk.sla, [clock(SlaKind::FirstResponse, 5)]);
    let snoozed = ben.at_desk(&id, json!({"snooze": {}})).await.desk.sla;
    assert!(snoozed[0].paused && snoozed[0].due >= due(5), "{snoozed:?}");
    assert!(snoozed[0].left_ms.is_some_and(|left| (1..=300_000).contains(&left)), "{snoozed:?}");
    ben.at_desk(&id, json!({"wake": {}})).await;
    assert!(!clocks(&ben, &id).await[0].paused);
    ben.say(&id, "Tomorrow").await;
    assert_eq!(clocks(&ben, &id).await, []);
    // Urgent conversations have no time for a next response.
    let again = anna.say(&id, "Thank you. And where?").await;
    assert_eq!(clocks(&ben, &id).await, []);
    ben.at_desk(&id, json!({"prioritize": {"to": "none"}})).await;
    let next = clocks(&ben, &id).await;
    assert_eq!((next[0].kind, next[0].due), (SlaKind::NextResponse, again.created_at.plus_millis(120 * 60_000)));
    ben.set_status(&id, ConversationStatus::Closed).await;
    assert_eq!(clocks(&ben, &id).await, []);
    put(&ben, &json!({})).await;
    assert_eq!(clocks(&ben, &earlier).await, []);
}

#[tokio::test]
async fn a_time_that_is_over_is_recorded_once() {
    let shop = Shop::open_with_triggers().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    put(&ben, &policy(60, 120)).await;
    let id = anna.order().await.conversation.id;
    for (n, sla) in (1u64..).zip([SlaKind::FirstResponse, SlaKind::NextResponse]) {
        let due = anna.say(&id, "When?").await.created_at.plus_millis(60_000 * 60 * i64::try_from(n).expect("small"));
        shop.wait_until_due(&id).await;
        shop.sweep().await;
        assert_eq!(ben.desk_log(&id, "").await.desk_seq, n - 1, "not before its time");
        let desk = ben.connect().await;
        shop.let_days_pass(1).await;
        for _ in 0..3 {
            shop.sweep().await;
        }
        shop.wait_for_conversation(&id, "late", |it| it.desk_seq == Some(n)).await;
        let page = ben.desk_log(&id, &format!("after={}", n - 1)).await;
        let due = due.plus_millis(-86_400_000);
        assert_eq!(
            page.entries.iter().map(|it| it.kind.clone()).collect::<Vec<_>>(),
            [DeskKind::SlaBreached { sla, due }]
        );
        let is_ours = |event: &Event| matches!(event, Event::DeskUpdated { entry, .. } if entry.conversation_id == id);
        let event = desk.wait_for("the breach", is_ours).await;
        assert!(matches!(event, Event::DeskUpdated { desk_seq, .. } if desk_seq == n), "{event:?}");
        ben.say(&id, "Sorry").await;
    }
    // Who answers in time is not late, however often somebody looks.
    let quick = anna.order().await.conversation.id;
    anna.say(&quick, "When?").await;
    shop.wait_until_due(&quick).await;
    ben.say(&quick, "Now").await;
    shop.let_days_pass(1).await;
    shop.sweep().await;
    assert_eq!(ben.desk_log(&quick, "").await.desk_seq, 0);
}

#[tokio::test]
async fn invalid_policies_change_nothing() {
    let shop = Shop::open().await;
    let ben = shop.admin("ben");
    let set = put(&ben, &policy(60, 120)).await;
    let calendar = |calendar: Value| json!({"policy": {"targets": {}, "calendar": calendar}});
    for wrong in [
        json!({"policy": {"targets": {"none": {"firstResponseMinutes": 0}}}}),
        json!({"policy": {"targets": {"none": {"firstResponseMinutes": 1_000_000}}}}),
        json!({"policy": {"targets": {"highest": {}}}}),
        json!({"policy": {}}),
        calendar(json!({"timezone": "Mars/Olympus", "week": {"monday": [["09:00", "18:00"]]}, "holidays": []})),
        calendar(json!({"timezone": "Europe/Berlin", "week": {}, "holidays": []})),
        calendar(json!({"timezone": "Europe/Berlin", "week": {"monday": [["18:00", "09:00"]]}, "holidays": []})),
        calendar(
            json!({"timezone": "Europe/Berlin", "week": {"monday": [["09:00", "12:00"], ["11:00", "13:00"]]}, "holidays": []}),
        ),
        calendar(
            json!({"timezone": "Europe/Berlin", "week": {"monday": [["09:00", "18:00"]]}, "holidays": ["2026-02-30"]}),
        ),
    ] {
        ben.put("/api/chat/sla", &wrong).await.refused(Code::InvalidRequest);
    }
    assert_eq!(ben.get("/api/chat/sla").await.ok::<Sla>(), set);
    assert_eq!(put(&ben, &json!({})).await.policy, None);
}
