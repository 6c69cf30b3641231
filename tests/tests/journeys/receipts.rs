//! Receipts are cursors. They only move forward, they are exact, and only the people concerned get
//! the events.

use domain::{OrderStatus, Role, Side};
use proptest::prelude::*;
use protocol::{Code, Event, Participant};
use serde_json::json;
use tests::{Client, Shop, User, Variables, cases};

async fn participant(viewer: &User, conversation: &domain::ConversationId, id: &str) -> Participant {
    let all = viewer.conversation(conversation).await.participants;
    all.into_iter().find(|it| it.user_id == id).unwrap_or_else(|| panic!("{id} takes part"))
}

/// The receipts that a connection received: kind, user, role and `seq`.
async fn heard(client: &Client) -> Vec<(&'static str, String, Role, u64)> {
    let receipt = |event| match event {
        Event::MessageRead { user_id, role, seq, .. } => Some(("read", user_id, role, seq)),
        Event::MessageDelivered { user_id, role, seq, .. } => Some(("delivered", user_id, role, seq)),
        Event::NewMessage { .. } | Event::OrderMessageUpdate { .. } | Event::Presence { .. } => None,
        other => panic!("unexpected {other:?}"),
    };
    client.drain().await.into_iter().filter_map(receipt).collect()
}

#[tokio::test]
async fn cursors_move_forward_only() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    shop.fill(&id, 9).await;
    let phone = anna.connect().await;

    assert_eq!(phone.delivered(&id, 4).await, 4);
    assert_eq!(phone.delivered(&id, 2).await, 4);
    let now = participant(&anna, &id, "anna").await;
    assert_eq!((now.read_seq, now.delivered_seq), (0, 4));
    // The first message is her own order. The others are the shop's.
    let read = phone.read(&id, 3).await;
    assert_eq!((read.read_seq, read.unread), (3, 7));
    let read = anna.read(&id, 6).await;
    assert_eq!((read.read_seq, read.unread), (6, 4));
    for lower in [5, 1, 0] {
        let read = phone.read(&id, lower).await;
        assert_eq!((read.read_seq, read.unread), (6, 4), "{lower}");
        let read = anna.read(&id, lower).await;
        assert_eq!((read.read_seq, read.unread), (6, 4), "{lower}");
    }
    let now = participant(&ben, &id, "anna").await;
    assert_eq!((now.read_seq, now.delivered_seq), (6, 6), "reading implies delivery");
    assert_eq!(phone.delivered(&id, 5).await, 6);
    assert_eq!(phone.delivered(&id, 8).await, 8);
    let now = participant(&ben, &id, "anna").await;
    assert_eq!((now.read_seq, now.delivered_seq), (6, 8));
}

#[tokio::test]
async fn a_cursor_stays_within_the_conversation() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    ben.say(&id, "hi").await;
    let phone = anna.connect().await;
    for past in [3, 1 << 40, u64::MAX] {
        let path = format!("/api/chat/conversations/{id}/read");
        let detail = anna.post(&path, &json!({"seq": past})).await.refused(Code::InvalidRequest).detail;
        assert!(detail.contains("seq"), "{detail}");
        for action in ["message_read", "message_delivered"] {
            let receipt = json!({"conversationId": id, "seq": past});
            let message = phone.refused(action, receipt, Code::InvalidRequest).await.message;
            assert!(message.contains("seq"), "{message}");
        }
    }
    let now = participant(&anna, &id, "anna").await;
    assert_eq!((now.read_seq, now.delivered_seq), (0, 0));
    assert_eq!(anna.read(&id, 2).await.unread, 0);
}

#[tokio::test]
async fn sending_does_not_move_the_own_cursor() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    anna.connect_and_join(&id).await.say(&id, "hi").await;
    ben.say(&id, "hello").await;
    for user in [&anna, &ben] {
        let now = participant(user, &id, &user.id).await;
        assert_eq!((now.read_seq, now.delivered_seq), (0, 0), "{}", user.id);
    }
    assert_eq!(anna.conversation(&id).await.unread, Some(1));
    assert_eq!(ben.conversation(&id).await.unread, Some(2));
}

