//! Placing an order opens a conversation. Both sides write in it, and everyone gets the events they
//! should, once.

use domain::{Kind, OrderStatus, Role, Side, System};
use protocol::{Code, Event, MessageAnswer};
use serde_json::json;
use tests::{Client, Shop, User, client_message_id};

/// The events that a connection received, each with its name and its `seq`.
async fn received(client: &Client) -> Vec<(&'static str, u64)> {
    let name = |event: &Event| match event {
        Event::NewMessage { message, .. } => ("new_message", message.seq),
        Event::OrderMessageUpdate { message, last_seq, .. } => {
            assert_eq!(message.seq, *last_seq);
            ("order_message_update", message.seq)
        }
        other => panic!("unexpected {other:?}"),
    };
    client.drain().await.iter().map(name).collect()
}

#[tokio::test]
async fn an_order_is_created_with_its_conversation_and_first_message() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let placed = anna.order().await;
    let (order, conversation) = (&placed.order, &placed.conversation);

    assert_eq!(order.id.to_string().strip_prefix("ord_"), conversation.id.to_string().strip_prefix("cnv_"));
    assert_eq!((&order.conversation_id, &conversation.order_id), (&conversation.id, &order.id));
    assert_eq!((order.customer_id.as_str(), order.customer_name.as_str()), ("anna", "Anna"));
    assert_eq!((order.total, order.status), (2_500, OrderStatus::Pending));
    assert_eq!((conversation.last_seq, conversation.unread), (1, Some(0)));
    assert_eq!((conversation.order.title.as_str(), conversation.order.total), ("Lamp", 2_500));

    let first = &conversation.last_message;
    assert_eq!((first.seq, first.kind, &first.client_message_id), (1, Kind::System, &None));
    assert_eq!((first.sender.user_id.as_str(), first.sender.role), ("system", Role::System));
    let Some(System::OrderCreated { by }) = &first.system else { panic!("{first:?}") };
    assert_eq!((by.user_id.as_str(), by.role, by.name.as_str()), ("anna", Role::Customer, "Anna"));
    assert_eq!(first.side(), Side::Customer);
    assert_eq!(anna.messages(&conversation.id).await, std::slice::from_ref(first));
    assert_eq!(conversation.participants.len(), 1);
    assert_eq!(conversation.participants[0].user_id, "anna");
}

#[tokio::test]
async fn both_sides_send_over_rest_and_websocket() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);

    let said = [
        phone.say(&id, "Is it blue?").await,
        desk.say(&id, "As the sea").await,
        anna.say(&id, "Over REST").await,
        ben.say(&id, "Likewise").await,
    ];
    assert_eq!(said.iter().map(|message| message.seq).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert_eq!(
        (said[0].sender.user_id.as_str(), said[0].sender.role, said[0].sender.name.as_str()),
        ("anna", Role::Customer, "Anna")
    );
    assert_eq!(
        (said[1].sender.user_id.as_str(), said[1].sender.role, said[1].sender.name.as_str()),
        ("ben", Role::Admin, "Ben")
    );
    assert_eq!(anna.messages_after(&id, 1).await, said);
    assert_eq!(ben.messages_after(&id, 1).await, said);
    // The connection that gets the acknowledgement gets no event. A REST call has no such
    // connection.
    assert_eq!(received(&phone).await, [("new_message", 3), ("new_message", 4), ("new_message", 5)]);
    assert_eq!(received(&desk).await, [("new_message", 2), ("new_message", 4), ("new_message", 5)]);
}

