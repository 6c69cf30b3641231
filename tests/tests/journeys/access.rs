//! Access control: every route and every action for every role, and what must never reach anybody
//! else.

use std::collections::BTreeSet;

use domain::{ConversationStatus, OrderStatus};
use protocol::{Code, OrderAnswer};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Shop, User, client_message_id};

/// A call. Its path has `ORDER` and `CONVERSATION` in place of the ids. The statuses are those for
/// the owner, another customer and an admin.
struct Call {
    method: Method,
    path: &'static str,
    body: Option<Value>,
    statuses: [u16; 3],
}

fn calls() -> Vec<Call> {
    let call = |method, path, body, statuses| Call { method, path, body, statuses };
    let mut order = tests::lamp();
    order["customerId"] = "somebody".into();
    order["customerName"] = "Somebody".into();
    let message = json!({"clientMessageId": client_message_id(), "body": "hi"});
    let react = json!({"changeId": client_message_id(), "react": {"emoji": "👍", "on": true}});
    let note = json!({"changeId": client_message_id(), "note": {"body": "hi"}});
    let tag = json!({"name": "Fragile", "color": "red"});
    let response = json!({"shortcut": "hi", "title": "Hi", "body": "Hi!"});
    let bulk =
        json!({"id": client_message_id(), "conversationIds": ["cnv_aebagbafaydqqcikbmga2dqpca"], "do": {"settle": {}}});
    vec![
        call(Method::POST, "/api/sales", Some(order), [201, 201, 201]),
        call(Method::GET, "/api/sales/my-orders", None, [200, 200, 403]),
        call(Method::GET, "/api/sales/stats", None, [200, 200, 200]),
        call(Method::GET, "/api/sales/ORDER", None, [200, 404, 200]),
        call(Method::PATCH, "/api/sales/ORDER/status", Some(json!({"status": "confirmed"})), [403, 403, 200]),
        call(Method::GET, "/api/chat/conversations", None, [200, 200, 200]),
        call(Method::GET, "/api/chat/conversations/CONVERSATION", None, [200, 404, 200]),
        call(Method::PATCH, "/api/chat/conversations/CONVERSATION", Some(json!({"status": "closed"})), [403, 403, 200]),
        call(Method::GET, "/api/chat/conversations/CONVERSATION/messages", None, [200, 404, 200]),
        call(Method::GET, "/api/chat/conversations/CONVERSATION/messages?after=0&limit=1", None, [200, 404, 200]),
        call(Method::GET, "/api/chat/conversations/CONVERSATION/search?q=hello", None, [200, 404, 200]),
        call(Method::POST, "/api/chat/conversations/CONVERSATION/messages", Some(message), [201, 404, 201]),
        call(Method::POST, "/api/chat/conversations/CONVERSATION/messages/2/changes", Some(react), [201, 404, 201]),
        call(Method::GET, "/api/chat/conversations/CONVERSATION/desk", None, [403, 403, 200]),
        call(Method::POST, "/api/chat/conversations/CONVERSATION/desk", Some(note), [403, 403, 201]),
        call(Method::POST, "/api/chat/conversations/CONVERSATION/read", Some(json!({"seq": 1})), [200, 404, 200]),
        call(Method::POST, "/api/chat/ticket", Some(json!({})), [200, 200, 200]),
        call(Method::DELETE, "/api/chat/users/anna/connections", None, [403, 403, 200]),
        call(Method::GET, "/api/chat/views", None, [403, 403, 200]),
        call(Method::GET, "/api/chat/admins", None, [403, 403, 200]),
        call(Method::GET, "/api/chat/tags", None, [403, 403, 200]),
        call(Method::POST, "/api/chat/tags", Some(tag.clone()), [403, 403, 201]),
        call(Method::PATCH, "/api/chat/tags/mfrggzdf", Some(tag), [403, 403, 422]),
        call(Method::DELETE, "/api/chat/tags/mfrggzdf", None, [403, 403, 404]),
        call(Method::GET, "/api/chat/canned-responses", None, [403, 403, 200]),
        call(Method::POST, "/api/chat/canned-responses", Some(response.clone()), [403, 403, 201]),
        call(Method::PATCH, "/api/chat/canned-responses/mfrggzdf", Some(response), [403, 403, 422]),
        call(Method::DELETE, "/api/chat/canned-responses/mfrggzdf", None, [403, 403, 404]),
        call(Method::GET, "/api/chat/sla", None, [403, 403, 200]),
        call(Method::PUT, "/api/chat/sla", Some(json!({})), [403, 403, 200]),
        call(Method::POST, "/api/chat/bulk", Some(bulk), [403, 403, 200]),
    ]
}

