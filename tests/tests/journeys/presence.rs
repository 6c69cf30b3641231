//! Presence: who is online, when a user was last seen, and who gets the events.

use domain::{Role, Time};
use protocol::{Event, Participant};
use tests::{Client, Shop, User, now_millis};

async fn customer(viewer: &User, conversation: &domain::ConversationId) -> Participant {
    viewer.conversation(conversation).await.participants.remove(0)
}

fn presence(event: Event) -> Option<(String, bool, Option<Time>)> {
    match event {
        Event::Presence { user_id, role, online, last_seen_at } => {
            assert_eq!(role, Role::Customer);
            Some((user_id, online, last_seen_at))
        }
        _ => None,
    }
}

async fn received(client: &Client) -> Vec<(String, bool, Option<Time>)> {
    client.drain().await.into_iter().filter_map(presence).collect()
}

async fn wait(client: &Client) -> (String, bool, Option<Time>) {
    let event = client.wait_for("presence", |event| matches!(event, Event::Presence { .. })).await;
    presence(event).expect("it is one")
}

fn is_recent(time: Option<Time>) -> bool {
    time.is_some_and(|time| (now_millis() - time.millis()).abs() < 30_000)
}

#[tokio::test]
async fn a_customer_comes_and_goes() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let desk = ben.connect_and_join(&id).await;
    let now = customer(&ben, &id).await;
    assert_eq!((now.online, now.last_seen_at), (Some(false), None), "never seen yet");

    let phone = anna.connect().await;
    assert_eq!(wait(&desk).await, ("anna".to_owned(), true, None));
    let now = customer(&ben, &id).await;
    assert_eq!((now.online, now.last_seen_at), (Some(true), None));

    phone.close().await;
    let (who, online, last_seen) = wait(&desk).await;
    assert_eq!((who.as_str(), online), ("anna", false));
    assert!(is_recent(last_seen), "{last_seen:?}");
    let now = customer(&ben, &id).await;
    assert_eq!((now.online, now.last_seen_at), (Some(false), last_seen));
    assert_eq!(received(&desk).await, []);
}

#[tokio::test]
async fn a_user_is_online_until_the_last_connection_ends() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let desk = ben.connect_and_join(&id).await;
    let phone = anna.connect().await;
    assert!(wait(&desk).await.1);
    let laptop = anna.connect().await;
    phone.close().await;
    assert_eq!(customer(&ben, &id).await.online, Some(true));
    laptop.close().await;
    // The customer was online all the time. So the end of the first connection causes no "offline"
    // before the last one ends.
    let mut told = vec![wait(&desk).await];
    while told.last().expect("one").1 {
        told.push(wait(&desk).await);
    }
    assert_eq!(customer(&ben, &id).await.online, Some(false));
    // If both connections end at the same time, both may find that none is left and send "offline".
    assert!(received(&desk).await.iter().all(|(_, online, _)| !online));
}

#[tokio::test]
async fn only_admins_in_a_conversation_of_the_customer_get_presence() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let (one, two) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    let bobs = bob.order().await.conversation.id;
    let on_one = ben.connect_and_join(&one).await;
    let on_two = shop.admin("cleo").connect_and_join(&two).await;
    let elsewhere = ben.connect_and_join(&bobs).await;
    let waiting = ben.connect().await;
    let bobs_phone = bob.connect_and_join(&bobs).await;
    elsewhere.drain().await;

    let phone = anna.connect().await;
    for desk in [&on_one, &on_two] {
        assert_eq!(wait(desk).await, ("anna".to_owned(), true, None));
    }
    phone.close().await;
    for desk in [&on_one, &on_two] {
        assert!(!wait(desk).await.1);
    }
    for other in [&elsewhere, &waiting, &bobs_phone] {
        assert_eq!(received(other).await, []);
    }
}

#[tokio::test]
async fn a_ping_tells_a_customer_whether_the_shop_is_online() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    let phone = anna.connect().await;
    let there = phone.ping().await.expect("a customer is told");
    assert_eq!((there.online, there.last_seen_at), (false, None));

    let (desk, home) = (ben.connect().await, cleo.connect().await);
    assert_eq!(desk.ping().await, None, "an admin is not");
    let there = phone.ping().await.expect("a customer is told");
    assert_eq!((there.online, there.last_seen_at), (true, None));
    assert_eq!(phone.join(&id).await.shop, Some(there));
    assert_eq!(anna.conversation(&id).await.shop, Some(there));
    assert_eq!(ben.conversation(&id).await.shop, None);

    desk.close().await;
    assert!(phone.ping().await.expect("told").online, "one of two is left");
    home.close().await;
    // The gateway calls `$disconnect` after the socket is closed, so the customer sees the change a
    // little later.
    let gone = loop {
        let there = phone.ping().await.expect("told");
        if !there.online {
            break there;
        }
    };
    assert_eq!(phone.join(&id).await.shop.map(|it| it.online), Some(false));
    assert!(is_recent(phone.ping().await.expect("told").last_seen_at), "{gone:?}");
    // Presence of admins is read on request and never pushed.
    assert_eq!(received(&phone).await, []);
}

