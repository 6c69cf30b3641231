//! A user id is any text of the identity provider. It is never parsed.

use domain::{Emoji, Role};
use protocol::{Event, OrderAnswer, OrderPage};
use tests::{Shop, lamp};

/// Ids that look like separators, prefixes of one another, paths or expressions.
const IDS: [&str; 14] =
    ["a", "a#b", "a#", "#a", "A", "a/b", "a b", "a.b", "a%23b", "auth0|65f1c0ffee", ":me", "#u", "ünï😀", "admin"];

#[tokio::test]
async fn users_with_unusual_ids_see_only_their_own() {
    let shop = Shop::open().await;
    let mut placed = Vec::new();
    let mut phones = Vec::new();
    for id in IDS {
        let customer = shop.customer(id);
        let order = customer.order().await;
        phones.push(customer.connect_and_join(&order.conversation.id).await);
        placed.push(order);
    }
    for (id, order) in IDS.iter().zip(&placed) {
        let (customer, admin) = (shop.customer(id), shop.admin(id));
        assert_eq!(customer.stats().await.total, 1, "{id}");
        let own: OrderPage = customer.get("/api/sales/my-orders").await.ok();
        assert_eq!(own.items.iter().map(|it| &it.order.id).collect::<Vec<_>>(), [&order.order.id], "{id}");
        assert_eq!(customer.conversations("").await.items.len(), 1, "{id}");
        assert_eq!(admin.conversations("").await.items.len(), IDS.len(), "{id}");
        let said = admin.say(&order.conversation.id, id).await;
        assert_eq!((said.sender.user_id.as_str(), said.seq), (*id, 2));
        assert_eq!(admin.read(&order.conversation.id, 2).await.unread, 0);
        let now = customer.conversation(&order.conversation.id).await;
        let people: Vec<_> = now.participants.iter().map(|it| (it.user_id.as_str(), it.role, it.read_seq)).collect();
        assert_eq!(people, [(*id, Role::Customer, 0), (*id, Role::Admin, 2)], "{id}");
    }
    for (id, phone) in IDS.iter().zip(&phones) {
        let heard: Vec<Event> = phone.drain().await;
        let bodies: Vec<_> = heard
            .iter()
            .filter_map(|event| match event {
                Event::NewMessage { message, .. } => Some(message.body.as_str()),
                Event::MessageRead { .. } => None,
                other => panic!("{id}: {other:?}"),
            })
            .collect();
        assert_eq!(bodies, [*id]);
    }
}

/// The name of a stored reaction contains the user id.
#[tokio::test]
async fn reactions_of_users_with_unusual_ids_are_apart() {
    let shop = Shop::open().await;
    let longest = "x".repeat(128);
    let mut ids: Vec<&str> = IDS.into_iter().chain(["c", "aa", "👍", "👍a", "+", longest.as_str()]).collect();
    ids.sort_unstable();
    let id = shop.customer("c").order().await.conversation.id;
    let said = shop.customer("c").say(&id, "hi").await.seq;
    for user_id in &ids {
        shop.admin(user_id).react(&id, said, Emoji::ThumbsUp, true).await;
    }
    shop.customer("c").react(&id, said, Emoji::ThumbsUp, true).await;
    let reactors = async || {
        let reactions = shop.customer("c").messages(&id).await.remove(1).reactions;
        let by = reactions.into_iter().flat_map(|it| it.by).map(|it| (it.user_id, it.role));
        by.collect::<Vec<_>>()
    };
    let mut expected = vec![("c".to_owned(), Role::Customer)];
    expected.extend(ids.iter().map(|user_id| ((*user_id).to_owned(), Role::Admin)));
    assert_eq!(reactors().await, expected);
    for user_id in ids {
        shop.admin(user_id).react(&id, said, Emoji::ThumbsUp, false).await;
        expected.retain(|(other, role)| other != user_id || *role == Role::Customer);
        assert_eq!(reactors().await, expected, "without {user_id}");
    }
}

/// A customer and an admin may have the same user id. Neither gets what belongs to the other.
#[tokio::test]
async fn idempotency_keys_of_admin_and_customer_with_one_id_differ() {
    let shop = Shop::open().await;
    let mut body = lamp();
    body["customerId"] = "bob".into();
    body["customerName"] = "Bob".into();
    let for_bob: OrderAnswer = shop.admin("anna").order_once("key", &body).await.expect(201);
    let own: OrderAnswer = shop.customer("anna").order_once("key", &body).await.expect(201);
    assert_ne!(own.order.id, for_bob.order.id);
    assert_eq!((own.order.customer_id.as_str(), for_bob.order.customer_id.as_str()), ("anna", "bob"));
}

#[tokio::test]
async fn user_id_and_idempotency_key_never_collide() {
    let shop = Shop::open().await;
    let (one, other) = (shop.customer("ab"), shop.customer("a"));
    let first: OrderAnswer = one.order_once("c", &lamp()).await.expect(201);
    let second: OrderAnswer = other.order_once("bc", &lamp()).await.expect(201);
    assert_ne!(first.order.id, second.order.id);
}
