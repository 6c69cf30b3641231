//! Orders: status changes, their messages and events, and the counts on the cards.

use domain::{Kind, Order, OrderStatus, Role, Side, System};
use protocol::{Code, Counts, Event, OrderAnswer, OrderPage, OrderUpdate};
use serde_json::{Value, json};
use tests::{Client, Shop, User};

/// The status changes that lead to each status.
fn way_to(status: OrderStatus) -> &'static [OrderStatus] {
    match status {
        OrderStatus::Pending => &[],
        OrderStatus::Confirmed => &[OrderStatus::Confirmed],
        OrderStatus::Completed => &[OrderStatus::Confirmed, OrderStatus::Completed],
        OrderStatus::Cancelled => &[OrderStatus::Cancelled],
    }
}

/// The allowed status changes, as in the protocol's table.
const MOVES: [(OrderStatus, OrderStatus); 4] = [
    (OrderStatus::Pending, OrderStatus::Confirmed),
    (OrderStatus::Confirmed, OrderStatus::Completed),
    (OrderStatus::Pending, OrderStatus::Cancelled),
    (OrderStatus::Confirmed, OrderStatus::Cancelled),
];

async fn order_in(status: OrderStatus, customer: &User, admin: &User) -> Order {
    let mut order = customer.order().await.order;
    for step in way_to(status) {
        order = admin.set_order_status(&order.id, *step).await.order;
    }
    order
}

#[tokio::test]
async fn only_documented_transitions_work() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    for from in OrderStatus::ALL {
        for to in OrderStatus::ALL {
            let order = order_in(from, &anna, &ben).await;
            let last_seq = anna.conversation(&order.conversation_id).await.last_seq;
            let path = format!("/api/sales/{}/status", order.id);
            let answer = ben.patch(&path, &json!({"status": to})).await;
            if MOVES.contains(&(from, to)) {
                let update: OrderUpdate = answer.ok();
                let message = update.message.expect("a change is reported");
                assert_eq!(update.order.status, to);
                assert_eq!((message.seq, message.kind, message.side()), (last_seq + 1, Kind::System, Side::Shop));
                assert_eq!((message.sender.user_id.as_str(), message.sender.role), ("system", Role::System));
                let Some(System::StatusChanged { from: was, to: is, by }) = &message.system else {
                    panic!("{message:?}")
                };
                assert_eq!((*was, *is), (from, to));
                assert_eq!((by.user_id.as_str(), by.role, by.name.as_str()), ("ben", Role::Admin, "Ben"));
                let seen = anna.sale(&order.id).await;
                assert_eq!((&seen.order, seen.conversation.order.status), (&update.order, to));
                assert_eq!(seen.conversation.last_message, message);
                assert_eq!(anna.messages(&order.conversation_id).await.last(), Some(&message));
                assert!(update.order.updated_at > order.created_at);
            } else {
                if from == to {
                    let update: OrderUpdate = answer.ok();
                    assert_eq!((update.order, update.message), (order.clone(), None));
                } else {
                    answer.refused(Code::InvalidTransition);
                }
                assert_eq!(anna.sale(&order.id).await.order, order, "{from:?} → {to:?}");
                assert_eq!(anna.messages(&order.conversation_id).await.len() as u64, last_seq);
            }
        }
    }
}

/// If several admins change a status at once, one succeeds. The others get the new status, or an
/// error that the change is not possible.
#[tokio::test]
async fn concurrent_transitions_are_serialized() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let admins: Vec<User> = (0..6).map(|n| shop.admin(&format!("admin{n}"))).collect();
    for _ in 0..5 {
        let order = anna.order().await.order;
        let path = format!("/api/sales/{}/status", order.id);
        let targets = [OrderStatus::Confirmed, OrderStatus::Cancelled];
        let bodies = targets.map(|status| json!({"status": status}));
        let moves = admins.iter().enumerate().map(|(n, admin)| admin.patch(&path, &bodies[n % 2]));
        let answers = futures_util::future::join_all(moves).await;
        let reported = answers.iter().filter(|it| it.status == 200).filter_map(|it| it.ok::<OrderUpdate>().message);
        let mut reported: Vec<_> = reported.collect();
        reported.sort_by_key(|message| message.seq);
        assert_eq!(anna.messages_after(&order.conversation_id, 1).await, reported);
        assert!((1..=2).contains(&reported.len()), "{reported:?}");
    }
    let counts = shop.admin("ben").stats().await;
    assert_eq!((counts.total, counts.pending), (5, 0));
}

