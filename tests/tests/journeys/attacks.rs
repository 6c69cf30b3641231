//! Attacks by users: they change nothing and affect nobody else.
//!
//! Other attacks are tested elsewhere. Forged tokens and tickets: `authorizer.rs` and `jwks.rs`.
//! Ids of other people: `access.rs`. Cursors: `inbox.rs`. Sizes: `errors.rs` and
//! `gateway/websocket.rs`. Contents of the logs: `logs.rs`.

use domain::{DeskKind, Role};
use futures_util::SinkExt;
use protocol::{Code, Event, MessageAnswer, OrderAnswer};
use reqwest::Method;
use serde_json::{Value, json};
use tests::gateway::{self, part};
use tests::{Shop, client_message_id};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data::{Continue, Text};

#[tokio::test]
async fn an_admin_closes_the_connections_of_a_user() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let (phone, desk, others) = (anna.connect_and_join(&id).await, anna.connect().await, bob.connect().await);
    let (watching, demoted) = (ben.connect_and_join(&id).await, shop.admin("eve").connect_and_join(&id).await);
    let end = async |who: &str| -> Value {
        let path = format!("/api/chat/users/{who}/connections");
        ben.call(Method::DELETE, &path, &[], None).await.ok()
    };

    assert_eq!(end("anna").await, json!({ "closed": 2 }));
    phone.closed().await;
    desk.closed().await;
    let gone = |event: &Event| matches!(event, Event::Presence { user_id, online: false, .. } if user_id == "anna");
    watching.wait_for("her going", gone).await;
    assert_eq!(end("eve").await, json!({ "closed": 1 }));
    demoted.closed().await;

    // Other users keep their connections. A second call closes nothing.
    assert_eq!(end("anna").await, json!({ "closed": 0 }));
    assert_eq!(end("nobody").await, json!({ "closed": 0 }));
    watching.say(&id, "still here").await;
    others.ping().await;
    for no_id in ["system", &"x".repeat(129), "a%00b"] {
        let path = format!("/api/chat/users/{no_id}/connections");
        ben.call(Method::DELETE, &path, &[], None).await.refused(Code::NotFound);
    }
}

#[tokio::test]
async fn only_admins_close_connections() {
    let shop = Shop::open().await;
    let (anna, bob) = (shop.customer("anna"), shop.customer("bob"));
    let phone = anna.connect().await;
    for who in [&bob, &anna] {
        let path = "/api/chat/users/anna/connections";
        who.call(Method::DELETE, path, &[], None).await.refused(Code::Forbidden);
    }
    phone.ping().await;
}

#[tokio::test]
async fn a_flood_in_one_conversation_leaves_others_alone() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let (here, there) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    let flood = async |id: &domain::ConversationId| {
        loop {
            let answer = anna.post_message(id, client_message_id(), "spam", None).await;
            if answer.status != 201 {
                answer.refused(Code::RateLimited);
                return;
            }
        }
    };
    flood(&here).await;
    // The rate limit is for one sender in one conversation: it affects neither other conversations
    // nor other people in this one.
    anna.say(&there, "a question").await;
    ben.say(&here, "please stop").await;
}