#[tokio::test]
async fn lists_and_pushes_have_no_presence() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let (phone, desk) = (anna.connect().await, ben.connect().await);
    let mut seen = anna.conversations("").await.items;
    seen.extend(ben.conversations("").await.items);
    let path = "/api/sales/my-orders";
    seen.extend(anna.get(path).await.ok::<protocol::OrderPage>().items.into_iter().map(|it| it.conversation));
    anna.order().await;
    ben.set_status(&id, domain::ConversationStatus::Archived).await;
    let mut pushed = 0;
    for client in [&phone, &desk] {
        for event in client.drain().await {
            if let Event::OrderCreated { conversation, .. } | Event::ConversationUpdated { conversation, .. } = event {
                assert_eq!(conversation.unread, None, "it would be somebody's");
                seen.push(conversation);
                pushed += 1;
            }
        }
    }
    assert_eq!(pushed, 4);
    for conversation in seen {
        assert_eq!(conversation.shop, None);
        let silent = |it: &Participant| it.online.is_none() && it.last_seen_at.is_none();
        assert!(conversation.participants.iter().all(silent), "{conversation:?}");
    }
}

/// A `$disconnect` may never come. A push to the closed connection then gets 410, which is ignored
/// while the handshake may still be running.
#[tokio::test]
async fn a_push_detects_a_dead_connection() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let stale_connection = shop.add_stale_connection(&anna, &id, 60_000).await;
    assert_eq!(customer(&ben, &id).await.online, Some(true));
    ben.say(&id, "are you there?").await;
    assert!(!stale_connection.is_remembered().await);
    assert_eq!(customer(&ben, &id).await.online, Some(false));

    let young = shop.add_stale_connection(&anna, &id, 0).await;
    ben.say(&id, "and now?").await;
    assert!(young.is_remembered().await, "its handshake may still be going on");
}

#[tokio::test]
async fn a_push_detects_a_dead_admin_connection() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let phone = anna.connect_and_join(&id).await;
    let stale_connection = shop.add_stale_connection(&ben, &id, 60_000).await;
    assert!(phone.ping().await.expect("told").online);
    phone.type_in(&id).await;
    phone.say(&id, "anybody?").await;
    assert!(!stale_connection.is_remembered().await);
    assert!(!phone.ping().await.expect("told").online);
}

const MINUTE: i64 = 60_000;

/// Without messages no push finds a dead connection, and its row expires only after hours.
#[tokio::test]
async fn a_dead_connection_counts_as_online_for_fifteen_minutes() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let (annas, bobs) = (anna.order().await.conversation.id, bob.order().await.conversation.id);
    shop.add_stale_connection(&anna, &annas, 14 * MINUTE).await;
    shop.add_stale_connection(&bob, &bobs, 16 * MINUTE).await;
    assert_eq!(customer(&ben, &annas).await.online, Some(true));
    let bob_now = customer(&ben, &bobs).await;
    assert_eq!(bob_now.online, Some(false));
    assert!(bob_now.last_seen_at.is_some());

    let cleo = shop.admin("cleo");
    shop.add_stale_connection(&cleo, &annas, 16 * MINUTE).await;
    assert_eq!(anna.conversation(&annas).await.shop.map(|shop| shop.online), Some(false));

    // The event is sent although the dead connection is still in the table.
    let desk = ben.connect_and_join(&bobs).await;
    let _phone = bob.connect().await;
    assert_eq!(wait(&desk).await, ("bob".to_owned(), true, None));
}

#[tokio::test]
async fn a_connection_that_pings_or_takes_pushes_stays_online() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let phone = shop.connect_aged(&anna, 16 * MINUTE).await;
    let gone = customer(&ben, &id).await;
    assert_eq!(gone.online, Some(false));
    let heard = gone.last_seen_at.expect("when it was heard of").millis();
    assert!((now_millis() - 16 * MINUTE - heard).abs() < MINUTE, "{heard}");
    phone.ping().await;
    assert_eq!(customer(&ben, &id).await.online, Some(true), "it pinged");
    phone.close().await;

    let listening = shop.connect_aged(&anna, 16 * MINUTE).await;
    ben.say(&id, "are you there?").await;
    assert_eq!(customer(&ben, &id).await.online, Some(true), "it took a push");
    drop(listening);

    let desk = shop.connect_aged(&ben, 16 * MINUTE).await;
    assert_eq!(anna.conversation(&id).await.shop.map(|shop| shop.online), Some(false));
    desk.ping().await;
    assert_eq!(anna.conversation(&id).await.shop.map(|shop| shop.online), Some(true));
}

#[tokio::test]
async fn a_connection_of_the_version_before_stays_online() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let phone = shop.connect_aged_before_heartbeats(&anna, 100 * MINUTE).await;
    assert_eq!(customer(&ben, &id).await.online, Some(true));
    phone.ping().await;
    assert_eq!(customer(&ben, &id).await.online, Some(true));
}
