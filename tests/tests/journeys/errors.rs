//! Every error has its code, says what is wrong, and changes nothing.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::time::{Duration, Instant};

use domain::{OrderStatus, Role};
use protocol::{Code, Event, MessageAnswer};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Shop, User, client_message_id, lamp, now_millis};

/// All of a customer's data that anybody can see.
async fn everything(customer: &User, admin: &User) -> (String, Vec<String>, Value) {
    let orders = customer.get("/api/sales/my-orders?limit=100").await.text;
    let mut logs = Vec::new();
    for conversation in customer.all_conversations("").await {
        logs.push(customer.get(&format!("/api/chat/conversations/{}/messages", conversation.id)).await.text);
    }
    (orders, logs, serde_json::to_value(admin.stats().await).unwrap())
}

#[tokio::test]
async fn invalid_json_is_a_bad_request() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let before = everything(&anna, &ben).await;
    let chat = format!("/api/chat/conversations/{}", placed.conversation.id);
    let calls = [
        (&anna, Method::POST, "/api/sales".to_owned()),
        (&ben, Method::PATCH, format!("/api/sales/{}/status", placed.order.id)),
        (&ben, Method::PATCH, chat.clone()),
        (&anna, Method::POST, format!("{chat}/messages")),
        (&anna, Method::POST, format!("{chat}/messages/1/changes")),
        (&ben, Method::POST, format!("{chat}/desk")),
        (&anna, Method::POST, format!("{chat}/read")),
    ];
    for (user, method, path) in calls {
        for text in ["", "{", "nonsense", "{\"a\":}", "{'a':1}", "\u{feff}{}", &"[".repeat(10_000)] {
            user.call(method.clone(), &path, &[], Some(text.to_owned())).await.refused(Code::BadRequest);
        }
        for text in ["[]", "1", "null", "\"x\"", "{}"] {
            user.call(method.clone(), &path, &[], Some(text.to_owned())).await.refused(Code::InvalidRequest);
        }
    }
    assert_eq!(everything(&anna, &ben).await, before);
}

/// An order with one field changed. The path to the field has names and indexes.
fn order_with(path: &[&str], value: Value) -> Value {
    let mut body = lamp();
    let pointer = path.iter().fold(String::new(), |pointer, part| format!("{pointer}/{part}"));
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(last.to_owned(), value);
    body
}

#[tokio::test]
async fn a_wrong_field_of_an_order_is_named() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let before = everything(&anna, &ben).await;
    let item = &lamp()["items"][0];
    let cases = [
        (order_with(&["items"], json!([])), "items"),
        (order_with(&["items"], json!(vec![item; 101])), "items"),
        (order_with(&["items"], json!({})), "items"),
        (order_with(&["items", "0", "title"], json!("")), "title"),
        (order_with(&["items", "0", "title"], json!(" \n ")), "title"),
        (order_with(&["items", "0", "title"], json!("t".repeat(201))), "title"),
        (order_with(&["items", "0", "title"], json!(7)), "title"),
        (order_with(&["items", "0", "title"], json!(null)), "title"),
        (order_with(&["items", "0", "quantity"], json!(0)), "quantity"),
        (order_with(&["items", "0", "quantity"], json!(10_001)), "quantity"),
        (order_with(&["items", "0", "quantity"], json!(1.5)), "quantity"),
        (order_with(&["items", "0", "quantity"], json!("2")), "quantity"),
        (order_with(&["items", "0", "unitPrice"], json!(-1)), "unitPrice"),
        (order_with(&["items", "0", "unitPrice"], json!(1u64 << 53)), "unitPrice"),
        (order_with(&["items", "0", "unitPrice"], json!(1u64 << 52)), "unitPrice"),
        (order_with(&["items", "0", "imageUrl"], json!("http://img.example/a.png")), "imageUrl"),
        (order_with(&["items", "0", "imageUrl"], json!("javascript:alert(1)")), "imageUrl"),
        (
            order_with(&["items", "0", "imageUrl"], json!(format!("https://a.example/{}", "x".repeat(2_048)))),
            "imageUrl",
        ),
        (order_with(&["currency"], json!("euro")), "currency"),
        (order_with(&["currency"], json!("eur")), "currency"),
        (order_with(&["currency"], json!(null)), "currency"),
        (order_with(&["note"], json!(7)), "note"),
    ];
    for (body, field) in cases {
        let detail = anna.post("/api/sales", &body).await.refused(Code::InvalidRequest).detail;
        assert!(detail.contains(field), "{field}: {detail}");
    }
    let detail = anna.order_once(&"k".repeat(129), &lamp()).await.refused(Code::InvalidRequest).detail;
    assert!(detail.to_lowercase().contains("idempotency-key"), "{detail}");
    anna.order_once(&"k".repeat(128), &lamp()).await.expect::<protocol::OrderAnswer>(201);
    // The fields that an admin sets to order for a customer.
    for (field, value) in
        [("customerId", json!(null)), ("customerId", json!("")), ("customerId", json!("x".repeat(129)))]
    {
        let mut body = lamp();
        body["customerName"] = "Anna".into();
        body[field] = value;
        let detail = ben.post("/api/sales", &body).await.refused(Code::InvalidRequest).detail;
        assert!(detail.contains(field), "{detail}");
    }
    let mut body = lamp();
    body["customerId"] = "anna".into();
    let detail = ben.post("/api/sales", &body).await.refused(Code::InvalidRequest).detail;
    assert!(detail.contains("customerName"), "{detail}");
    assert_eq!(before.2["total"], 0);
    assert_eq!(ben.stats().await.total, 1, "only the one that was right");
}