#[tokio::test]
async fn a_new_order_is_pushed_to_admins_and_customer() {
    let shop = Shop::open().await;
    let (anna, bob, ben, cleo) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"), shop.admin("cleo"));
    let bobs = bob.order().await.conversation.id;
    let (phone, laptop, bobs_phone) = (anna.connect().await, anna.connect().await, bob.connect().await);
    let (desk, counter, home) = (ben.connect().await, ben.connect_and_join(&bobs).await, cleo.connect().await);
    for client in [&phone, &laptop, &bobs_phone, &desk, &counter, &home] {
        client.drain().await;
    }
    let placed = anna.order().await;
    for client in [&phone, &laptop, &desk, &counter, &home] {
        let events = client.drain().await;
        let [Event::OrderCreated { order, conversation }] = &events[..] else { panic!("{events:?}") };
        assert_eq!((order, &conversation.id), (&placed.order, &placed.conversation.id));
        assert_eq!((conversation.last_seq, conversation.unread, conversation.shop), (1, None, None));
        assert_eq!(conversation.last_message, placed.conversation.last_message);
    }
    assert!(bobs_phone.drain().await.is_empty());
}

#[tokio::test]
async fn a_status_change_is_one_event() {
    let shop = Shop::open().await;
    let (anna, bob, ben, cleo) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"), shop.admin("cleo"));
    let placed = anna.order().await;
    let id = placed.conversation.id;
    let (phone, laptop, bobs_phone) = (anna.connect_and_join(&id).await, anna.connect().await, bob.connect().await);
    let (desk, counter, home) = (ben.connect_and_join(&id).await, ben.connect().await, cleo.connect().await);
    let all = [&phone, &laptop, &desk, &counter, &home];
    for client in all {
        client.drain().await;
    }
    let update = ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
    for client in all {
        let events = client.drain().await;
        let [Event::OrderUpdated { order, message, last_seq }] = &events[..] else { panic!("{events:?}") };
        assert_eq!((order, Some(message), *last_seq), (&update.order, update.message.as_ref(), 2));
    }
    // Setting the current status again causes no event.
    ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
    for client in all {
        assert!(client.drain().await.is_empty());
    }
    assert!(bobs_phone.drain().await.is_empty());
}

#[tokio::test]
async fn customers_count_their_own_orders_and_admins_all() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let none = Counts::default();
    for user in [&anna, &bob, &ben] {
        assert_eq!(user.stats().await, none);
    }
    for (status, annas, bobs) in [
        (OrderStatus::Pending, 4, 1),
        (OrderStatus::Confirmed, 3, 0),
        (OrderStatus::Completed, 2, 2),
        (OrderStatus::Cancelled, 1, 3),
    ] {
        for (customer, count) in [(&anna, annas), (&bob, bobs)] {
            for _ in 0..count {
                order_in(status, customer, &ben).await;
            }
        }
    }
    let counts =
        |pending, confirmed, completed, cancelled, total| Counts { pending, confirmed, completed, cancelled, total };
    assert_eq!(anna.stats().await, counts(4, 3, 2, 1, 10));
    assert_eq!(bob.stats().await, counts(1, 0, 2, 3, 6));
    assert_eq!(ben.stats().await, counts(5, 3, 4, 4, 16));
    assert_eq!(shop.admin("cleo").stats().await, counts(5, 3, 4, 4, 16));
}

#[tokio::test]
async fn own_orders_come_newest_first_in_pages() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let mut placed = Vec::new();
    for n in 0..27 {
        placed.insert(0, anna.order().await.order.id);
        if n % 5 == 0 {
            bob.order().await;
        }
    }
    // New messages do not change the order of this list.
    ben.say(anna.sale(&placed[20]).await.conversation.id, "hi").await;
    for limit in [1, 5, 9, 27, 100] {
        let (mut found, mut query) = (Vec::new(), format!("limit={limit}"));
        loop {
            let page: OrderPage = anna.get(&format!("/api/sales/my-orders?{query}")).await.ok();
            assert!(page.items.len() <= limit);
            found.extend(page.items.into_iter().map(|it| it.order.id));
            let Some(cursor) = page.next_cursor else { break };
            query = format!("limit={limit}&cursor={cursor}");
        }
        assert_eq!(found, placed, "limit {limit}");
    }
    let page: OrderPage = anna.get("/api/sales/my-orders").await.ok();
    assert_eq!((page.items.len(), page.next_cursor.is_some()), (25, true));
    let with_message = &anna.get("/api/sales/my-orders?limit=100").await.ok::<OrderPage>().items[20].conversation;
    assert_eq!((with_message.last_seq, with_message.unread), (2, Some(1)));
    ben.get("/api/sales/my-orders").await.refused(Code::Forbidden);
}

