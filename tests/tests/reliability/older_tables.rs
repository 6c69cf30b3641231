//! A conversation that the version before wrote goes on: its head has no last change, its counts are
//! of messages alone, and no message has ever changed.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{ConversationId, ConversationStatus, SharedId};
use protocol::{Code, Conversation};
use serde_json::{Value, json};
use tests::{Shop, User, client_message_id, now_millis};

type Item = HashMap<String, AttributeValue>;

/// The attributes that a head of the version before can have.
const OLDER_HEAD: [&str; 25] = [
    "pk", "sk", "n", "a", "m", "is", "im", "cu", "cn", "ot", "oi", "op", "oc", "os", "oa", "ou", "cr", "ca", "cd",
    "cg", "an", "ar", "aa", "ad", "ag",
];

/// The state of an older conversation.
#[derive(Clone, Copy, Debug)]
enum Older {
    /// It was written by people.
    Written,
    /// A crash left the last message out of the log.
    LastNotInLog,
    /// It was imported.
    Imported,
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn n(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{number}"))
}

fn map<const N: usize>(entries: [(&str, AttributeValue); N]) -> AttributeValue {
    AttributeValue::M(entries.map(|(name, value)| (name.to_owned(), value)).into())
}

/// A message as it is in the log and in the head.
fn message(seq: u64, user: &User, at: i64) -> Item {
    let role = if user.role == domain::Role::Admin { "admin" } else { "customer" };
    let of = [
        ("i", s(format!("{seq:a>16}"))),
        ("c", s(client_message_id().to_string())),
        ("u", s(&user.id)),
        ("r", s(role)),
        ("w", s(&user.name)),
        ("b", s(format!("message {seq}"))),
        ("t", n(at)),
    ];
    of.map(|(name, value)| (name.to_owned(), value)).into()
}

/// A conversation of anna with five messages, in the form of the version before: "Order placed", anna,
/// ben, anna, ben. Anna has read two of them, and cleo three.
async fn older(shop: &Shop, older: Older) -> ConversationId {
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let x: &SharedId = id.shared_id();
    let (table, name) = (Table::new(shop.sdk()), shop.table());
    let key = |sk: &str| Item::from([("pk".to_owned(), s(x.as_str())), ("sk".to_owned(), s(sk))]);
    let at = now_millis() - 60_000;

    let mut last = Item::new();
    for seq in 2..=5u64 {
        last = message(seq, if seq % 2 == 0 { &anna } else { &ben }, at);
        let mut item = key(&format!("L{seq:012}"));
        item.extend(last.clone());
        item.insert("a".to_owned(), n((seq - 1) / 2));
        if seq < 5 || !matches!(older, Older::LastNotInLog) {
            table.put_item().table_name(name).set_item(Some(item)).send().await.expect("put");
        }
    }
    if matches!(older, Older::Imported) {
        let mut record = key("I");
        record.insert("h".to_owned(), s("the hash of what was imported"));
        table.put_item().table_name(name).set_item(Some(record)).send().await.expect("put");
    }
    let got = table.get_item().table_name(name).set_key(Some(key("Z"))).send().await.expect("get");
    let mut head = got.item.expect("a head");
    head.retain(|name, _| OLDER_HEAD.contains(&name.as_str()));
    let older_values = [
        ("n", n(5)),
        ("a", n(2)),
        ("m", AttributeValue::M(last)),
        ("im", s(format!("{:010}#{}", at / 60_000, x.as_str()))),
        ("cr", n(2)),
        ("ca", n(0)),
        ("cd", n(4)),
        ("an", map([("ben", s("Ben")), ("cleo", s("Cleo"))])),
        ("ar", map([("cleo", n(3))])),
        ("aa", map([("cleo", n(1))])),
        ("ad", map([("ben", n(4))])),
        ("ag", map([("ben", n(at))])),
    ];
    head.extend(older_values.map(|(name, value)| (name.to_owned(), value)));
    table.put_item().table_name(name).set_item(Some(head)).send().await.expect("put");
    id
}

/// How many messages are unread for anna, ben and cleo.
async fn unread(shop: &Shop, id: &ConversationId) -> [Option<u64>; 3] {
    let mut found = [None; 3];
    for (unread, user) in found.iter_mut().zip([shop.customer("anna"), shop.admin("ben"), shop.admin("cleo")]) {
        *unread = user.conversation(id).await.unread;
        assert_eq!(user.conversations("").await.items[0].unread, *unread, "{}", user.id);
    }
    found
}

async fn changed(user: &User, id: &ConversationId, seq: u64, mut change: Value, seen: u64) -> Value {
    (change["changeId"], change["seenSeq"]) = (json!(client_message_id()), seen.into());
    user.post(&format!("/api/chat/conversations/{id}/messages/{seq}/changes"), &change).await.expect(201)
}

async fn set_status(user: &User, id: &ConversationId, status: ConversationStatus) -> Conversation {
    let answer = user.patch(&format!("/api/chat/conversations/{id}"), &json!({"status": status})).await;
    answer.ok::<protocol::ConversationUpdate>().conversation
}

#[tokio::test]
async fn a_conversation_of_the_version_before_goes_on() {
    for state in [Older::Written, Older::LastNotInLog, Older::Imported] {
        let shop = Shop::open().await;
        let id = older(&shop, state).await;
        let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
        let desk = cleo.connect_and_join(&id).await;

        let seen = anna.conversation(&id).await;
        assert_eq!((seen.last_seq, seen.last_message.seq, seen.status), (5, 5, ConversationStatus::Active));
        assert_eq!((seen.desk_seq, ben.conversation(&id).await.desk_seq), (None, Some(0)));
        assert_eq!(unread(&shop, &id).await, [Some(2), Some(3), Some(1)], "{state:?}");
        let page = anna.history(&id, "after=0").await;
        assert_eq!((page.messages.len(), page.changes.len(), page.others.len()), (5, 0, 0), "{state:?}");

        // Changes are the next entries, and nothing becomes unread by them.
        let answer = changed(&anna, &id, 4, json!({"edit": {"body": "new"}}), 5).await;
        assert_eq!((&answer["change"]["seq"], &answer["message"]["body"]), (&json!(6), &json!("new")), "{state:?}");
        let answer = changed(&ben, &id, 2, json!({"react": {"emoji": "\u{1f44d}", "on": true}}), 5).await;
        assert_eq!((&answer["change"]["seq"], &answer["message"]["changedSeq"]), (&json!(7), &json!(7)));
        let note = json!({"changeId": client_message_id(), "note": {"body": "psst"}, "seenDeskSeq": 0});
        let answer: Value = ben.post(&format!("/api/chat/conversations/{id}/desk"), &note).await.expect(201);
        assert_eq!((&answer["entry"]["deskSeq"], &answer["entry"]["afterSeq"]), (&json!(1), &json!(7)));
        assert_eq!(set_status(&cleo, &id, ConversationStatus::Archived).await.last_seq, 8);
        assert_eq!(unread(&shop, &id).await, [Some(2), Some(3), Some(1)], "{state:?}");

        // Messages count as before.
        assert_eq!(anna.say(&id, "more").await.seq, 9);
        let reply = json!({"clientMessageId": client_message_id(), "body": "yes", "seenSeq": 9, "replyTo": 5});
        let answer: Value = ben.post(&format!("/api/chat/conversations/{id}/messages"), &reply).await.expect(201);
        assert_eq!((&answer["message"]["seq"], &answer["message"]["replyTo"]), (&json!(10), &json!(5)));
        let late = json!({"clientMessageId": client_message_id(), "body": "late", "seenSeq": 9, "expectLast": true});
        cleo.post(&format!("/api/chat/conversations/{id}/messages"), &late).await.refused(Code::Overtaken);
        assert_eq!(unread(&shop, &id).await, [Some(3), Some(4), Some(2)], "{state:?}");

        // A cursor can stop at an older entry, at a change, and at the end.
        assert_eq!(cleo.read(&id, 4).await.unread, 1);
        assert_eq!(anna.read(&id, 3).await.unread, 2);
        assert_eq!(anna.read(&id, 7).await.unread, 1);
        assert_eq!(ben.read(&id, 10).await.unread, 0);
        assert_eq!(desk.delivered(&id, 10).await, 10);
        changed(&ben, &id, 5, json!({"delete": {}}), 10).await;
        assert_eq!(unread(&shop, &id).await, [Some(1), Some(0), Some(1)], "{state:?}");

        let log = ben.log_after(&id, 0).await;
        let seqs = log.messages.iter().map(|it| it.seq).chain(log.changes.iter().map(|it| it.seq));
        assert_eq!(seqs.collect::<BTreeSet<u64>>(), (1..=11).collect(), "{state:?}");
        let last = anna.conversation(&id).await;
        assert_eq!((last.last_seq, last.last_message.seq, last.status), (11, 10, ConversationStatus::Active));
        shop.close().await;
    }
}

/// The attributes of a head that a version without the desk does not write.
const OF_THE_DESK: [&str; 13] = ["qa", "qk", "iq", "pr", "tg", "z", "ze", "zp", "ws", "w", "f1", "sb", "so"];

/// A conversation as the version without the desk wrote it, with a message of anna.
async fn without_desk(shop: &Shop) -> ConversationId {
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    anna.say(&id, "When?").await;
    let mut head = shop.head_item(&id).await;
    head.retain(|name, _| !OF_THE_DESK.contains(&name.as_str()));
    Table::new(shop.sdk()).put_item().table_name(shop.table()).set_item(Some(head)).send().await.expect("put");
    id
}

/// The ids of the conversations that nobody takes care of.
async fn unassigned(admin: &User) -> Vec<ConversationId> {
    admin.conversations("assignee=none").await.items.into_iter().map(|item| item.id).collect()
}

/// It gets into its queue with the next message, with a decision, or by the backfill.
#[tokio::test]
async fn a_conversation_without_a_desk_gets_one() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(without_desk(&shop).await);
    }
    assert_eq!(unassigned(&ben).await, []);
    assert_eq!(ben.desk(&ids[0]).await, protocol::Desk::default());
    anna.say(&ids[0], "Hello?").await;
    assert!(ben.desk(&ids[0]).await.waiting_since.is_some());
    ben.say(&ids[1], "Tomorrow").await;
    ben.at_desk(&ids[2], json!({"prioritize": {"to": "high"}})).await;
    set_status(&ben, &ids[3], ConversationStatus::Closed).await;
    let queue: BTreeSet<String> = unassigned(&ben).await.iter().map(ToString::to_string).collect();
    assert_eq!(queue, ids[..3].iter().map(ToString::to_string).collect());
    shop.sweep().await;
    let queue: BTreeSet<String> = unassigned(&ben).await.iter().map(ToString::to_string).collect();
    assert_eq!(queue, [&ids[..3], &ids[4..]].concat().iter().map(ToString::to_string).collect());
    set_status(&ben, &ids[3], ConversationStatus::Active).await;
    assert_eq!(unassigned(&ben).await.len(), 5);
    let views: protocol::Views = ben.get("/api/chat/views").await.ok();
    assert_eq!((views.unassigned, views.all), (5, 5));
}
