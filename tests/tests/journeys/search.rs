//! Searching orders: by number, customer and item, page after page, and for customers among their own.

use std::collections::BTreeSet;

use domain::ConversationStatus::Archived;
use futures_util::future::join_all;
use protocol::{Code, OrderAnswer};
use serde_json::json;
use tests::{Shop, User};

async fn order(customer: &User, titles: &[&str]) -> OrderAnswer {
    let items: Vec<_> = titles.iter().map(|title| json!({"title": title, "quantity": 1, "unitPrice": 100})).collect();
    customer.post("/api/sales", &json!({"items": items, "currency": "EUR"})).await.expect(201)
}

/// The ids of what `q` finds, page after page.
async fn found(user: &User, query: &str) -> BTreeSet<String> {
    user.all_conversations(query).await.into_iter().map(|it| it.id.to_string()).collect()
}

#[tokio::test]
async fn number_customer_and_every_item_are_found() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let lamp = order(&anna, &["Desk lamp", "Stühle aus Eiche"]).await.conversation;
    let chair = order(&bob, &["Chair"]).await.conversation;
    let id = lamp.order_id.to_string();
    let number = &id[id.len() - 6..];
    let only = |id: &domain::ConversationId| BTreeSet::from([id.to_string()]);
    for q in ["lamp", "LAMP%20desk", "stuhle", "anna%20eiche", number, &format!("%23{}", number.to_uppercase()), &id] {
        assert_eq!(found(&ben, &format!("q={q}")).await, only(&lamp.id), "{q}");
    }
    assert_eq!(found(&ben, "q=bob").await, only(&chair.id));
    assert_eq!(found(&ben, "q=bob%20lamp").await, BTreeSet::new());
    assert_eq!(found(&anna, "q=eiche").await, only(&lamp.id), "a customer looks among their own");
    assert_eq!(found(&bob, "q=eiche").await, BTreeSet::new());

    ben.set_status(&lamp.id, Archived).await;
    assert_eq!(found(&ben, "q=lamp&status=archived").await, only(&lamp.id));
    assert_eq!(found(&ben, "q=lamp&status=active").await, BTreeSet::new());
    let page = ben.conversations("q=lamp").await;
    assert_eq!((page.next_cursor, page.searched_to), (None, None), "all were looked at");
    assert!(ben.conversations("").await.searched_to.is_none());
}

#[tokio::test]
async fn a_search_goes_on_behind_its_budget() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let wanted = order(&anna, &["Needle"]).await.conversation;
    for _ in 0..9 {
        join_all((0..25).map(|_| order(&anna, &["Hay"]))).await;
    }
    let page = ben.conversations("q=needle").await;
    let cursor = page.next_cursor.expect("more to look at");
    assert_eq!(page.items, [], "200 were looked at, and it is behind them");
    assert!(page.searched_to.expect("how far") >= wanted.last_activity_at);
    let page = ben.conversations(&format!("q=needle&cursor={cursor}")).await;
    assert_eq!(page.items.iter().map(|it| &it.id).collect::<Vec<_>>(), [&wanted.id]);
    assert_eq!((page.next_cursor, page.searched_to), (None, None));
    // As many as asked for, each once, to the end.
    for limit in [1, 7, 100] {
        let page = ben.conversations(&format!("q=hay&limit={limit}")).await;
        assert_eq!((page.items.len(), page.next_cursor.is_some()), (limit, true));
    }
    let hay = ben.all_conversations("q=hay&limit=40").await;
    assert_eq!((hay.len(), found(&ben, "q=hay&limit=40").await.len()), (225, 225));
    // A cursor is of its own search.
    for other in ["q=hay", "", "q=needle&status=active"] {
        ben.get(&format!("/api/chat/conversations?{other}&cursor={cursor}")).await.refused(Code::InvalidCursor);
    }
}

#[tokio::test]
async fn what_is_no_search_is_refused() {
    let shop = Shop::open().await;
    let ben = shop.admin("ben");
    for q in ["", "x", "%20%20%20", "%CC%81%CC%81", &"x".repeat(101)] {
        ben.get(&format!("/api/chat/conversations?q={q}")).await.refused(Code::InvalidRequest);
    }
    for q in ["%00%00", "%22%7D", "ab'%20OR%20'1'='1", &"%F0%9F%98%80".repeat(100)] {
        assert_eq!(ben.conversations(&format!("q={q}")).await.items, [], "{q}");
    }
}