#[test]
fn no_route_is_left_out() {
    let described = std::fs::read_to_string(Shop::root().join("docs/openapi.json")).expect("the description");
    let described: Value = serde_json::from_str(&described).expect("JSON");
    let mut routes = BTreeSet::new();
    for (path, methods) in described["paths"].as_object().expect("paths") {
        let methods = ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| !methods[method].is_null());
        routes.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    // This route is public.
    routes.remove("GET /api/health");
    let called = calls().into_iter().map(|Call { method, path, .. }| {
        let path = path.split('?').next().expect("a path").replace("CONVERSATION", "{conversationId}");
        let path = path.replace("messages/2/", "messages/{seq}/");
        let path =
            path.replace("tags/mfrggzdf", "tags/{tagId}").replace("responses/mfrggzdf", "responses/{cannedResponseId}");
        format!("{method} {}", path.replace("ORDER", "{orderId}").replace("anna", "{userId}"))
    });
    assert_eq!(called.collect::<BTreeSet<_>>(), routes);
}

impl Call {
    async fn by(&self, user: &User, placed: &OrderAnswer) -> Answer {
        let path = self.path.replace("ORDER", &placed.order.id.to_string());
        let path = path.replace("CONVERSATION", &placed.conversation.id.to_string());
        user.call(self.method.clone(), &path, &[], self.body.as_ref().map(Value::to_string)).await
    }

    fn names_something(&self) -> bool {
        self.path.contains("ORDER") || self.path.contains("CONVERSATION")
    }
}

/// The same order with ids that do not exist.
fn elsewhere(placed: &OrderAnswer) -> OrderAnswer {
    let mut wrong = placed.clone();
    let shared_id = domain::SharedId::from_random([42; 16]);
    (wrong.order.id, wrong.conversation.id) = (shared_id.order_id(), shared_id.conversation_id());
    wrong
}