#[tokio::test]
async fn a_wrong_field_of_a_message_is_named_over_rest_and_websocket() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let before = everything(&anna, &ben).await;
    let phone = anna.connect_and_join(&id).await;
    let cases = [
        (json!({"body": ""}), "body"),
        (json!({"body": " \n\t\u{a0}"}), "body"),
        (json!({"body": "a".repeat(4_001)}), "body"),
        (json!({"body": "nul \u{0}"}), "body"),
        (json!({"body": "bell \u{7}"}), "body"),
        (json!({"body": "dos\r\n"}), "body"),
        (json!({"body": 7}), "body"),
        (json!({"body": null}), "body"),
        (json!({"clientMessageId": "x"}), "clientMessageId"),
        (json!({"clientMessageId": null}), "clientMessageId"),
        (json!({"clientMessageId": 7}), "clientMessageId"),
        (json!({"seenSeq": -1}), "seenSeq"),
        (json!({"seenSeq": "1"}), "seenSeq"),
        (json!({"seenSeq": 1.5}), "seenSeq"),
    ];
    for (wrong, field) in cases {
        let mut message = json!({"clientMessageId": client_message_id(), "body": "hi", "conversationId": id});
        message.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let answer = anna.post(&format!("/api/chat/conversations/{id}/messages"), &message).await;
        let detail = answer.refused(Code::InvalidRequest).detail;
        assert!(detail.contains(field), "{field}: {detail}");
        let refused = phone.refused("send_message", message, Code::InvalidRequest).await;
        assert!(refused.message.contains(field), "{field}: {}", refused.message);
    }
    assert_eq!(everything(&anna, &ben).await, before);
    // The longest body: 4,000 characters, whatever their number of bytes.
    let longest = anna.say(&id, &"😀".repeat(4_000)).await;
    assert_eq!(anna.messages_after(&id, 1).await, [longest]);
}

