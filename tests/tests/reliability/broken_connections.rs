//! Connections that break in the middle of a frame, and many that break at once: no message is
//! stored twice, and no row is left.

use futures_util::SinkExt;
use futures_util::future::join_all;
use protocol::Event;
use serde_json::json;
use tests::{DelayedPush, Shop, User, client_message_id};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// The bytes of a client's text frame. Its mask is zero.
fn wire(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short frame");
    assert!(length > 125, "a frame whose length takes two bytes");
    let [high, low] = length.to_be_bytes();
    [&[0x81, 0x80 | 0x7e, high, low, 0, 0, 0, 0], text.as_bytes()].concat()
}

/// Opens a WebSocket, sends these bytes and closes the TCP connection without a close frame.
async fn cut(user: &User, bytes: &[u8]) {
    let url = user.ticket().await.url;
    let stream = TcpStream::connect(url.split('/').nth(2).expect("an address")).await.expect("a connection");
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.expect("a handshake");
    socket.flush().await.expect("it is open");
    let mut stream = socket.into_inner();
    stream.write_all(bytes).await.expect("it is open");
}

#[tokio::test]
async fn a_frame_cut_off_anywhere_is_stored_exactly_once() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let desk = ben.connect().await;
    let mut cuts = 0;
    loop {
        // A new conversation for each message, so that the rate limit is not reached.
        let id = anna.order().await.conversation.id;
        let message_id = client_message_id();
        let frame = json!({ "action": "send_message", "requestId": "1", "conversationId": id,
            "clientMessageId": message_id, "body": "hi", "seenSeq": 1 });
        let bytes = wire(&frame.to_string());
        let end = bytes.len().min(cuts * 13);
        cut(&anna, &bytes[..end]).await;
        // On a new connection, while the old one may still be handled.
        let sent = anna.connect().await.send(&id, message_id, "hi", Some(1)).await.expect("stored");
        assert!(end == bytes.len() || !sent.duplicate, "half a frame was taken for a whole one");
        assert_eq!(anna.messages(&id).await, [anna.messages(&id).await.remove(0), sent.message]);
        cuts += 1;
        if end == bytes.len() {
            break;
        }
    }
    assert!(cuts > 10, "{cuts} cuts");
    while shop.connections().await > 1 {
        desk.ping().await;
    }
}

/// All connections break many times, with and without a close frame. In the end exactly the open
/// connections have rows.
#[tokio::test(flavor = "multi_thread")]
async fn many_reconnects_leave_no_rows() {
    const PEOPLE: usize = 25;
    let shop = Shop::open().await;
    let ben = shop.admin("ben");
    let people: Vec<User> = (0..PEOPLE).map(|n| shop.customer(&format!("customer{n}"))).collect();
    let id = people[0].order().await.conversation.id;
    let desk = ben.connect_and_join(&id).await;
    let storm = people.iter().enumerate().map(|(n, person)| async move {
        for round in 0..8 {
            let client = person.connect().await;
            if (n + round) % 3 == 0 {
                client.close().await;
            }
        }
        person.connect().await
    });
    let talk = async {
        for n in 0..15 {
            desk.say(&id, &format!("{n}")).await;
        }
    };
    let (mut clients, ()) = tokio::join!(join_all(storm), talk);

    while shop.connections().await > PEOPLE + 1 {
        desk.ping().await;
    }
    assert_eq!(shop.connections().await, PEOPLE + 1, "one that is open was forgotten");
    for client in &clients {
        client.drain().await;
    }
    let said = desk.say(&id, "is anybody there?").await;
    let heard = clients[0].drain().await;
    assert!(matches!(&heard[..], [Event::OrderMessageUpdate { message, .. }] if *message == said), "{heard:?}");
    assert_eq!(shop.customer("customer0").messages(&id).await.len(), 17);

    // The presence of a customer is correct: first online, and then offline.
    let online = ben.conversation(&id).await.participants[0].online;
    assert_eq!(online, Some(true));
    desk.drain().await;
    drop(clients.remove(0));
    desk.wait_for("the end", |event| matches!(event, Event::Presence { online: false, .. })).await;
    assert_eq!(ben.conversation(&id).await.participants[0].online, Some(false));
}

/// When a page is reloaded, the events "offline" and "online" can reach admins in the wrong order.
/// The last event must be the current state.
#[tokio::test]
async fn a_quick_reconnect_ends_online() {
    let late = DelayedPush::default();
    let shop = Shop::open_with(late.settings("disconnect")).await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let desk = ben.connect_and_join(&id).await;
    let is_presence = |event: &Event| matches!(event, Event::Presence { .. });
    let told = async || match desk.wait_for("presence", is_presence).await {
        Event::Presence { online, .. } => online,
        other => panic!("{other:?}"),
    };
    let page = anna.connect().await;
    assert!(told().await);
    page.close().await;
    late.is_held().await;
    let _again = anna.connect().await;
    assert!(told().await, "the new page's");
    late.arrives();
    assert!(!told().await, "the old page's");
    assert!(told().await, "and what is true");
}