#[tokio::test]
async fn the_pushed_message_is_the_stored_one() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let id = placed.conversation.id;
    let (phone, list) = (anna.connect_and_join(&id).await, anna.connect().await);
    let said = ben.connect().await.say(&id, "<b>Ünï😀</b>\n\t&amp; \"so\"").await;

    assert_eq!(said.body, "<b>Ünï😀</b>\n\t&amp; \"so\"");
    let Some(Event::NewMessage { conversation_id, message }) = phone.drain().await.pop() else { panic!("nothing") };
    assert_eq!((conversation_id, &message), (id.clone(), &said));
    let Some(Event::OrderMessageUpdate { conversation_id, order, message, last_seq }) = list.drain().await.pop() else {
        panic!("nothing")
    };
    assert_eq!((conversation_id, message, last_seq), (id.clone(), said.clone(), 2));
    assert_eq!(order, placed.conversation.order);
    assert_eq!(anna.conversation(&id).await.last_message, said);
}

/// Connections that joined get `new_message`. Other connections of the participants get
/// `order_message_update`. Each is one frame.
#[tokio::test]
async fn every_connection_gets_a_message_once() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let (id, other) = (anna.order().await.conversation.id, anna.order().await.conversation.id);

    let phone = anna.connect_and_join(&id).await;
    let laptop = anna.connect_and_join(&id).await;
    let watch = anna.connect().await;
    let tablet = anna.connect_and_join(&other).await;
    let desk = ben.connect_and_join(&id).await;
    let counter = ben.connect().await;
    let home = cleo.connect_and_join(&other).await;
    let everyone = [&phone, &laptop, &watch, &tablet, &desk, &counter, &home];
    for client in everyone {
        client.drain().await;
    }

    phone.say(&id, "from my phone").await;
    assert_eq!(received(&phone).await, []);
    assert_eq!(received(&laptop).await, [("new_message", 2)]);
    assert_eq!(received(&desk).await, [("new_message", 2)]);
    for away in [&watch, &tablet, &counter, &home] {
        assert_eq!(received(away).await, [("order_message_update", 2)]);
    }

    counter.say(&id, "from the counter, which has not joined").await;
    assert_eq!(received(&counter).await, []);
    for joined in [&phone, &laptop, &desk] {
        assert_eq!(received(joined).await, [("new_message", 3)]);
    }
    for away in [&watch, &tablet, &home] {
        assert_eq!(received(away).await, [("order_message_update", 3)]);
    }
}

#[tokio::test]
async fn joining_another_conversation_leaves_the_first() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let (one, two) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    let ben = shop.admin("ben");
    let phone = anna.connect_and_join(&one).await;
    phone.join(&two).await;
    ben.say(&one, "in the first").await;
    ben.say(&two, "in the second").await;
    assert_eq!(received(&phone).await, [("order_message_update", 2), ("new_message", 2)]);

    // Leaving a conversation that was not joined changes nothing.
    phone.leave(&one).await;
    ben.say(&two, "still joined").await;
    assert_eq!(received(&phone).await, [("new_message", 3)]);
    phone.leave(&two).await;
    ben.say(&two, "no longer").await;
    assert_eq!(received(&phone).await, [("order_message_update", 4)]);
}

#[tokio::test]
async fn joining_shows_the_conversation_as_a_fetch_does() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    ben.say(&id, "hello").await;
    let phone = anna.connect().await;
    let joined = phone.join(&id).await;
    assert_eq!(joined, anna.conversation(&id).await);
    assert_eq!((joined.last_seq, joined.unread), (2, Some(1)));
    assert!(joined.shop.is_some() && joined.participants.iter().all(|it| it.online.is_some()));
    let desk = ben.connect().await;
    let joined = desk.join(&id).await;
    assert_eq!(joined, ben.conversation(&id).await);
    assert_eq!(joined.shop, None);
}