#[tokio::test]
async fn a_wrong_field_of_any_other_request_is_named() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let before = everything(&anna, &ben).await;
    let chat = format!("/api/chat/conversations/{}", placed.conversation.id);
    let status = format!("/api/sales/{}/status", placed.order.id);
    for (path, values) in [
        (&status, [json!("shipped"), json!("active"), json!(null), json!(1), json!("Confirmed")]),
        (&chat, [json!("open"), json!("pending"), json!(null), json!(1), json!("Active")]),
    ] {
        for value in values {
            let detail = ben.patch(path, &json!({"status": value})).await.refused(Code::InvalidRequest).detail;
            assert!(detail.contains("status"), "{detail}");
        }
    }
    let phone = anna.connect().await;
    for seq in [json!(-1), json!("1"), json!(null), json!(1.5)] {
        let read = anna.post(&format!("{chat}/read"), &json!({"seq": seq})).await;
        assert!(read.refused(Code::InvalidRequest).detail.contains("seq"));
        for action in ["message_read", "message_delivered"] {
            let receipt = json!({"conversationId": placed.conversation.id, "seq": seq});
            assert!(phone.refused(action, receipt, Code::InvalidRequest).await.message.contains("seq"));
        }
    }
    for action in ["join_conversation", "leave_conversation", "typing_start", "typing_stop", "message_read"] {
        let refused = phone.refused(action, json!({"seq": 1}), Code::InvalidRequest).await;
        assert!(refused.message.contains("conversationId"), "{action}: {}", refused.message);
    }
    assert_eq!(everything(&anna, &ben).await, before);
}

#[tokio::test]
async fn past_64_kib_is_too_large() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let path = format!("/api/chat/conversations/{}/messages", placed.conversation.id);
    let message = json!({"clientMessageId": client_message_id(), "body": "hi"}).to_string();
    let padded = |size: usize| format!("{}{message}", " ".repeat(size - message.len()));
    let before = everything(&anna, &ben).await;
    let one_more = 64 * 1024 + 1;
    anna.call(Method::POST, &path, &[], Some(padded(one_more))).await.refused(Code::PayloadTooLarge);
    anna.call(Method::POST, &path, &[], Some("x".repeat(one_more))).await.refused(Code::PayloadTooLarge);
    anna.call(Method::POST, "/api/sales", &[], Some(" ".repeat(one_more))).await.refused(Code::PayloadTooLarge);
    assert_eq!(everything(&anna, &ben).await, before);
    anna.call(Method::POST, &path, &[], Some(padded(one_more - 1))).await.expect::<MessageAnswer>(201);
}

#[tokio::test]
async fn unknown_routes_are_answered_by_the_gateway() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    for path in ["/api", "/api/sale", "/api/sales/a/b/c", "/api/chat/conversations/x/y", "/api/chat"] {
        anna.get(path).await.refused_by_gateway(404);
    }
    anna.call(Method::DELETE, "/api/sales", &[], None).await.refused_by_gateway(404);
}

#[tokio::test]
async fn an_expired_token_is_refused_by_the_gateway() {
    let shop = Shop::open().await;
    for seconds in [-1, -3600] {
        shop.expiring("anna", Role::Customer, seconds).get("/api/sales/stats").await.refused_by_gateway(403);
    }
}

#[tokio::test]
async fn a_connection_ends_with_its_token() {
    let shop = Shop::open().await;
    let id = shop.customer("anna").order().await.conversation.id;
    let expires = now_millis() / 1000 + 3;
    let passing = shop.expiring("anna", Role::Customer, 3);
    let phone = passing.connect_and_join(&id).await;
    phone.say(&id, "in time").await;
    while now_millis() / 1000 <= expires {
        phone.ping().await;
    }
    phone.drain().await;
    // After the token has expired nothing is pushed, and `ping` is still answered.
    shop.admin("ben").say(&id, "too late").await;
    assert!(phone.drain().await.is_empty());
    let message = json!({"conversationId": id, "clientMessageId": client_message_id(), "body": "hi"});
    phone.refused("send_message", message, Code::TokenExpired).await;
    phone.closed().await;
    assert_eq!(shop.customer("anna").messages(&id).await.len(), 3);
}

