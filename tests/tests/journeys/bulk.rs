//! Actions on many conversations at once.

use std::collections::BTreeSet;

use domain::{ConversationId, ConversationStatus, OrderStatus, Priority};
use protocol::{BulkAnswer, Code, Event};
use serde_json::{Value, json};
use tests::{Shop, User, client_message_id};

async fn orders(customer: &User, count: usize) -> Vec<ConversationId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(customer.order().await.conversation.id);
    }
    ids
}

fn request(id: impl std::fmt::Display, ids: &[ConversationId], action: &Value) -> Value {
    json!({"id": id.to_string(), "conversationIds": ids, "do": action})
}

/// The codes of what failed; `None` for what was done.
async fn bulk(admin: &User, request: &Value) -> Vec<Option<Code>> {
    let answer: BulkAnswer = admin.post("/api/chat/bulk", request).await.ok();
    let ids: Vec<Value> = answer.results.iter().map(|it| json!(it.conversation_id)).collect();
    assert_eq!(json!(ids), request["conversationIds"], "in the order of the request");
    answer.results.into_iter().map(|it| it.problem.map(|problem| problem.code)).collect()
}

#[tokio::test]
async fn every_action_is_done_once_however_often_it_is_asked_for() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    ben.ticket().await;
    let mut ids = orders(&anna, 6).await;
    ben.set_status(&ids[5], ConversationStatus::Closed).await;
    let nowhere = domain::SharedId::from_random([9; 16]).conversation_id();
    ids.push(nowhere);
    let desk = cleo.connect().await;
    for (action, of_closed) in [
        (
            json!({"message": {"body": "Dear {{customer.name}}, {{order.number}} ({{order.total}}) is {{order.status}}. {x}"}}),
            Some(Code::ConversationClosed),
        ),
        (json!({"assign": {"to": "ben"}}), None),
        (json!({"prioritize": {"to": "high"}}), None),
        (json!({"note": {"body": "All of them"}}), None),
        (json!({"snooze": {}}), Some(Code::InvalidRequest)),
        (json!({"wake": {}}), None),
        (json!({"orderStatus": {"to": "confirmed"}}), None),
        (json!({"status": {"to": "archived"}}), None),
    ] {
        let request = request(client_message_id(), &ids, &action);
        let mut expected = vec![None; 5];
        expected.extend([of_closed, Some(Code::NotFound)]);
        assert_eq!(bulk(&ben, &request).await, expected, "{action}");
        let before = everything(&ben, &ids[..6]).await;
        // Several repeats at once, as after a lost answer.
        let again = futures_util::future::join_all((0..3).map(|_| bulk(&ben, &request))).await;
        assert!(again.iter().all(|again| *again == expected), "{action}: {again:?}");
        assert_eq!(everything(&ben, &ids[..6]).await, before, "{action}");
    }
    let conversation = ben.conversation(&ids[0]).await;
    let order = anna.sale(&conversation.order_id).await.order;
    let number = &order.id.to_string()[24..];
    let said = anna.history(&ids[0], "").await.messages.remove(1);
    assert_eq!(said.body, format!("Dear Anna, #{number} (25.00 EUR) is pending. {{x}}"));
    assert_eq!((order.status, conversation.status), (OrderStatus::Confirmed, ConversationStatus::Archived));
    let decided = conversation.desk.expect("a desk");
    assert_eq!((decided.assignee.as_deref(), decided.priority), (Some("ben"), Priority::High));
    let kind = |event: &Event| serde_json::to_value(event).expect("JSON")["event"].to_string();
    let told: BTreeSet<String> = desk.drain().await.iter().map(kind).collect();
    let expected = ["conversation_updated", "desk_updated", "order_message_update", "order_updated"];
    assert!(expected.iter().all(|name| told.contains(&format!("\"{name}\""))), "pages of others are told: {told:?}");
}

/// All that the conversations have.
async fn everything(admin: &User, ids: &[ConversationId]) -> Vec<String> {
    let mut all = Vec::new();
    for id in ids {
        let (history, log) = (admin.history(id, "limit=100").await, admin.desk_log(id, "limit=100").await);
        let conversation = admin.conversation(id).await;
        let desk = conversation.desk.expect("a desk");
        all.push(format!("{history:?} {log:?} {:?} {:?}", conversation.status, desk.snooze));
    }
    all
}

#[tokio::test]
async fn invalid_requests_do_nothing() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let ids = orders(&anna, 2).await;
    let many: Vec<ConversationId> = (0..26).map(|n| domain::SharedId::from_random([n; 16]).conversation_id()).collect();
    let settle = json!({"settle": {}});
    let id = client_message_id();
    for (wrong, field) in [
        (request(id, &[], &settle), "conversationIds"),
        (request(id, &many, &settle), "conversationIds"),
        (request(id, &[ids[0].clone(), ids[0].clone()], &settle), "conversationIds"),
        (request(id, &ids, &json!({})), "exactly one"),
        (request(id, &ids, &json!({"message": {"body": "hi"}, "settle": {}})), "exactly one"),
        (request(id, &ids, &json!({"message": {"body": "hi"}, "status": {"to": "closed"}})), "exactly one"),
        (request(id, &ids, &json!({"message": {"body": ""}})), "body"),
        (
            request(id, &ids, &json!({"message": {"body": "Dear {{customer.nickname}}"}})),
            "{{customer.nickname}} is unknown",
        ),
        (request(id, &ids, &json!({"status": {"to": "gone"}})), "do.status.to"),
        (request("x", &ids, &settle), "id"),
    ] {
        let refused = ben.post("/api/chat/bulk", &wrong).await.refused(Code::InvalidRequest);
        assert!(refused.detail.contains(field), "{wrong}: {refused:?}");
    }
    for id in &ids {
        let conversation = ben.conversation(id).await;
        assert_eq!((conversation.last_seq, conversation.desk_seq), (1, Some(0)));
    }
}