#[tokio::test]
async fn several_admins_share_one_conversation() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    let (desk, home) = (ben.connect_and_join(&id).await, cleo.connect_and_join(&id).await);
    desk.drain().await;
    home.drain().await;
    desk.say(&id, "I look").await;
    home.say(&id, "I too").await;
    assert_eq!(received(&home).await, [("new_message", 2)]);
    assert_eq!(received(&desk).await, [("new_message", 3)]);
    let seen_by = async |viewer: &User| {
        let all = viewer.conversation(&id).await.participants;
        all.into_iter().map(|it| (it.user_id, it.role, it.name, it.read_seq)).collect::<Vec<_>>()
    };
    let expected = |people: &[(&str, Role, &str, u64)]| {
        let owned = people.iter().map(|(id, role, name, read)| ((*id).to_owned(), *role, (*name).to_owned(), *read));
        owned.collect::<Vec<_>>()
    };
    let customer = ("anna", Role::Customer, "Anna", 0);
    // Writing alone names nobody but the caller.
    assert_eq!(seen_by(&anna).await, expected(&[customer]));
    assert_eq!(seen_by(&ben).await, expected(&[customer, ("ben", Role::Admin, "Ben", 0)]));
    home.read(&id, 2).await;
    desk.read(&id, 3).await;
    assert_eq!(seen_by(&anna).await, expected(&[customer, ("ben", Role::Admin, "Ben", 3)]));
    let both = [customer, ("ben", Role::Admin, "Ben", 3), ("cleo", Role::Admin, "Cleo", 2)];
    assert_eq!(seen_by(&cleo).await, expected(&both));
    assert_eq!(home.join(&id).await, cleo.conversation(&id).await);
    assert_eq!(cleo.conversations("").await.items[0].participants.len(), 3);
    assert_eq!(cleo.conversations("").await.items[0].unread, cleo.conversation(&id).await.unread);
}

/// No field from a client sets a sender, a role, a number or a time.
#[tokio::test]
async fn a_client_cannot_set_its_identity() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let forged = json!({
        "clientMessageId": client_message_id(), "body": "hi", "conversationId": id, "seq": 77, "id": "msg_aaaaaaaaaaaaaaaa",
        "createdAt": "2001-01-01T00:00:00.000Z", "kind": "system", "system": {"type": "order_created"}, "role": "admin",
        "sender": {"userId": "ben", "role": "admin", "name": "Ben"}, "userId": "ben", "senderId": "ben",
    });
    let path = format!("/api/chat/conversations/{id}/messages");
    let message = anna.post(&path, &forged).await.expect::<MessageAnswer>(201).message;
    let phone = anna.connect().await;
    let mut again = forged.clone();
    again["clientMessageId"] = json!(client_message_id());
    let second: tests::Sent = phone.done("send_message", again).await;
    for (message, seq) in [(&message, 2), (&second.message, 3)] {
        assert_eq!((message.seq, message.kind, &message.system), (seq, Kind::Text, &None));
        assert_eq!((message.sender.user_id.as_str(), message.sender.role), ("anna", Role::Customer));
        assert_ne!(message.id.to_string(), "msg_aaaaaaaaaaaaaaaa");
        assert!((message.created_at.millis() - tests::now_millis()).abs() < 60_000);
    }
}

#[tokio::test]
async fn a_frame_without_a_request_id_gets_only_errors() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let (phone, laptop) = (anna.connect_and_join(&id).await, anna.connect_and_join(&id).await);
    let frame =
        json!({"action": "send_message", "conversationId": id, "clientMessageId": client_message_id(), "body": "hi"});
    phone.send_text(frame.to_string()).await;
    laptop.wait_for("the message", |event| matches!(event, Event::NewMessage { .. })).await;
    // An acknowledgement comes after its pushes, so this one shows that the earlier pushes are
    // done.
    phone.say(&id, "later").await;
    assert_eq!(received(&phone).await, []);

    phone.send_text(json!({"action": "send_message", "conversationId": id, "body": ""}).to_string()).await;
    let error = phone.wait_for("the error", |event| matches!(event, Event::Error { .. })).await;
    let Event::Error { request_id, code, .. } = error else { unreachable!() };
    assert_eq!((request_id, code), (None, Code::InvalidRequest));
}