#[tokio::test]
async fn every_action_but_a_plain_ping_ends_with_the_token() {
    let shop = Shop::open().await;
    let id = shop.customer("anna").order().await.conversation.id;
    // In seconds; long enough for eight clients to join, also on a slow gateway.
    let began = Instant::now();
    shop.customer("anna").connect_and_join(&id).await.close().await;
    let life = 3 + i64::try_from((began.elapsed() * 24).as_secs()).unwrap();
    let expires = now_millis() / 1000 + life;
    let passing = shop.expiring("anna", Role::Customer, life);
    let actions = [
        "join_conversation",
        "leave_conversation",
        "send_message",
        "typing_start",
        "typing_stop",
        "message_read",
        "message_delivered",
        // A ping without `asOf` tells only that the connection works.
        "ping",
    ];
    let mut phones = Vec::new();
    for action in actions {
        phones.push((action, passing.connect_and_join(&id).await));
    }
    while now_millis() / 1000 <= expires {
        phones[0].1.ping().await;
    }
    for (action, phone) in phones {
        phone.ping().await;
        let mut fields = json!({"conversationId": id, "seq": 1, "clientMessageId": client_message_id(), "body": "hi"});
        fields["asOf"] = "2026-03-01T09:30:00.000Z".into();
        phone.refused(action, fields, Code::TokenExpired).await;
        phone.closed().await;
    }
    let now = shop.customer("anna").conversation(&id).await;
    assert_eq!((now.last_seq, now.participants[0].read_seq, now.participants[0].delivered_seq), (1, 0, 0));
}

#[tokio::test]
async fn invalid_frames_get_an_error() {
    let shop = Shop::open().await;
    let phone = shop.customer("anna").connect().await;
    for text in ["nonsense", "[]", "1", "null", "\"ping\"", "{", "[{\"action\":\"ping\"}]"] {
        phone.send_text(text).await;
        let error = phone.wait_for(text, |event| matches!(event, Event::Error { .. })).await;
        let Event::Error { request_id, code, .. } = error else { unreachable!() };
        assert_eq!((request_id, code), (None, Code::BadRequest), "{text}");
    }
    for action in ["dance", "Ping", "$default", "$connect", "$disconnect", "ack", "new_message", ""] {
        phone.refused(action, json!({}), Code::UnknownAction).await;
    }
    for text in ["{}", "{\"action\":7}", "{\"action\":null}", "{\"action\":{\"a\":1}}"] {
        phone.send_text(text).await;
        let error = phone.wait_for(text, |event| matches!(event, Event::Error { .. })).await;
        assert!(matches!(error, Event::Error { code: Code::UnknownAction, .. }), "{text}: {error:?}");
    }
    // The connection still works.
    assert!(phone.drain().await.is_empty());
    assert_eq!(phone.noise(), Vec::<String>::new());
}

#[tokio::test]
async fn a_request_id_has_at_most_64_characters() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let phone = anna.connect().await;
    for request_id in ["é".repeat(64), "x".repeat(64)] {
        phone.send_text(json!({"action": "ping", "requestId": request_id}).to_string()).await;
        assert_eq!(phone.answer_to(&request_id, "ping").await["event"], "ack");
    }
    for request_id in [json!("x".repeat(65)), json!(7), json!({}), json!([])] {
        let frame = json!({"action": "send_message", "requestId": request_id, "conversationId": id,
            "clientMessageId": client_message_id(), "body": "hi"});
        phone.send_text(frame.to_string()).await;
        let error = phone.wait_for("the error", |event| matches!(event, Event::Error { .. })).await;
        let Event::Error { code, message, .. } = error else { unreachable!() };
        assert_eq!(code, Code::InvalidRequest);
        assert!(message.contains("requestId"), "{message}");
    }
    assert_eq!(anna.messages(&id).await.len(), 1);
}

#[tokio::test]
async fn a_forgotten_connection_gets_reconnect() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let phone = shop.connect_and_forget(&anna).await;
    phone.refused("join_conversation", json!({"conversationId": id}), Code::Reconnect).await;
    anna.connect_and_join(&id).await;
}

