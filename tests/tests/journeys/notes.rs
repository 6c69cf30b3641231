//! The shop's log: admins write notes, and only admins get them.

use domain::{ConversationStatus, DeskEntry, DeskKind, Emoji, Person};
use protocol::{Code, DeskAnswer, Event};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Client, Shop, client_message_id};

/// The notes that a connection was told of, and nothing else.
async fn told(client: &Client) -> Vec<DeskEntry> {
    let entry = |event: Event| match event {
        Event::DeskUpdated { conversation_id, entry, .. } => {
            assert_eq!(conversation_id, entry.conversation_id);
            entry
        }
        other => panic!("unexpected {other:?}"),
    };
    client.drain().await.into_iter().map(entry).collect()
}

#[tokio::test]
async fn every_admin_gets_a_note_and_no_customer() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    let (phone, laptop) = (anna.connect_and_join(&id).await, anna.connect().await);
    let (desk, counter, home) = (ben.connect_and_join(&id).await, ben.connect().await, cleo.connect().await);
    let mut all = Vec::new();
    for (n, writer) in [&ben, &cleo, &ben].into_iter().enumerate() {
        anna.say(&id, "hi").await;
        for client in [&phone, &laptop, &desk, &counter, &home] {
            client.drain().await;
        }
        let before = (anna.conversation(&id).await, cleo.conversation(&id).await);
        let change_id = client_message_id();
        let body = format!("<b>note</b>\n\t{n} 😀");
        let written: DeskAnswer = writer.post_note(&id, change_id, &body, None).await.expect(201);
        let entry = written.entry.expect("a note");
        let by = Person { user_id: writer.id.clone(), role: writer.role, name: writer.name.clone() };
        let (desk_seq, after_seq) = (n as u64 + 1, n as u64 + 2);
        let created_at = entry.created_at;
        let (kind, conversation_id) = (DeskKind::Note { body }, id.clone());
        assert_eq!(entry, DeskEntry { conversation_id, desk_seq, change_id, kind, by, after_seq, created_at });
        for client in [&desk, &counter, &home] {
            assert_eq!(told(client).await, std::slice::from_ref(&entry));
        }
        for client in [&phone, &laptop] {
            assert!(client.drain().await.is_empty());
        }
        all.push(entry);
        // Nothing else of the conversation changes: no activity, nothing unread, no participant.
        assert_eq!(anna.conversation(&id).await, before.0);
        let now = cleo.conversation(&id).await;
        assert_eq!(now.desk_seq, Some(desk_seq));
        assert_eq!(protocol::Conversation { desk_seq: before.1.desk_seq, ..now }, before.1);
        for admin in [&ben, &cleo] {
            let page = admin.desk_log(&id, "").await;
            assert_eq!((page.entries, page.desk_seq, page.has_more), (all.clone(), desk_seq, false));
            assert_eq!(admin.conversations("").await.items[0].desk_seq, Some(desk_seq));
        }
        assert_eq!(desk.join(&id).await.desk_seq, Some(desk_seq));
    }
    assert_eq!(phone.join(&id).await.desk_seq, None);
}

#[tokio::test]
async fn the_log_is_read_in_pages() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let page = ben.desk_log(&id, "").await;
    assert_eq!((page.entries.len(), page.desk_seq, page.has_more), (0, 0, false));
    let mut all = Vec::new();
    for n in 0..60 {
        all.push(ben.note(&id, &n.to_string()).await);
    }
    // query, the first and last `deskSeq` of the page, whether there are more
    for (query, range, more) in [
        ("", 1..51, true),
        ("limit=100", 1..61, false),
        ("limit=1", 1..2, true),
        ("after=50", 51..61, false),
        ("after=0&limit=60", 1..61, false),
        ("after=58&limit=1", 59..60, true),
        ("after=59&limit=1", 60..61, false),
        ("after=60", 61..61, false),
        ("after=1000", 61..61, false),
        ("after=18446744073709551615", 61..61, false),
    ] {
        let page = ben.desk_log(&id, query).await;
        assert_eq!((page.desk_seq, page.has_more), (60, more), "{query}");
        assert_eq!(page.entries, all[range.start - 1..range.end - 1], "{query}");
    }
    for (query, field) in [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("after=-1", "after")] {
        let answer = ben.get(&format!("/api/chat/conversations/{id}/desk?{query}")).await;
        assert!(answer.refused(Code::InvalidRequest).detail.contains(field), "{query}");
    }
}

#[tokio::test]
async fn a_repeated_note_is_written_once() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    let desk = cleo.connect().await;
    for seen in [None, Some(3), Some(6)] {
        let at = ben.desk_log(&id, "").await.desk_seq;
        let change_id = client_message_id();
        let first: DeskAnswer = ben.post_note(&id, change_id, "calls often", seen).await.expect(201);
        for _ in 0..2 {
            let again: DeskAnswer = ben.post_note(&id, change_id, "calls often", seen).await.ok();
            assert_eq!(again, first);
        }
        let first = first.entry.expect("a note");
        let between = cleo.note(&id, "yes").await;
        let again: DeskAnswer = ben.post_note(&id, change_id, "calls often", seen).await.ok();
        assert_eq!(again.entry.as_ref(), Some(&first));
        // The same id from another admin is another note.
        let other: DeskAnswer = cleo.post_note(&id, change_id, "calls often", seen).await.expect(201);
        let page = ben.desk_log(&id, &format!("after={at}")).await;
        assert_eq!(page.entries, [first, between, other.entry.expect("a note")]);
    }
    assert!(told(&desk).await.iter().all(|entry| entry.desk_seq <= 9));
    let change_id = client_message_id();
    let copies = (0..6).map(|_| ben.post_note(&id, change_id, "at once", Some(9)));
    let mut statuses: Vec<_> = futures_util::future::join_all(copies).await.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 201]);
    assert_eq!(ben.desk_log(&id, "").await.desk_seq, 10);
}