/// A client that sends without waiting for answers delays no other conversation and nobody in its
/// own.
#[tokio::test]
async fn a_flood_of_frames_is_refused_one_by_one() {
    const FRAMES: usize = 300;
    let shop = Shop::open().await;
    let (anna, mallory, ben) = (shop.customer("anna"), shop.customer("mallory"), shop.admin("ben"));
    let (quiet, flooded) = (anna.order().await.conversation.id, mallory.order().await.conversation.id);
    let (phone, mallorys) = (anna.connect_and_join(&quiet).await, mallory.connect().await);
    let flood = async {
        for _ in 0..FRAMES {
            let frame = json!({ "action": "send_message", "conversationId": flooded, "body": "spam",
                "clientMessageId": client_message_id(), "seenSeq": 1 });
            mallorys.send_text(frame.to_string()).await;
        }
    };
    let talk = async {
        for n in 0..15 {
            phone.say(&quiet, &format!("question {n}")).await;
            ben.say(&flooded, &format!("please stop {n}")).await;
        }
    };
    tokio::join!(flood, talk);

    // Each frame was stored or refused with `rate_limited`.
    let (mut refused, mut stored) = (0, 0);
    while refused + stored < FRAMES {
        for event in mallorys.drain().await {
            match event {
                Event::Error { code: Code::RateLimited, .. } => refused += 1,
                Event::OrderMessageUpdate { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        stored = ben.messages(&flooded).await.iter().filter(|message| message.sender.user_id == "mallory").count();
    }
    assert_eq!(refused + stored, FRAMES);
    assert!(stored >= 20 && refused > stored, "{stored} stored, {refused} refused");
    assert_eq!(anna.messages(&quiet).await.len(), 16);
}

#[tokio::test]
async fn a_violation_closes_only_its_own_connection() {
    const FRAME: usize = 32 * 1024;
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    let mut message = vec![part(Text, false, FRAME)];
    message.extend([(); 3].map(|()| part(Continue, false, FRAME)));
    message.push(part(Continue, true, 1024));
    let marked_as_compressed = gateway::frame(Text, true, true, b"{}");
    let attacks = [
        ("a frame of 33 KB", vec![Frame::text("x".repeat(33 * 1024))], 1009),
        ("a message of 129 KB", message, 1009),
        ("bytes", vec![Frame::binary(&br#"{"action":"ping"}"#[..])], 1003),
        (
            "no UTF-8",
            vec![gateway::frame(Text, true, false, b"{\"action\":\"ping\",\"requestId\":\"\xff\xfe\"}")],
            1007,
        ),
        ("half a character", vec![gateway::frame(Text, true, false, b"\xf0\x9f\x98")], 1007),
        ("the end of no message", vec![part(Continue, true, 1)], 1002),
        ("a message within a message", vec![part(Text, false, 1), part(Text, true, 1)], 1002),
        ("compression", vec![marked_as_compressed], 1002),
    ];
    for (what, frames, code) in attacks {
        let mut mean = gateway::Client::connect(&anna.ticket().await.url, &[]).await.unwrap();
        for frame in frames {
            // The connection may already be closed when the last frames are sent.
            let _sent = mean.0.send(frame).await;
        }
        assert_eq!(mean.closed().await, code, "{what}");
        let said = desk.say(&id, what).await;
        let heard = phone.drain().await;
        assert!(matches!(&heard[..], [Event::NewMessage { message, .. }] if *message == said), "{what}: {heard:?}");
    }
    while shop.connections().await > 2 {
        phone.ping().await;
    }
    assert!(desk.drain().await.is_empty(), "she was there all the time");
}

/// Pages of other origins can send requests, but no cookie authenticates them, and the browser does
/// not show them the answers.
#[tokio::test]
async fn other_origins_cannot_read_answers() {
    let shop = Shop::open().await;
    let (anna, own) = (shop.customer("anna"), shop.origin());
    let allowed = async |origin: &str| {
        let mut found = Vec::new();
        let asks = [("origin", origin), ("access-control-request-method", "POST")];
        for (method, path, body) in [
            (Method::GET, "/api/sales/my-orders", None),
            (Method::POST, "/api/chat/ticket", Some("{}".to_owned())),
            (Method::GET, "/api/health", None),
            (Method::OPTIONS, "/api/sales", None),
        ] {
            let answer = anna.call(method, path, &asks, body).await;
            assert_eq!(answer.headers.get("access-control-allow-credentials"), None);
            found.extend(answer.headers.get("access-control-allow-origin").cloned());
        }
        found
    };
    assert_eq!(allowed(&own).await, vec![own.as_str(); 4]);
    for foreign in ["https://evil.example", "null", "*", &format!("{own}.evil.example"), &own.replace("http", "https")]
    {
        assert!(allowed(foreign).await.is_empty(), "{foreign}");
    }
}

#[tokio::test]
async fn ids_in_other_spellings_are_the_same() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let path = format!("/api/chat/conversations/{id}/messages");
    let uuid = client_message_id();
    let first: MessageAnswer = anna.post_message(&id, uuid, "once", Some(1)).await.expect(201);
    let plain = uuid.simple().to_string();
    for spelled in [&plain, &plain.to_uppercase(), &uuid.braced().to_string(), &uuid.urn().to_string()] {
        let again = json!({ "clientMessageId": spelled, "body": "once", "seenSeq": 1 });
        assert_eq!(anna.post(&path, &again).await.ok::<MessageAnswer>(), first, "{spelled}");
    }
    assert_eq!(anna.messages(&id).await.len(), 2);
}

#[tokio::test]
async fn long_invalid_input_gets_a_short_error() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let (id, wrong) = (placed.conversation.id, "\u{7f}".repeat(30_000));
    let phone = anna.connect().await;
    let receipt = json!({ "conversationId": id, "seq": wrong });
    assert!(phone.refused("message_read", receipt.clone(), Code::InvalidRequest).await.message.len() < 1_000);
    let read = anna.post(&format!("/api/chat/conversations/{id}/read"), &receipt).await;
    assert!(read.refused(Code::InvalidRequest).detail.len() < 1_000);
    let status = json!({ "status": wrong });
    for path in [format!("/api/sales/{}/status", placed.order.id), format!("/api/chat/conversations/{id}")] {
        assert!(ben.patch(&path, &status).await.refused(Code::InvalidRequest).detail.len() < 1_000);
    }
    let list = format!("/api/chat/conversations?status={}", "%7f".repeat(2_000));
    assert!(ben.get(&list).await.refused(Code::InvalidRequest).detail.len() < 1_000);
}

#[tokio::test]
async fn clients_cannot_set_server_fields() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let forged = json!({
        "items": [{ "title": "Lamp", "quantity": 1, "unitPrice": 100, "total": 1 }], "currency": "EUR",
        "id": "ord_aebagbafaydqqcikbmga2dqpca", "customerId": "bob", "customerName": "Bob", "total": 1, "status": "completed",
        "createdAt": "2001-01-01T00:00:00.000Z", "conversationId": "cnv_aebagbafaydqqcikbmga2dqpca",
    });
    let placed: OrderAnswer = anna.post("/api/sales", &forged).await.expect(201);
    let order = serde_json::to_value(&placed.order).unwrap();
    for field in ["id", "customerId", "customerName", "total", "status", "createdAt", "conversationId"] {
        assert_ne!(order[field], forged[field], "{field}");
    }

    let id = placed.conversation.id;
    let mut forged = json!({
        "seq": 99, "id": "msg_1", "sender": { "userId": "ben", "role": "admin", "name": "Ben" }, "role": "admin",
        "kind": "system", "system": { "type": "status_changed" }, "createdAt": "2001-01-01T00:00:00.000Z", "body": "hi",
    });
    let desk = ben.connect_and_join(&id).await;
    let phone = anna.connect_and_join(&id).await;
    for (over_rest, seq) in [(true, 2), (false, 3)] {
        forged["clientMessageId"] = json!(client_message_id());
        let answer: Value = if over_rest {
            anna.post(&format!("/api/chat/conversations/{id}/messages"), &forged).await.expect(201)
        } else {
            forged["conversationId"] = json!(id);
            phone.request("send_message", forged.clone()).await.unwrap()
        };
        let message = &answer["message"];
        assert_eq!(message["seq"], seq);
        assert_eq!(message["sender"], json!({ "userId": "anna", "role": "customer", "name": "Anna" }));
        assert_eq!((&message["kind"], &message["system"]), (&json!("text"), &Value::Null));
        assert_ne!(message["createdAt"], forged["createdAt"]);
    }
    let mut forged = json!({
        "by": { "userId": "ben", "role": "admin", "name": "Ben" }, "type": "deleted", "target": 1, "createdAt": "2001-01-01T00:00:00.000Z",
        "edit": { "body": "hello", "editedAt": "2001-01-01T00:00:00.000Z" }, "changedSeq": 99, "editForMs": 1_000_000_000,
    });
    for (over_rest, seq) in [(true, 4), (false, 5)] {
        let made = if over_rest {
            serde_json::to_value(anna.change(&id, 2, &forged).await).unwrap()
        } else {
            (forged["conversationId"], forged["seq"], forged["changeId"]) =
                (json!(id), json!(2), json!(client_message_id()));
            phone.request("change_message", forged.clone()).await.unwrap()
        };
        let change = &made["change"];
        assert_eq!((&change["seq"], &change["type"], &change["target"]), (&json!(seq), &json!("edited"), &json!(2)));
        assert_eq!(change["by"], json!({ "userId": "anna", "role": "customer", "name": "Anna" }));
        assert_ne!(change["createdAt"], forged["createdAt"]);
        assert_eq!((&made["message"]["changedSeq"], &made["message"]["editedAt"]), (&json!(seq), &change["createdAt"]));
    }
    let forged = json!({
        "changeId": client_message_id(), "note": { "body": "hi" }, "deskSeq": 9, "afterSeq": 0, "type": "other",
        "by": { "userId": "cleo", "role": "admin", "name": "Cleo" }, "createdAt": "2001-01-01T00:00:00.000Z",
    });
    let written: Value = ben.post(&format!("/api/chat/conversations/{id}/desk"), &forged).await.expect(201);
    let entry = &written["entry"];
    assert_eq!((&entry["deskSeq"], &entry["afterSeq"], &entry["type"]), (&json!(1), &json!(5), &json!("note")));
    assert_eq!((&entry["by"]["userId"], &entry["conversationId"]), (&json!("ben"), &json!(id)));
    assert_ne!(entry["createdAt"], forged["createdAt"]);
    let typing = json!({ "conversationId": id, "userId": "ben", "role": "admin", "name": "Ben" });
    phone.request("typing_start", typing).await.unwrap();
    let typed = desk.wait_for("typing", |event| matches!(event, Event::UserTyping { .. })).await;
    let typed = serde_json::to_value(&typed).unwrap();
    assert_eq!((&typed["userId"], &typed["role"]), (&json!("anna"), &json!("customer")));
}

#[tokio::test]
async fn invalid_ids_look_like_unknown_ids() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let x = anna.order().await.conversation.id.to_string().replace("cnv_", "");
    let shouted = x.to_uppercase();
    let long = "a".repeat(2_000);
    let ids = [
        format!("{x}%23"),
        format!("{x}%00"),
        format!("%00{x}"),
        format!("{x}%20"),
        format!("%EF%BC%81{x}"),
        shouted,
        long,
        format!("{x}{x}"),
        "%2e%2e".to_owned(),
        "%F0%9F%98%80".to_owned(),
        "%FF%FE".to_owned(),
        "null".to_owned(),
        "%E2%80%AE".to_owned(),
        format!("{}%CC%81", &x[..25]),
        "%7B%22S%22%3A%22x%22%7D".to_owned(),
    ];
    for id in ids {
        for user in [&anna, &ben] {
            user.get(&format!("/api/sales/ord_{id}")).await.refused(Code::NotFound);
            user.get(&format!("/api/chat/conversations/cnv_{id}")).await.refused(Code::NotFound);
            user.get(&format!("/api/chat/conversations/cnv_{id}/messages")).await.refused(Code::NotFound);
            user.post_message(format!("cnv_{id}"), client_message_id(), "hi", Some(1)).await.refused(Code::NotFound);
            let read = format!("/api/chat/conversations/cnv_{id}/read");
            user.post(&read, &json!({ "seq": 1 })).await.refused(Code::NotFound);
        }
        let (order, conversation) = (json!({ "status": "confirmed" }), json!({ "status": "closed" }));
        ben.patch(&format!("/api/sales/ord_{id}/status"), &order).await.refused(Code::NotFound);
        ben.patch(&format!("/api/chat/conversations/cnv_{id}"), &conversation).await.refused(Code::NotFound);
    }
    let phone = anna.connect().await;
    for id in
        ["", "#", "cnv_", "cnv_\u{0}", "cnv_#L0001", "💥", "ord_aebagbafaydqqcikbmga2dqpca", &format!("cnv_{x}\u{301}")]
    {
        phone.refused("join_conversation", json!({ "conversationId": id }), Code::NotFound).await;
    }
}

#[tokio::test]
async fn deep_json_is_refused_and_the_connection_stays() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let phone = anna.connect().await;
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for depth in [200, 15_000] {
        let order = format!(r#"{{"items":{},"currency":"EUR"}}"#, deep(depth));
        let answer = anna.call(Method::POST, "/api/sales", &[], Some(order)).await;
        assert!(answer.status == 400 || answer.status == 422, "{answer:?}");
        phone.send_text(format!(r#"{{"action":"ping","x":{}}}"#, deep(depth))).await;
        phone.wait_for("a refusal", |event| matches!(event, Event::Error { .. })).await;
        phone.ping().await;
    }
}

#[tokio::test]
async fn text_is_never_interpreted() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let bodies = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "{{constructor.constructor('x')()}}",
        "'; DROP TABLE sales; --",
        "attribute_exists(pk) OR n >= :seen",
        "$.body",
        "\u{202e}gnp.exe",
        "&lt;b&gt;",
        "javascript:alert(1)",
        "%3Cscript%3E",
        "{\"action\":\"ping\"}",
        "${jndi:ldap://x}",
    ];
    for body in bodies {
        anna.say(&id, body).await;
    }
    let read: Vec<String> = ben.messages(&id).await.into_iter().skip(1).map(|message| message.body).collect();
    assert_eq!(read, bodies);
    // So are edits and notes.
    let other = anna.order().await.conversation.id;
    anna.say(&other, "hi").await;
    for body in bodies {
        assert_eq!(anna.edit(&other, 2, body).await.message.body, body);
        assert_eq!(ben.messages(&other).await[1].body, body);
        ben.note(&other, body).await;
    }
    let notes = ben.desk_log(&other, "").await.entries;
    let notes: Vec<_> = notes.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(notes, bodies.map(|body| DeskKind::Note { body: body.to_owned() }));
    // Names, titles and notes are tested as well.
    for text in bodies {
        let customer = shop.customer(text);
        let mut order = tests::lamp();
        (order["items"][0]["title"], order["items"][0]["sku"], order["note"]) = (text.into(), text.into(), text.into());
        let placed: OrderAnswer = customer.post("/api/sales", &order).await.expect(201);
        let seen = ben.sale(&placed.order.id).await;
        let item = &seen.order.items[0];
        assert_eq!([&item.title, item.sku.as_ref().unwrap(), seen.order.note.as_ref().unwrap()], [text; 3]);
        assert_eq!((seen.order.customer_id.as_str(), &seen.order.customer_name), (text, &customer.name));
        assert_eq!(seen.conversation.last_message.system.unwrap().by().name, customer.name);
    }
}

/// The size of a compressed frame would reveal whether its secret part repeats text of an attacker.
/// Compression would also cost memory for each connection.
#[tokio::test]
async fn nothing_is_compressed() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let mut request = anna.ticket().await.url.into_client_request().unwrap();
    let offer = "permessage-deflate; client_max_window_bits".parse().unwrap();
    request.headers_mut().insert("sec-websocket-extensions", offer);
    let (_socket, response) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(response.headers().get("sec-websocket-extensions"), None);
    let answer = anna.call(Method::GET, "/api/sales/my-orders", &[("accept-encoding", "gzip, br")], None).await;
    assert_eq!((answer.status, answer.headers.get("content-encoding")), (200, None));
}

/// A ticket has the role of the token that requested it, also for an admin who was demoted.
#[tokio::test]
async fn a_role_comes_from_the_token_and_ends_with_it() {
    let shop = Shop::open().await;
    let id = shop.customer("anna").order().await.conversation.id;
    let admin = shop.admin("eve");
    admin.get(&format!("/api/chat/conversations/{id}")).await.ok::<Value>();
    let demoted = shop.expiring("eve", Role::Customer, 60);
    demoted.get(&format!("/api/chat/conversations/{id}")).await.refused(Code::NotFound);
    let client = demoted.connect().await;
    client.refused("join_conversation", json!({ "conversationId": id }), Code::NotFound).await;
}
