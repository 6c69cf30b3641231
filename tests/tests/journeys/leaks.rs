//! Nothing of the shop's log reaches a customer: no text, author, number or count, by any route,
//! action or event. What a customer gets is the same, byte for byte, with notes and without.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{ConversationId, ConversationStatus, Emoji, OrderStatus};
use protocol::{Event, OrderAnswer};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, Shop, User, client_message_id, lamp};

/// The text of every note.
const TEXT: &str = "Xylophone";

/// The admin who writes the notes and does nothing else.
const AUTHOR: &str = "zacharias";

/// The events that no customer ever gets.
const FOR_ADMINS: [&str; 3] = ["desk_updated", "presence", "settings_updated"];

/// Everything that a customer gets, in order, by `METHOD /path`, action or event.
#[derive(Debug, Default)]
struct View(BTreeMap<String, Vec<String>>);

impl View {
    fn add(&mut self, of: impl Into<String>, text: &str) {
        for secret in [TEXT, AUTHOR, "desk"] {
            let found = text.to_lowercase().contains(&secret.to_lowercase());
            assert!(!found, "a customer gets {secret}: {text}");
        }
        self.0.entry(of.into()).or_default().push(text.to_owned());
    }

    /// The same with ids, times and secrets replaced, which differ in every run. They are the long
    /// texts without a space, and the ids of messages.
    fn without_ids(&self) -> BTreeMap<String, Vec<String>> {
        // API Gateway's end with `=`, those of the emulator are hexadecimal.
        let is_hexadecimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_connection = |part: &str| part.len() == 16 && (part.ends_with('=') || is_hexadecimal(part));
        let differs =
            |part: &str| part.starts_with("msg_") || is_connection(part) || part.len() >= 24 && !part.contains(' ');
        let replaced = |part: &str| if differs(part) { "…".to_owned() } else { part.to_owned() };
        let text = |text: &String| text.split('"').map(replaced).collect::<Vec<_>>().join("\"");
        self.0.iter().map(|(of, texts)| (of.clone(), texts.iter().map(text).collect())).collect()
    }
}

/// A customer who does everything, with two open connections.
struct Customer<'a> {
    user: User,
    phone: &'a Client,
    laptop: &'a Client,
    view: View,
}

impl Customer<'_> {
    /// Calls a route. `path` has the ids, `route` is its name in the description.
    async fn call(&mut self, route: &str, path: &str, body: Option<Value>) {
        let method: Method = route.split(' ').next().unwrap().parse().unwrap();
        let answer = self.user.call(method, path, &[], body.map(|body| body.to_string())).await;
        self.view.add(route, &format!("{} {}", answer.status, answer.text));
        self.hear().await;
    }

    async fn act(&mut self, action: &str, fields: Value) {
        match self.phone.request(action, fields).await {
            Ok(ack) => self.view.add("ack", &ack.to_string()),
            Err(error) => self.view.add("error", &format!("{error:?}")),
        }
        self.view.add(action, "done");
        self.hear().await;
    }

    /// Adds the events that came.
    async fn hear(&mut self) {
        for client in [self.phone, self.laptop] {
            for event in client.drain().await {
                let text = event.to_text();
                let named: Value = serde_json::from_str(&text).unwrap();
                self.view.add(named["event"].as_str().unwrap(), &text);
            }
        }
    }
}