#[tokio::test]
async fn a_burst_of_twenty_then_two_a_second() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let (id, other) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    let phone = anna.connect().await;
    let start = Instant::now();
    let mut sent = Vec::new();
    let refused = loop {
        let message_id = client_message_id();
        match phone.send(&id, message_id, "hi", Some(1)).await {
            Ok(done) => sent.push((message_id, done.message)),
            Err(refused) => break refused,
        }
    };
    let refilled = usize::try_from(start.elapsed().as_millis() / 500).unwrap();
    assert!((20..=20 + refilled + 1).contains(&sent.len()), "{} at once", sent.len());
    assert_eq!(refused.code, Code::RateLimited);
    let wait = refused.retry_after_ms.expect("how long");
    assert!((1..=500).contains(&wait), "{wait} ms");

    // REST and WebSocket share the limit. Other people and other conversations have their own.
    let limited = loop {
        let answer = anna.post_message(&id, client_message_id(), "hi", None).await;
        if answer.status != 201 {
            break answer;
        }
    };
    let problem = limited.refused(Code::RateLimited);
    assert!(problem.retry_after_ms.is_some_and(|wait| (1..=500).contains(&wait)), "{problem:?}");
    assert_eq!(limited.headers.get("retry-after").and_then(|it| it.to_str().ok()), Some("1"));
    ben.say(&id, "hi").await;
    anna.say(&other, "hi").await;

    // Repeats are not limited.
    let stored = anna.messages(&id).await.len();
    for (message_id, message) in &sent {
        let again = phone.send(&id, *message_id, "hi", Some(1)).await.unwrap();
        assert_eq!((again.duplicate, &again.message), (true, message));
        let again = anna.post_message(&id, *message_id, "hi", Some(1)).await.ok::<MessageAnswer>();
        assert_eq!(again.message, *message);
    }
    assert_eq!(anna.messages(&id).await.len(), stored);

    // After the wait that the error names, the message is accepted.
    let refused = loop {
        if let Err(refused) = phone.send(&id, client_message_id(), "hi", Some(1)).await {
            break refused;
        }
    };
    let wait = u64::try_from(refused.retry_after_ms.unwrap()).unwrap();
    tokio::time::sleep(Duration::from_millis(wait)).await;
    phone.say(&id, "now").await;
}

/// The checks run in this order: repeat, closed, rate limit.
#[tokio::test]
async fn closed_is_checked_before_the_rate_limit() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let first = client_message_id();
    anna.post_message(&id, first, "hi", Some(1)).await.expect::<MessageAnswer>(201);
    while anna.post_message(&id, client_message_id(), "hi", None).await.status == 201 {}
    ben.set_status(&id, domain::ConversationStatus::Closed).await;
    anna.post_message(&id, client_message_id(), "hi", None).await.refused(Code::ConversationClosed);
    anna.post_message(&id, first, "hi", Some(1)).await.ok::<MessageAnswer>();
}

#[tokio::test]
async fn an_invalid_transition_changes_nothing() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    ben.set_order_status(&placed.order.id, OrderStatus::Cancelled).await;
    let phone = anna.connect_and_join(&placed.conversation.id).await;
    let before = everything(&anna, &ben).await;
    for status in ["pending", "confirmed", "completed"] {
        let path = format!("/api/sales/{}/status", placed.order.id);
        ben.patch(&path, &json!({"status": status})).await.refused(Code::InvalidTransition);
    }
    assert_eq!(everything(&anna, &ben).await, before);
    assert!(phone.drain().await.is_empty());
}

/// If the database fails, the answer reveals no details, and a later repeat succeeds.
#[tokio::test]
async fn server_faults_are_internal_errors() {
    let outage = tests::Outage::default();
    let shop = Shop::open_with(outage.settings()).await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let phone = anna.connect_and_join(&id).await;
    outage.begin(&["send-message", "conversations", "orders", "create-order", "signals"]);
    let calls = [
        anna.get("/api/sales/stats").await,
        anna.get("/api/chat/conversations").await,
        anna.post("/api/sales", &lamp()).await,
        anna.post_message(&id, client_message_id(), "hi", Some(1)).await,
    ];
    for answer in calls {
        let problem = answer.refused(Code::Internal);
        assert!(!answer.text.contains("made up") && !answer.text.contains("dynamo"), "{problem:?}");
    }
    let message_id = client_message_id();
    let message = json!({"conversationId": id, "clientMessageId": message_id, "body": "hi", "seenSeq": 1});
    phone.refused("send_message", message, Code::Internal).await;
    phone.refused("message_read", json!({"conversationId": id, "seq": 1}), Code::Internal).await;
    outage.end();
    let sent = phone.send(&id, message_id, "hi", Some(1)).await.unwrap();
    assert_eq!((sent.duplicate, sent.message.seq), (false, 2));
}