#[tokio::test]
async fn every_route_checks_every_role() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let mut wrong = Vec::new();
    let mut expect = |call: &Call, who: &str, answer: &Answer, status: u16| {
        if answer.status != status {
            wrong.push(format!("{who}: {} {}: {status} expected, {answer:?}", call.method, call.path));
        }
    };
    for call in calls() {
        let placed = anna.order().await;
        let nowhere = elsewhere(&placed);
        anna.say(&placed.conversation.id, "a message to change").await;

        let stranger = call.by(&bob, &placed).await;
        expect(&call, "another customer", &stranger, call.statuses[1]);
        if call.names_something() {
            // A stranger gets the same status and text as for an id that does not exist.
            let never = call.by(&bob, &nowhere).await;
            assert_eq!((stranger.status, &stranger.text), (never.status, &never.text), "{}", call.path);
            assert_eq!(stranger.headers.get("content-type"), never.headers.get("content-type"));
            let code = if call.statuses[1] == 403 { Code::Forbidden } else { Code::NotFound };
            stranger.refused(code);
            call.by(&ben, &nowhere).await.refused(Code::NotFound);
        }

        let nobody = call.by(&shop.nobody(), &placed).await;
        expect(&call, "nobody", &nobody, 401);
        nobody.refused_by_gateway(401);
        let forger = call.by(&anna.with_token(Some("a.b.c")), &placed).await;
        expect(&call, "a forger", &forger, 403);
        forger.refused_by_gateway(403);

        // No refused call has changed anything.
        let now = anna.sale(&placed.order.id).await;
        assert_eq!((now.order, now.conversation.last_seq), (placed.order.clone(), 2), "{}", call.path);
        assert_eq!(ben.conversation(&placed.conversation.id).await.desk_seq, Some(0), "{}", call.path);
        assert_eq!(now.conversation.status, ConversationStatus::Active);

        let owner = call.by(&anna, &placed).await;
        expect(&call, "the owner", &owner, call.statuses[0]);
        if call.statuses[0] == 403 {
            owner.refused(Code::Forbidden);
        }
        // The same message from an admin is a new message.
        expect(&call, "an admin", &call.by(&ben, &placed).await, call.statuses[2]);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn health_needs_no_token() {
    let shop = Shop::open().await;
    for user in [shop.nobody(), shop.customer("anna"), shop.customer("anna").with_token(Some("nonsense"))] {
        let health: protocol::Health = user.get("/api/health").await.ok();
        assert_eq!(health.status, "ok");
        assert!(!health.version.is_empty());
    }
}

#[tokio::test]
async fn invalid_ids_are_not_found() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let (order, conversation) = (placed.order.id.to_string(), placed.conversation.id.to_string());
    let shouted = conversation.to_uppercase().replace("CNV_", "cnv_");
    let shared_id = &conversation[4..];
    for user in [&anna, &ben] {
        for id in [order.as_str(), &shouted, shared_id, "cnv_", "x", "%00", "cnv_%2e%2e", &"x".repeat(2_000), "..%2f.."]
        {
            for path in ["", "/messages"] {
                user.get(&format!("/api/chat/conversations/{id}{path}")).await.refused(Code::NotFound);
            }
        }
        for id in [conversation.as_str(), shared_id, "ord_", "x"] {
            user.get(&format!("/api/sales/{id}")).await.refused(Code::NotFound);
        }
    }
}

/// For every action with a conversation id, a stranger gets the same answer for an existing id and
/// for one that does not exist.
#[tokio::test]
async fn every_action_checks_every_role() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let placed = anna.order().await;
    let id = placed.conversation.id.clone();
    let nowhere = elsewhere(&placed).conversation.id;
    anna.say(&id, "a message to change").await;
    let (phone, desk) = (anna.connect().await, ben.connect().await);
    let strange = bob.connect().await;
    let before = anna.conversation(&id).await;

    let actions = [
        ("join_conversation", json!({})),
        ("send_message", json!({"clientMessageId": client_message_id(), "body": "hi"})),
        ("send_message", json!({"clientMessageId": client_message_id(), "body": "hi", "seenSeq": 1})),
        ("change_message", json!({"seq": 2, "changeId": client_message_id(), "react": {"emoji": "👍", "on": true}})),
        ("change_message", json!({"seq": 1_000, "changeId": client_message_id(), "delete": {}})),
        ("typing_start", json!({})),
        ("typing_stop", json!({})),
        ("message_delivered", json!({"seq": 1})),
        ("message_delivered", json!({"seq": 1_000})),
        ("message_read", json!({"seq": 1})),
        ("message_read", json!({"seq": 1_000})),
        ("leave_conversation", json!({})),
    ];
    let in_it = |fields: &Value, id: &domain::ConversationId| {
        let mut fields = fields.clone();
        fields["conversationId"] = json!(id);
        fields
    };
    for (action, fields) in &actions {
        let there = strange.request(action, in_it(fields, &id)).await;
        let never = strange.request(action, in_it(fields, &nowhere)).await;
        match (there, never) {
            (Err(there), Err(never)) => {
                assert_eq!((there.code, there.message), (never.code, never.message), "{action}");
            }
            (Ok(_), Ok(_)) if *action == "leave_conversation" => {}
            other => panic!("{action} by a stranger: {other:?}"),
        }
        for wrong in ["cnv_x", "", "ord_aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            let mut fields = fields.clone();
            fields["conversationId"] = wrong.into();
            let refused = phone.request(action, fields).await;
            assert!(refused.is_err() || *action == "leave_conversation", "{action} {wrong}");
        }
    }
    for action in ["join_conversation", "message_read", "message_delivered", "send_message", "change_message"] {
        let mut fields = json!({"conversationId": id, "seq": 1, "clientMessageId": client_message_id(), "body": "hi"});
        (fields["changeId"], fields["delete"]) = (json!(client_message_id()), json!({}));
        strange.refused(action, fields, Code::NotFound).await;
    }
    let now = anna.conversation(&id).await;
    assert_eq!((now.last_seq, &now.participants[1..]), (2, &before.participants[1..]));
    assert_eq!((now.participants[0].read_seq, now.participants[0].delivered_seq), (0, 0));

    for (user, client) in [(&anna, &phone), (&ben, &desk)] {
        for (action, fields) in &actions {
            let mut fields = in_it(fields, &id);
            if fields["seq"] == 1_000 {
                continue;
            }
            if fields.get("body").is_some() {
                fields["clientMessageId"] = json!(client_message_id());
            }
            let done = client.request(action, fields).await;
            assert!(done.is_ok(), "{} {action}: {done:?}", user.id);
        }
    }
    assert!(strange.drain().await.is_empty());
}

