//! Typing events go to connections that joined, and to nobody else.

use domain::Role;
use protocol::Event;
use serde_json::json;
use tests::{Client, Shop};

/// The typing events that a connection received, each with its user id.
async fn received(client: &Client) -> Vec<(&'static str, String)> {
    let typing = |event| match event {
        Event::UserTyping { user_id, expires_in_ms, .. } => {
            assert!((1_000..=60_000).contains(&expires_in_ms), "{expires_in_ms} ms");
            Some(("starts", user_id))
        }
        Event::UserStoppedTyping { user_id, .. } => Some(("stops", user_id)),
        Event::Presence { .. } => None,
        other => panic!("unexpected {other:?}"),
    };
    client.drain().await.into_iter().filter_map(typing).collect()
}

#[tokio::test]
async fn typing_is_pushed_to_joined_connections() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let (id, other) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    let (phone, laptop) = (anna.connect_and_join(&id).await, anna.connect_and_join(&id).await);
    let (desk, counter) = (ben.connect_and_join(&id).await, ben.connect().await);
    let (home, office) = (cleo.connect_and_join(&id).await, cleo.connect_and_join(&other).await);
    let everyone = [&phone, &laptop, &desk, &counter, &home, &office];
    for client in everyone {
        client.drain().await;
    }

    // The typist's other connections get no event either.
    let in_it = json!({"conversationId": id.to_string()});
    phone.type_in(&id).await;
    for (client, told) in everyone.iter().zip([false, false, true, false, true, false]) {
        let expected = if told { vec![("starts", "anna".to_owned())] } else { vec![] };
        assert_eq!(received(client).await, expected);
    }
    phone.done::<serde_json::Value>("typing_stop", in_it).await;
    for (client, told) in everyone.iter().zip([false, false, true, false, true, false]) {
        let expected = if told { vec![("stops", "anna".to_owned())] } else { vec![] };
        assert_eq!(received(client).await, expected);
    }
    desk.type_in(&id).await;
    for (client, told) in everyone.iter().zip([true, true, false, false, true, false]) {
        let expected = if told { vec![("starts", "ben".to_owned())] } else { vec![] };
        assert_eq!(received(client).await, expected);
    }
}

#[tokio::test]
async fn the_typing_event_names_the_user() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    desk.type_in(&id).await;
    let Some(Event::UserTyping { conversation_id, user_id, role, name, .. }) = phone.drain().await.pop() else {
        panic!("nothing")
    };
    assert_eq!((conversation_id, user_id.as_str(), role, name.as_str()), (id, "ben", Role::Admin, "Ben"));
}

#[tokio::test]
async fn typing_requires_a_joined_conversation() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let (id, other) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    let desk = ben.connect_and_join(&id).await;
    let phone = anna.connect().await;
    desk.drain().await;
    for action in ["typing_start", "typing_stop"] {
        let typing = || json!({"conversationId": id.to_string()});
        assert!(phone.request(action, typing()).await.is_err(), "not joined");
        phone.join(&other).await;
        assert!(phone.request(action, typing()).await.is_err(), "joined elsewhere");
        phone.join(&id).await;
        phone.leave(&id).await;
        assert!(phone.request(action, typing()).await.is_err(), "left");
    }
    assert_eq!(received(&desk).await, []);
}