/// All that a customer can do and be told of. Between the steps an admin writes notes, or not.
async fn everything(shop: &Shop, with_notes: bool) -> View {
    let (anna, ben, author) = (shop.customer("anna"), shop.admin("ben"), shop.admin(AUTHOR));
    let order: OrderAnswer = anna.post("/api/sales", &lamp()).await.expect(201);
    let (order, id) = (order.order.id, order.conversation.id);
    let desk = ben.connect_and_join(&id).await;
    let watching = author.connect().await;
    let (phone, laptop) = (anna.connect_and_join(&id).await, anna.connect().await);
    let mut customer = Customer { user: anna, phone: &phone, laptop: &laptop, view: View::default() };
    // Notes, and everything else that the shop decides.
    let steps = AtomicUsize::new(0);
    let note = async || {
        if !with_notes {
            return;
        }
        let step = steps.fetch_add(1, Ordering::Relaxed);
        let action = match step % 6 {
            0 => json!({"prioritize": {"to": if step.is_multiple_of(12) { "urgent" } else { "low" }}}),
            1 => json!({"assign": {"to": AUTHOR}}),
            2 => json!({"snooze": {}}),
            3 => json!({"wake": {}}),
            4 => json!({"assign": {}}),
            _ => json!({"note": {"body": TEXT}}),
        };
        let answer = author.post_desk(&id, &action).await;
        assert!([200, 201].contains(&answer.status) || action.get("snooze").is_some(), "{action}: {answer:?}");
    };

    note().await;
    frames(&mut customer, &id, &note).await;
    // Entries and events of the shop.
    for step in 0..6 {
        note().await;
        match step {
            0 => drop(desk.say(&id, "hello").await),
            1 => drop(ben.edit(&id, ben.conversation(&id).await.last_seq, "hello!").await),
            2 => desk.type_in(&id).await,
            3 => drop(desk.done::<Value>("typing_stop", json!({"conversationId": id})).await),
            4 => drop((ben.read(&id, 2).await, desk.delivered(&id, 3).await)),
            _ => {
                ben.set_status(&id, ConversationStatus::Archived).await;
                ben.set_order_status(&order, OrderStatus::Confirmed).await;
            }
        }
        customer.hear().await;
    }
    note().await;
    routes(&mut customer, &id, &order.to_string(), &note).await;
    note().await;
    customer.hear().await;

    // The notes were written, and told to admins.
    let told = watching.drain().await.iter().filter(|event| matches!(event, Event::DeskUpdated { .. })).count();
    assert_eq!(ben.desk_log(&id, "").await.desk_seq, told as u64);
    assert_eq!(told > 20, with_notes, "{told} notes");
    customer.view
}

/// Every action, one that succeeds and one that is refused.
async fn frames(customer: &mut Customer<'_>, id: &ConversationId, note: &impl AsyncFn()) {
    let message = |body: &str| json!({"clientMessageId": client_message_id(), "body": body});
    let change = |change: &str, fields: Value| json!({"seq": 2, "changeId": client_message_id(), change: fields});
    for (action, mut fields) in [
        ("join_conversation", json!({})),
        ("send_message", message("hi")),
        ("send_message", message("")),
        ("change_message", change("edit", json!({"body": "hello"}))),
        ("change_message", change("react", json!({"emoji": Emoji::Joy, "on": true}))),
        ("change_message", change("edit", json!({"body": ""}))),
        ("typing_start", json!({})),
        ("typing_stop", json!({})),
        ("message_delivered", json!({"seq": 2})),
        ("message_read", json!({"seq": 2})),
        ("message_read", json!({"seq": 1_000})),
        ("ping", json!({})),
        ("leave_conversation", json!({})),
        ("join_conversation", json!({})),
    ] {
        note().await;
        fields["conversationId"] = json!(id);
        customer.act(action, fields).await;
    }
}