/// Receipts are pushed to connections that joined and to the reader's other connections. The
/// connection that sent the receipt gets only its acknowledgement.
#[tokio::test]
async fn receipts_are_pushed_to_joined_and_own_connections() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let (id, other) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    shop.fill(&id, 4).await;
    let (phone, laptop) = (anna.connect_and_join(&id).await, anna.connect().await);
    let tablet = anna.connect_and_join(&other).await;
    let (desk, counter) = (ben.connect_and_join(&id).await, ben.connect().await);
    let (home, office) = (cleo.connect_and_join(&id).await, cleo.connect_and_join(&other).await);
    let everyone = [&phone, &laptop, &tablet, &desk, &counter, &home, &office];
    for client in everyone {
        client.drain().await;
    }
    let by_anna = |kind, seq| vec![(kind, "anna".to_owned(), Role::Customer, seq)];
    let by_ben = |kind, seq| vec![(kind, "ben".to_owned(), Role::Admin, seq)];

    phone.delivered(&id, 2).await;
    for (client, expected) in everyone.iter().zip([0, 1, 1, 1, 0, 1, 0]) {
        let expected = if expected == 1 { by_anna("delivered", 2) } else { vec![] };
        assert_eq!(heard(client).await, expected);
    }
    // This connection has not joined.
    laptop.read(&id, 3).await;
    for (client, expected) in everyone.iter().zip([1, 0, 1, 1, 0, 1, 0]) {
        let expected = if expected == 1 { by_anna("read", 3) } else { vec![] };
        assert_eq!(heard(client).await, expected);
    }
    // A receipt over REST has no sending connection, so all of the reader's connections get it.
    anna.read(&id, 4).await;
    for (client, expected) in everyone.iter().zip([1, 1, 1, 1, 0, 1, 0]) {
        let expected = if expected == 1 { by_anna("read", 4) } else { vec![] };
        assert_eq!(heard(client).await, expected);
    }
    desk.read(&id, 1).await;
    for (client, expected) in everyone.iter().zip([1, 0, 0, 0, 1, 1, 0]) {
        let expected = if expected == 1 { by_ben("read", 1) } else { vec![] };
        assert_eq!(heard(client).await, expected);
    }
    // A receipt that moves no cursor is not pushed.
    desk.read(&id, 1).await;
    phone.delivered(&id, 1).await;
    anna.read(&id, 4).await;
    for client in everyone {
        assert_eq!(heard(client).await, []);
    }
}

#[tokio::test]
async fn an_admin_who_only_reads_takes_part() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    anna.say(&id, "anybody?").await;
    assert_eq!(ben.read(&id, 2).await.unread, 0);
    let now = participant(&anna, &id, "ben").await;
    assert_eq!((now.role, now.name.as_str(), now.read_seq, now.delivered_seq), (Role::Admin, "Ben", 2, 2));
    // Each admin has a cursor of their own.
    assert_eq!(cleo.conversation(&id).await.unread, Some(2));
    assert_eq!(ben.conversation(&id).await.unread, Some(0));
}

/// What one admin received is delivered to the shop. The customer sees it as delivered to the admin
/// who has read furthest.
#[tokio::test]
async fn a_delivery_to_one_admin_is_one_to_the_shop() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    for body in ["one", "two", "three"] {
        anna.say(&id, body).await;
    }
    let (desk, home) = (ben.connect_and_join(&id).await, cleo.connect_and_join(&id).await);
    desk.drain().await;
    assert_eq!(desk.delivered(&id, 2).await, 2);
    let now = participant(&anna, &id, "ben").await;
    assert_eq!((now.read_seq, now.delivered_seq), (0, 2));
    assert_eq!(home.delivered(&id, 3).await, 3);
    assert_eq!(heard(&desk).await, [("delivered", "cleo".to_owned(), Role::Admin, 3)]);
    let now = participant(&anna, &id, "ben").await;
    assert_eq!((now.read_seq, now.delivered_seq), (0, 3));
    // It was delivered already, so nobody hears of it.
    home.drain().await;
    assert_eq!(desk.delivered(&id, 3).await, 3);
    assert_eq!(heard(&home).await, []);
    // Reading is a delivery too.
    assert_eq!(home.read(&id, 4).await.read_seq, 4);
    assert_eq!(desk.delivered(&id, 4).await, 4);
    let now = participant(&anna, &id, "cleo").await;
    assert_eq!((now.read_seq, now.delivered_seq), (4, 4));
    assert_eq!(cleo.conversation(&id).await.unread, Some(0));
    assert_eq!(ben.conversation(&id).await.unread, Some(4));
}

/// Each admin has a read cursor of their own, wherever the others are.
#[tokio::test]
async fn admins_who_read_in_turns_keep_their_cursors() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let admins = ["ben", "cleo", "dora"].map(|id| shop.admin(id));
    let id = anna.order().await.conversation.id;
    let mut read = [0u64; 3];
    for round in 0..6usize {
        anna.say(&id, "more").await;
        let last = round as u64 + 2;
        // The one who is ahead changes, and so does whether they read to the end.
        for (who, back) in [(round % 3, 0), ((round + 1) % 3, 1), ((round + 2) % 3, last)] {
            let seq = last - back;
            let answer = admins[who].read(&id, seq).await;
            read[who] = read[who].max(seq);
            assert_eq!((answer.read_seq, answer.unread), (read[who], last - read[who]), "{who} in round {round}");
        }
        for (who, admin) in admins.iter().enumerate() {
            let conversations = [
                admin.conversation(&id).await,
                admin.conversations("").await.items.remove(0),
                admin.conversations("q=lamp").await.items.remove(0),
                admin.sale(format!("ord_{}", id.shared_id().as_str())).await.conversation,
                admin.set_status(&id, domain::ConversationStatus::Active).await.conversation,
                admin.connect().await.join(&id).await,
            ];
            for conversation in conversations {
                let own = conversation.participants.iter().find(|it| it.user_id == admin.id);
                assert_eq!(own.map(|own| own.read_seq), Some(read[who]), "{who} in round {round}");
                assert_eq!(conversation.unread, Some(last - read[who]), "{who} in round {round}");
            }
        }
        let furthest = anna.conversation(&id).await.participants.into_iter().filter(|it| it.role == Role::Admin);
        assert_eq!(furthest.map(|it| it.read_seq).collect::<Vec<_>>(), [last]);
    }
}