#[tokio::test]
async fn a_connection_needs_a_ticket() {
    let shop = Shop::open().await;
    let url = shop.customer("anna").ticket().await.url;
    let bare = url.split('?').next().expect("something").to_owned();
    for (url, expected) in [
        (bare.clone(), 401),
        (format!("{bare}?ticket=nonsense"), 403),
        (format!("{bare}?ticket={}", "A".repeat(43)), 403),
    ] {
        match tokio_tungstenite::connect_async(&url).await {
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                assert_eq!(answer.status().as_u16(), expected, "{url}");
            }
            other => panic!("{url}: {other:?}"),
        }
    }
}

/// A customer receives and finds nothing of another customer's conversation.
#[tokio::test]
async fn non_participants_receive_nothing() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let bobs = bob.order().await;
    let (list, chat) = (bob.connect().await, bob.connect_and_join(&bobs.conversation.id).await);
    list.drain().await;
    chat.drain().await;

    let placed = anna.order().await;
    let id = placed.conversation.id.clone();
    // After a refused join the connection stays in the conversation it had joined before.
    chat.refused("join_conversation", json!({"conversationId": id}), Code::NotFound).await;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    phone.say(&id, "secret").await;
    desk.say(&id, "indeed").await;
    anna.say(&id, "more").await;
    phone.type_in(&id).await;
    desk.type_in(&id).await;
    phone.delivered(&id, 2).await;
    desk.read(&id, 2).await;
    anna.read(&id, 3).await;
    ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
    for status in ConversationStatus::ALL {
        ben.set_status(&id, status).await;
    }
    phone.close().await;
    anna.connect().await.close().await;

    for client in [&list, &chat] {
        assert!(client.drain().await.is_empty());
        assert!(client.noise().is_empty());
    }
    let seen = [bob.get("/api/chat/conversations").await.text, bob.get("/api/sales/my-orders").await.text];
    for text in seen {
        assert!(!text.contains("anna") && !text.contains("secret") && !text.contains(&id.to_string()), "{text}");
    }
    let said = ben.say(&bobs.conversation.id, "hello bob").await;
    let events = chat.drain().await;
    assert!(matches!(&events[..], [protocol::Event::NewMessage { message, .. }] if *message == said), "{events:?}");
}