#[tokio::test]
async fn concurrent_notes_have_one_order() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let admins: Vec<_> = (0..6).map(|n| shop.admin(&format!("admin{n}"))).collect();
    let notes = admins.iter().map(async |admin| {
        for n in 0..4 {
            admin.note(&id, &n.to_string()).await;
        }
    });
    let talk = async {
        for _ in 0..10 {
            anna.say(&id, "hi").await;
        }
    };
    tokio::join!(futures_util::future::join_all(notes), talk);
    let page = admins[0].desk_log(&id, "").await;
    assert_eq!(page.entries.iter().map(|it| it.desk_seq).collect::<Vec<_>>(), (1..=24).collect::<Vec<_>>());
    assert!(page.entries.iter().map(|it| it.after_seq).is_sorted());
    assert_eq!(anna.conversation(&id).await.last_seq, 11);
}

#[tokio::test]
async fn a_wrong_field_of_a_note_is_named() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    ben.note(&id, "first").await;
    let path = format!("/api/chat/conversations/{id}/desk");
    for (wrong, named) in [
        (json!({"note": {"body": ""}}), "body"),
        (json!({"note": {"body": " \n\t\u{a0}"}}), "body"),
        (json!({"note": {"body": "a".repeat(4_001)}}), "body"),
        (json!({"note": {"body": "bell \u{7}"}}), "body"),
        (json!({"note": {"body": 7}}), "body"),
        (json!({"note": {}}), "body"),
        (json!({"note": "x"}), "note"),
        (json!({"note": null}), "note"),
        (json!({"changeId": "x"}), "changeId"),
        (json!({"changeId": null}), "changeId"),
        (json!({"seenDeskSeq": -1}), "seenDeskSeq"),
        (json!({"seenDeskSeq": "1"}), "seenDeskSeq"),
        (json!({"seenDeskSeq": 2}), "seenDeskSeq"),
        (json!({"seenDeskSeq": u64::MAX}), "seenDeskSeq"),
    ] {
        let mut note = json!({"changeId": client_message_id(), "note": {"body": "x"}});
        note.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let detail = ben.post(&path, &note).await.refused(Code::InvalidRequest).detail;
        assert!(detail.contains(named), "{wrong}: {detail}");
    }
    for text in ["", "{", "nonsense"] {
        ben.call(Method::POST, &path, &[], Some(text.to_owned())).await.refused(Code::BadRequest);
    }
    assert_eq!(ben.desk_log(&id, "").await.desk_seq, 1);
    let longest = ben.note(&id, &"😀".repeat(4_000)).await;
    assert_eq!(ben.desk_log(&id, "after=1").await.entries, [longest]);
}

/// Customers get the same answer for their own conversation, for another's, and for none.
#[tokio::test]
async fn customers_may_not() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    ben.note(&id, "first").await;
    let nowhere = domain::SharedId::from_random([42; 16]).conversation_id();
    let mut answers = Vec::new();
    for user in [&anna, &bob] {
        for id in [&id, &nowhere] {
            let written = user.post_note(id, client_message_id(), "mine", None).await;
            let read = user.get(&format!("/api/chat/conversations/{id}/desk")).await;
            for answer in [written, read] {
                answer.refused(Code::Forbidden);
                answers.push(answer.text);
            }
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    for id in [nowhere.to_string(), "cnv_x".to_owned(), "x".to_owned()] {
        ben.post_note(&id, client_message_id(), "x", None).await.refused(Code::NotFound);
        ben.get(&format!("/api/chat/conversations/{id}/desk")).await.refused(Code::NotFound);
    }
    assert_eq!(ben.desk_log(&id, "").await.desk_seq, 1);
}

/// A note is for the shop, so the status of the conversation does not matter, and it changes
/// nothing of the conversation.
#[tokio::test]
async fn a_conversation_of_any_status_takes_notes() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    for (n, status) in ConversationStatus::ALL.into_iter().enumerate() {
        ben.set_status(&id, status).await;
        let before = ben.conversation(&id).await;
        let entry = ben.note(&id, "still").await;
        assert_eq!((entry.desk_seq, entry.after_seq), (n as u64 + 1, before.last_seq));
        let now = ben.conversation(&id).await;
        assert_eq!((now.status, now.last_seq), (status, before.last_seq));
        assert_eq!((now.last_activity_at, now.unread), (before.last_activity_at, before.unread));
    }
    // Changes and messages leave the notes as they are.
    ben.set_status(&id, ConversationStatus::Active).await;
    let before: Value = ben.get(&format!("/api/chat/conversations/{id}/desk")).await.ok();
    anna.say(&id, "hi").await;
    ben.react(&id, anna.conversation(&id).await.last_seq, Emoji::Heart, true).await;
    assert_eq!(ben.get(&format!("/api/chat/conversations/{id}/desk")).await.ok::<Value>(), before);
}