/// One step of an interleaved conversation.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// This person sends a message.
    Say(usize),
    /// The first admin changes the order to the next status, if there is one.
    Confirm,
    /// This person reads up to this share of the conversation, in percent; over REST if true.
    Read(usize, u64, bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3usize).prop_map(Step::Say),
        1 => Just(Step::Confirm),
        4 => (0..3usize, 0..=100u64, any::<bool>()).prop_map(|(who, share, rest)| Step::Read(who, share, rest)),
    ]
}

/// `unread` equals a count of the messages for any interleaving and any cursors.
#[test]
fn unread_is_exact() {
    // One shop for all cases. Each case has its own users.
    let shop = tokio::sync::OnceCell::new();
    let variables = Variables { seed: "JOURNEY_SEED", count: "JOURNEY_CASES" };
    cases(&variables, 25, || prop::collection::vec(step(), 1..20), &async |case, steps: Vec<Step>| {
        let shop = shop.get_or_init(Shop::open).await;
        let people = [
            shop.customer(&format!("anna{case}")),
            shop.admin(&format!("ben{case}")),
            shop.admin(&format!("cleo{case}")),
        ];
        let placed = people[0].order().await;
        let id = placed.conversation.id;
        let mut clients = Vec::new();
        for person in &people {
            clients.push(person.connect().await);
        }
        let mut log = vec![Side::Customer];
        let mut read = [0u64; 3];
        let side = |who| if who == 0 { Side::Customer } else { Side::Shop };
        let count = |log: &[Side], who: usize, read: u64| {
            log[usize::try_from(read).unwrap()..].iter().filter(|it| **it != side(who)).count() as u64
        };
        for step in steps {
            match step {
                Step::Say(who) => {
                    let message = clients[who].say(&id, "hi").await;
                    log.push(side(who));
                    assert_eq!(message.seq, log.len() as u64);
                }
                Step::Confirm => {
                    let update = people[1].set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
                    if update.message.is_some() {
                        log.push(Side::Shop);
                    }
                }
                Step::Read(who, share, rest) => {
                    let seq = log.len() as u64 * share / 100;
                    let answer =
                        if rest { people[who].read(&id, seq).await } else { clients[who].read(&id, seq).await };
                    read[who] = read[who].max(seq);
                    assert_eq!((answer.read_seq, answer.unread), (read[who], count(&log, who, read[who])));
                }
            }
            for (who, person) in people.iter().enumerate() {
                let unread = person.conversation(&id).await.unread;
                assert_eq!(unread, Some(count(&log, who, read[who])), "{} of {log:?}", person.id);
            }
        }
        let listed = people[0].conversations("").await.items;
        assert_eq!(listed[0].unread, Some(count(&log, 0, read[0])));
    });
}

/// Also no empty frame, which API Gateway may count.
#[tokio::test]
async fn a_receipt_without_a_request_id_gets_only_errors() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    ben.say(&id, "hello").await;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    for (action, seq) in [("message_delivered", 1), ("message_read", 2)] {
        phone.send_text(json!({"action": action, "conversationId": id, "seq": seq}).to_string()).await;
        let is_receipt = |event: &Event| match event {
            Event::MessageDelivered { seq: to, .. } | Event::MessageRead { seq: to, .. } => *to == seq,
            _ => false,
        };
        desk.wait_for(action, is_receipt).await;
    }
    assert_eq!(heard(&phone).await, []);
    phone.send_text(json!({"action": "message_read", "conversationId": id, "seq": 9}).to_string()).await;
    let error = phone.wait_for("the error", |event| matches!(event, Event::Error { .. })).await;
    let Event::Error { request_id, code, .. } = error else { unreachable!() };
    assert_eq!((request_id, code), (None, Code::InvalidRequest));
    assert_eq!(phone.noise(), [""; 0]);
    let now = participant(&anna, &id, "anna").await;
    assert_eq!((now.read_seq, now.delivered_seq), (2, 2));
}