/// Every route, also those that are not for customers.
async fn routes(customer: &mut Customer<'_>, id: &ConversationId, order: &str, note: &impl AsyncFn()) {
    let described = "/api/chat/conversations/{conversationId}";
    let chat = format!("/api/chat/conversations/{id}");
    let message = json!({"clientMessageId": client_message_id(), "body": "over REST"});
    let react = json!({"changeId": client_message_id(), "react": {"emoji": Emoji::Heart, "on": true}});
    let written = json!({"changeId": client_message_id(), "note": {"body": "mine"}});
    let calls = [
        ("GET /api/health".to_owned(), "/api/health".to_owned(), None),
        ("GET /api/sales/my-orders".to_owned(), "/api/sales/my-orders".to_owned(), None),
        ("GET /api/sales/stats".to_owned(), "/api/sales/stats".to_owned(), None),
        ("GET /api/sales/{orderId}".to_owned(), format!("/api/sales/{order}"), None),
        (
            "PATCH /api/sales/{orderId}/status".to_owned(),
            format!("/api/sales/{order}/status"),
            Some(json!({"status": "completed"})),
        ),
        ("GET /api/chat/conversations".to_owned(), "/api/chat/conversations".to_owned(), None),
        ("GET /api/chat/conversations".to_owned(), "/api/chat/conversations?q=lamp".to_owned(), None),
        (format!("GET {described}"), chat.clone(), None),
        (format!("PATCH {described}"), chat.clone(), Some(json!({"status": "closed"}))),
        (format!("GET {described}/messages"), format!("{chat}/messages"), None),
        (format!("GET {described}/messages"), format!("{chat}/messages?after=3&limit=2"), None),
        (format!("GET {described}/messages"), format!("{chat}/messages?before=4&limit=2"), None),
        (format!("GET {described}/search"), format!("{chat}/search?q=the"), None),
        (format!("POST {described}/messages"), format!("{chat}/messages"), Some(message)),
        (format!("POST {described}/messages/{{seq}}/changes"), format!("{chat}/messages/2/changes"), Some(react)),
        (format!("POST {described}/read"), format!("{chat}/read"), Some(json!({"seq": 4}))),
        (format!("GET {described}"), chat.clone(), None),
        ("POST /api/chat/ticket".to_owned(), "/api/chat/ticket".to_owned(), Some(json!({}))),
        (
            "DELETE /api/chat/users/{userId}/connections".to_owned(),
            format!("/api/chat/users/{AUTHOR}/connections"),
            None,
        ),
        ("POST /api/sales".to_owned(), "/api/sales".to_owned(), Some(lamp())),
    ];
    let tag = json!({"name": "New", "color": "red"});
    let response = json!({"shortcut": "new", "title": "T", "body": "Hi"});
    let of_the_shop = [
        ("GET", "views", None),
        ("GET", "admins", None),
        ("GET", "tags", None),
        ("POST", "tags", Some(tag.clone())),
        ("PATCH", "tags/{tagId}", Some(tag)),
        ("DELETE", "tags/{tagId}", None),
        ("GET", "canned-responses", None),
        ("POST", "canned-responses", Some(response.clone())),
        ("PATCH", "canned-responses/{cannedResponseId}", Some(response)),
        ("DELETE", "canned-responses/{cannedResponseId}", None),
        ("GET", "sla", None),
        ("PUT", "sla", Some(json!({}))),
        ("POST", "bulk", Some(json!({"id": client_message_id(), "conversationIds": [id], "do": {"settle": {}}}))),
    ];
    for (method, path, body) in of_the_shop {
        let path = format!("/api/chat/{path}");
        let called = path.replace("{tagId}", "mfrggzdf").replace("{cannedResponseId}", "mfrggzdf");
        customer.call(&format!("{method} {path}"), &called, body).await;
    }
    for (route, path, body) in calls {
        note().await;
        customer.call(&route, &path, body).await;
    }
    customer.call(&format!("GET {described}/desk"), &format!("{chat}/desk"), None).await;
    customer.call(&format!("POST {described}/desk"), &format!("{chat}/desk"), Some(written)).await;
}

/// Every route of the OpenAPI document, and every action and event of the AsyncAPI document.
fn described() -> BTreeSet<String> {
    let read = |path: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(Shop::root().join(path)).unwrap()).unwrap()
    };
    let mut all = BTreeSet::new();
    for (path, methods) in read("docs/openapi.json")["paths"].as_object().unwrap() {
        let methods = ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| !methods[method].is_null());
        all.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    for name in read("docs/asyncapi.json")["components"]["messages"].as_object().unwrap().keys() {
        let name = name.strip_prefix("action_").or_else(|| name.strip_prefix("event_"));
        all.insert(name.unwrap().to_owned());
    }
    all
}

#[tokio::test]
async fn customers_get_nothing_of_the_shops_log() {
    let shop = Shop::open().await;
    let without = everything(&shop, false).await;
    // A deployed system is one, so it is emptied first.
    drop(shop);
    let shop = Shop::open().await;
    let with = everything(&shop, true).await;

    let reached: BTreeSet<String> = with.0.keys().cloned().chain(FOR_ADMINS.map(str::to_owned)).collect();
    assert_eq!(reached, described(), "every route, action and event belongs into this test");
    for event in FOR_ADMINS {
        assert!(!with.0.contains_key(event), "{event}");
    }
    let (with, without) = (with.without_ids(), without.without_ids());
    for (of, texts) in &with {
        assert_eq!(Some(texts), without.get(of), "{of} differs with notes");
    }
}
