//! The inbox: last activity first, filtered by status, in pages without gaps; and which events move
//! a conversation.

use std::collections::BTreeSet;

use domain::ConversationStatus::{Active, Archived, Closed};
use domain::{ChangeKind, ConversationId, ConversationStatus, OrderStatus, Role};
use futures_util::future::join_all;
use protocol::{Code, Conversation, Event, OrderPage};
use serde_json::json;
use tests::{Shop, User, client_message_id};

/// Forty conversations of four customers. Every third one has messages.
async fn busy(shop: &Shop) -> (Vec<User>, Vec<ConversationId>) {
    let customers: Vec<User> = (0..4).map(|n| shop.customer(&format!("customer{n}"))).collect();
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(customers[n % 4].order().await.conversation.id);
    }
    for n in (0..40).rev().step_by(3) {
        customers[n % 4].say(&ids[n], "hi").await;
    }
    (customers, ids)
}

fn is_newest_first(page: &[Conversation]) -> bool {
    page.iter().map(|it| std::cmp::Reverse(it.last_activity_at)).is_sorted()
}

fn ids(page: &[Conversation]) -> BTreeSet<ConversationId> {
    let ids: BTreeSet<_> = page.iter().map(|it| it.id.clone()).collect();
    assert_eq!(ids.len(), page.len(), "each once");
    ids
}

#[tokio::test]
async fn an_admin_sees_all_and_a_customer_their_own_newest_first() {
    let shop = Shop::open().await;
    let ben = shop.admin("ben");
    assert_eq!(ben.conversations("").await.items, []);
    let (customers, all) = busy(&shop).await;
    for limit in [1, 7, 25, 40, 100] {
        let found = ben.all_conversations(&format!("limit={limit}")).await;
        assert_eq!(ids(&found), all.iter().cloned().collect(), "limit {limit}");
        assert!(is_newest_first(&found), "limit {limit}");
        for customer in &customers {
            let found = customer.all_conversations(&format!("limit={limit}")).await;
            assert_eq!((found.len(), is_newest_first(&found)), (10, true), "limit {limit}");
            assert!(found.iter().all(|it| it.customer_id == customer.id));
        }
    }
    let page = ben.conversations("").await;
    assert_eq!((page.items.len(), page.next_cursor.is_some()), (25, true));
    // The same as a fetch of the conversation, except for presence.
    for listed in page.items {
        let mut fetched = ben.conversation(&listed.id).await;
        for participant in &mut fetched.participants {
            (participant.online, participant.last_seen_at) = (None, None);
        }
        assert_eq!(listed, fetched);
    }
}

#[tokio::test]
async fn each_status_is_a_list_of_its_own() {
    let shop = Shop::open().await;
    let ben = shop.admin("ben");
    let (customers, all) = busy(&shop).await;
    for (n, id) in all.iter().enumerate() {
        match n % 5 {
            0 => drop(ben.set_status(id, ConversationStatus::Archived).await),
            1 => drop(ben.set_status(id, ConversationStatus::Closed).await),
            _ => {}
        }
    }
    for (status, expected) in [("active", 24), ("archived", 8), ("closed", 8)] {
        for limit in [3, 100] {
            let found = ben.all_conversations(&format!("status={status}&limit={limit}")).await;
            assert_eq!((ids(&found).len(), is_newest_first(&found)), (expected, true), "{status} {limit}");
            assert!(found.iter().all(|it| it.status.as_str() == status));
        }
        let mut own = 0;
        for customer in &customers {
            let found = customer.all_conversations(&format!("status={status}&limit=3")).await;
            assert!(found.iter().all(|it| it.status.as_str() == status && it.customer_id == customer.id));
            own += found.len();
        }
        assert_eq!(own, expected);
    }
    assert_eq!(ids(&ben.all_conversations("limit=9").await).len(), 40);
}

/// Times that the server has not reached, less the minute that `asOf` lies back, are of a clock that was set back since.
#[tokio::test]
async fn a_since_of_the_last_minute_or_later_counts_as_none() {
    let shop = Shop::open().await;
    let ben = shop.admin("ben");
    let (_, all) = busy(&shop).await;
    for ahead in [-30_000, 0, 600_000] {
        let since = domain::Time::from_millis(tests::now_millis() + ahead).expect("a time");
        for limit in [4, 100] {
            let found = ben.all_conversations(&format!("since={since}&limit={limit}")).await;
            assert_eq!((ids(&found).len(), is_newest_first(&found)), (all.len(), true), "{ahead} ms ahead");
        }
    }
}