#[tokio::test]
async fn an_admin_orders_for_a_customer() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let (phone, desk) = (anna.connect().await, ben.connect().await);
    let mut body = tests::lamp();
    body["customerId"] = "anna".into();
    body["customerName"] = "Anna of the desk".into();
    let placed: OrderAnswer = ben.post("/api/sales", &body).await.expect(201);
    assert_eq!((placed.order.customer_id.as_str(), placed.order.customer_name.as_str()), ("anna", "Anna of the desk"));
    let Some(System::OrderCreated { by }) = &placed.conversation.last_message.system else { panic!() };
    assert_eq!((by.user_id.as_str(), by.role), ("ben", Role::Admin));
    // The message counts as the shop's: it is unread for the customer, not for the admins.
    assert_eq!(placed.conversation.unread, Some(0));
    assert_eq!(anna.conversation(&placed.conversation.id).await.unread, Some(1));
    let takes_part: Vec<_> = placed.conversation.participants.iter().map(|it| it.user_id.as_str()).collect();
    assert_eq!(takes_part, ["anna", "ben"]);
    assert_eq!(anna.stats().await.total, 1);
    assert_eq!(anna.get("/api/sales/my-orders").await.ok::<OrderPage>().items.len(), 1);
    for client in [&phone, &desk] {
        let created = async |client: &Client| client.drain().await;
        assert!(matches!(&created(client).await[..], [Event::OrderCreated { .. }]));
    }
    // Only an admin can order for somebody else.
    body["customerId"] = "bob".into();
    let own: OrderAnswer = anna.post("/api/sales", &body).await.expect(201);
    assert_eq!((own.order.customer_id.as_str(), own.order.customer_name.as_str()), ("anna", "Anna"));
    assert_eq!(shop.customer("bob").stats().await.total, 0);
}

#[tokio::test]
async fn an_order_is_kept_as_it_was_placed() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let long = format!("https://img.example/{}", "x".repeat(2_048 - 20));
    let items = json!([
        {"sku": "L-1", "title": "Lämp <i>", "quantity": 10_000, "unitPrice": 0, "imageUrl": long},
        {"title": "t".repeat(200), "quantity": 1, "unitPrice": 900_719_925, "imageUrl": "https://img.example/2.png"},
    ]);
    let body = json!({"items": items, "currency": "JPY", "note": "Ring twice\nplease"});
    let placed: OrderAnswer = anna.post("/api/sales", &body).await.expect(201);
    let order = serde_json::to_value(&placed.order).expect("JSON");
    assert_eq!((&order["items"], &order["note"], &order["currency"]), (&items, &body["note"], &body["currency"]));
    assert_eq!(placed.order.total, 900_719_925);
    assert_eq!(anna.sale(&placed.order.id).await.order, placed.order);
    assert!(placed.conversation.order.title.starts_with("Lämp <i>"));

    let largest = json!({"items": vec![json!({"title": "T", "quantity": 1, "unitPrice": 1}); 100], "currency": "EUR"});
    assert_eq!(anna.post("/api/sales", &largest).await.expect::<OrderAnswer>(201).order.total, 100);
    let most = json!({"items": [{"title": "T", "quantity": 1, "unitPrice": (1u64 << 53) - 1}], "currency": "EUR"});
    let placed: OrderAnswer = anna.post("/api/sales", &most).await.expect(201);
    assert_eq!(placed.order.total, (1 << 53) - 1);
    let _: Value = order;
}

/// Large orders make shorter pages, so that an answer does not exceed Lambda's limit.
#[tokio::test]
async fn long_orders_make_shorter_pages() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    // Each of these quotation marks takes four bytes in the answer, because its JSON is escaped
    // twice.
    let item = json!({"title": "\"".repeat(200), "sku": "\"".repeat(64), "quantity": 1, "unitPrice": 1});
    let order = json!({"items": vec![item; 100], "currency": "EUR"});
    let mut placed = Vec::new();
    for _ in 0..60 {
        placed.push(anna.post("/api/sales", &order).await.expect::<OrderAnswer>(201).order.id);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: OrderPage = anna.get(&format!("/api/sales/my-orders?limit=100{cursor}")).await.ok();
        assert!((1..60).contains(&page.items.len()));
        seen.extend(page.items.into_iter().map(|item| item.order.id));
        match page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    placed.reverse();
    assert_eq!(seen, placed);
}