/// A conversation that moves up while a client reads the pages is found by the next sync with the
/// page's `asOf`.
#[tokio::test]
async fn nothing_is_lost_between_two_syncs() {
    let shop = Shop::open().await;
    let ben = shop.admin("ben");
    let (customers, all) = busy(&shop).await;
    let before = tests::now_millis();
    let first = ben.conversations("limit=10").await;
    let lag = before - first.as_of.millis();
    assert!((50_000..=70_000).contains(&lag), "asOf is {lag} ms back");
    let mut found: Vec<_> = first.items;
    let mut cursor = first.next_cursor;
    let mut turn = 0;
    while let Some(next) = cursor {
        // Meanwhile there are new messages in a conversation that was not yet listed and in one
        // that was.
        customers[turn % 4].say(&all[turn], "moving up").await;
        turn += 1;
        let page = ben.conversations(&format!("limit=10&cursor={next}")).await;
        found.extend(page.items);
        cursor = page.next_cursor;
    }
    found.extend(ben.all_conversations(&format!("since={}", first.as_of)).await);
    let merged: BTreeSet<_> = found.iter().map(|it| it.id.clone()).collect();
    assert_eq!(merged, all.iter().cloned().collect());
    for id in &all[..turn] {
        let newest = found.iter().filter(|it| it.id == *id).map(|it| it.last_seq).max();
        assert_eq!(newest, Some(ben.conversation(id).await.last_seq));
    }
}

#[tokio::test]
async fn a_page_cursor_is_bound_to_caller_and_query() {
    let shop = Shop::open().await;
    let (ben, cleo) = (shop.admin("ben"), shop.admin("cleo"));
    let (customers, _) = busy(&shop).await;
    let list = "/api/chat/conversations";
    let cursor = ben.conversations("limit=5").await.next_cursor.expect("there are more");
    let active = ben.conversations("limit=5&status=active").await.next_cursor.expect("there are more");
    let own = customers[0].conversations("limit=5").await.next_cursor.expect("there are more");
    let sales: OrderPage = customers[0].get("/api/sales/my-orders?limit=5").await.ok();
    let sales = sales.next_cursor.expect("there are more");

    let refused = [
        (&cleo, format!("{list}?limit=5&cursor={cursor}")),
        (&customers[0], format!("{list}?limit=5&cursor={cursor}")),
        (&ben, format!("{list}?limit=5&status=active&cursor={cursor}")),
        (&ben, format!("{list}?limit=5&cursor={active}")),
        (&ben, format!("{list}?limit=5&status=closed&cursor={active}")),
        (&ben, format!("{list}?limit=5&since=2020-01-01T00:00:00.000Z&cursor={cursor}")),
        (&customers[1], format!("{list}?limit=5&cursor={own}")),
        (&ben, format!("{list}?limit=5&cursor={own}")),
        (&customers[0], format!("{list}?limit=5&cursor={sales}")),
        (&customers[0], format!("/api/sales/my-orders?limit=5&cursor={own}")),
        (&customers[1], format!("/api/sales/my-orders?limit=5&cursor={sales}")),
    ];
    for (user, path) in refused {
        user.get(&path).await.refused(Code::InvalidCursor);
    }
    // A user with the same id and another role is another caller.
    let namesake = shop.admin("customer0");
    namesake.get(&format!("{list}?limit=5&cursor={own}")).await.refused(Code::InvalidCursor);
    // The same cursor returns the same page again.
    let again = [
        ben.conversations(&format!("limit=5&cursor={cursor}")).await.items,
        ben.conversations(&format!("limit=5&cursor={cursor}")).await.items,
    ];
    assert_eq!(again[0], again[1]);
}

#[tokio::test]
async fn a_changed_cursor_is_refused() {
    let shop = Shop::open().await;
    let ben = shop.admin("ben");
    busy(&shop).await;
    let cursor = ben.conversations("limit=5").await.next_cursor.expect("there are more");
    let mut mangled: Vec<String> =
        ["x", "nonsense", "%00", "e30", "bnVsbA", "..%2F..", "'%20OR%201=1"].map(str::to_owned).to_vec();
    mangled.push("A".repeat(4_000));
    mangled.push(format!("{cursor}A"));
    mangled.push(format!("A{cursor}"));
    mangled.push(cursor[..cursor.len() - 1].to_owned());
    mangled.push(cursor[1..].to_owned());
    for at in (0..cursor.len()).step_by(5) {
        let other = if cursor.as_bytes()[at] == b'A' { "B" } else { "A" };
        mangled.push(format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]));
    }
    let paths: Vec<_> = mangled.iter().map(|it| format!("/api/chat/conversations?limit=5&cursor={it}")).collect();
    for answer in join_all(paths.iter().map(|path| ben.get(path))).await {
        answer.refused(Code::InvalidCursor);
    }
}

#[tokio::test]
async fn invalid_queries_are_refused_by_name() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    for user in [&anna, &ben] {
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=x", "limit"),
            ("status=open", "status"),
            ("since=yesterday", "since"),
        ] {
            let answer = user.get(&format!("/api/chat/conversations?{query}")).await;
            let detail = answer.refused(Code::InvalidRequest).detail;
            assert!(detail.contains(field), "{query}: {detail}");
        }
    }
    for query in ["limit=0", "limit=101", "limit=x"] {
        let answer = anna.get(&format!("/api/sales/my-orders?{query}")).await;
        assert!(answer.refused(Code::InvalidRequest).detail.contains("limit"));
    }
}

#[tokio::test]
async fn any_status_can_follow_any_and_is_pushed() {
    let shop = Shop::open().await;
    let (anna, bob, ben, cleo) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    bob.order().await;
    let (phone, laptop, bobs) = (anna.connect_and_join(&id).await, anna.connect().await, bob.connect().await);
    let (desk, home) = (ben.connect_and_join(&id).await, cleo.connect().await);
    for client in [&phone, &laptop, &desk, &home] {
        client.drain().await;
    }
    let (mut from, mut made) = (Active, Vec::new());
    for (to, seq) in [Archived, Closed, Active, Closed, Archived, Active].into_iter().zip(2..) {
        let update = ben.set_status(&id, to).await;
        let change = update.change.expect("the change");
        assert_eq!((update.conversation.status, update.conversation.last_seq), (to, seq));
        assert_eq!((change.seq, &change.kind), (seq, &ChangeKind::Status { from, to }));
        assert_eq!((&change.by.user_id, change.by.role, &change.conversation_id), (&ben.id, Role::Admin, &id));
        let found = anna.conversation(&id).await;
        assert_eq!((found.status, found.last_seq, found.last_activity_at), (to, seq, change.created_at));
        assert_eq!((found.last_message.seq, found.unread), (1, Some(0)), "a status is no message");
        for client in [&phone, &laptop, &desk, &home] {
            let events = client.drain().await;
            let [Event::ConversationUpdated { conversation, change: pushed }] = &events[..] else {
                panic!("{events:?}")
            };
            assert_eq!((&conversation.id, conversation.status, conversation.unread), (&id, to, None));
            assert_eq!((pushed, conversation.last_seq), (&change, seq));
        }
        made.push(change);
        from = to;
    }
    let unchanged = ben.set_status(&id, Active).await;
    assert_eq!((unchanged.conversation.status, unchanged.change), (Active, None), "the status it has is fine");
    assert!(phone.drain().await.is_empty());
    let page = anna.history(&id, "").await;
    assert_eq!((page.messages.len(), page.changes, page.last_seq), (1, made, 7));
    assert!(bobs.drain().await.is_empty());
}

#[tokio::test]
async fn a_closed_conversation_refuses_text_and_takes_system_messages() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let id = placed.conversation.id;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    ben.set_status(&id, ConversationStatus::Closed).await;
    desk.drain().await;
    for (user, client) in [(&anna, &phone), (&ben, &desk)] {
        user.post_message(&id, client_message_id(), "hi", Some(1)).await.refused(Code::ConversationClosed);
        user.post_message(&id, client_message_id(), "hi", None).await.refused(Code::ConversationClosed);
        let frame = json!({"conversationId": id, "clientMessageId": client_message_id(), "body": "hi"});
        client.refused("send_message", frame, Code::ConversationClosed).await;
    }
    assert!(desk.drain().await.is_empty());
    let update = ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
    assert_eq!(update.message.expect("reported").seq, 3, "after the change of the status");
    assert_eq!(anna.conversation(&id).await.status, ConversationStatus::Closed);
    assert_eq!(ben.conversations("status=closed").await.items[0].last_seq, 3);
    ben.set_status(&id, ConversationStatus::Active).await;
    assert_eq!(phone.say(&id, "again").await.seq, 5);
}

#[tokio::test]
async fn a_text_reopens_an_archived_conversation_and_a_system_message_does_not() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    for (user, other) in [(&anna, &ben), (&ben, &anna)] {
        let placed = anna.order().await;
        let id = placed.conversation.id;
        ben.set_status(&id, ConversationStatus::Archived).await;
        ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
        assert_eq!(other.conversation(&id).await.status, ConversationStatus::Archived);
        let listed = ben.conversations("status=archived").await.items;
        assert_eq!((listed.len(), listed[0].last_seq), (1, 3));

        user.say(&id, "wake up").await;
        assert_eq!(other.conversation(&id).await.status, ConversationStatus::Active);
        assert_eq!(ben.conversations("status=archived").await.items, []);
        assert_eq!(ben.conversations("status=active").await.items[0].id, id);
    }
}
