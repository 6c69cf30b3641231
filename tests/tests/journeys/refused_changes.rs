//! Changes that are refused: each has its error, and nothing changes.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use domain::{ConversationId, ConversationStatus, Emoji, OrderStatus};
use protocol::{ChangeAnswer, Code};
use serde_json::{Value, json};
use tests::{Client, Shop, User, client_message_id};

/// 15 minutes, for which a sender may edit a message.
const EDIT_MS: i64 = 15 * 60_000;

/// Everything of a conversation that can be seen.
async fn everything(id: &ConversationId, user: &User) -> [String; 3] {
    let path = format!("/api/chat/conversations/{id}");
    let listed = user.conversations("").await.items;
    [
        user.get(&path).await.text,
        user.get(&format!("{path}/messages")).await.text,
        serde_json::to_string(&listed).unwrap(),
    ]
}

/// Asks for a change over REST and WebSocket. Both are refused with the same code and text.
async fn refused(user: &User, client: &Client, id: &ConversationId, seq: u64, change: &Value, code: Code) -> String {
    let problem = user.post_change(id, seq, client_message_id(), change).await.refused(code);
    let error = client.change(id, seq, client_message_id(), change).await.unwrap_err();
    assert_eq!((error.code, &error.message), (code, &problem.detail), "{change}");
    problem.detail
}

#[tokio::test]
async fn a_wrong_field_of_a_change_is_named() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    anna.say(&id, "hi").await;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    desk.drain().await;
    let before = everything(&id, &ben).await;
    let heart = json!({"emoji": "❤️", "on": true});
    let cases = [
        (json!({}), "exactly one"),
        (json!({"edit": null, "delete": null, "react": null}), "exactly one"),
        (json!({"edit": {"body": "x"}, "delete": {}}), "exactly one"),
        (json!({"delete": {}, "react": heart}), "exactly one"),
        (json!({"edit": {"body": "x"}, "delete": {}, "react": heart}), "exactly one"),
        (json!({"edit": {}}), "body"),
        (json!({"edit": "x"}), "edit"),
        (json!({"edit": {"body": ""}}), "body"),
        (json!({"edit": {"body": " \n\t\u{a0}"}}), "body"),
        (json!({"edit": {"body": "a".repeat(4_001)}}), "body"),
        (json!({"edit": {"body": "nul \u{0}"}}), "body"),
        (json!({"edit": {"body": "dos\r\n"}}), "body"),
        (json!({"edit": {"body": 7}}), "body"),
        (json!({"delete": true}), "delete"),
        (json!({"react": {"emoji": "❤️"}}), "on"),
        (json!({"react": {"emoji": "❤️", "on": 1}}), "on"),
        (json!({"react": {"on": true}}), "emoji"),
        (json!({"react": {"emoji": "", "on": true}}), "emoji"),
        // No emoji, one that is not in the set, one with a skin tone, two, one without its variation
        // selector.
        (json!({"react": {"emoji": "like", "on": true}}), "emoji"),
        (json!({"react": {"emoji": "🍕", "on": true}}), "emoji"),
        (json!({"react": {"emoji": "👍🏽", "on": true}}), "emoji"),
        (json!({"react": {"emoji": "👍👍", "on": true}}), "emoji"),
        (json!({"react": {"emoji": "❤", "on": true}}), "emoji"),
        (json!({"react": heart, "seenSeq": -1}), "seenSeq"),
        (json!({"react": heart, "seenSeq": "1"}), "seenSeq"),
        (json!({"react": heart, "seenSeq": 1.5}), "seenSeq"),
        // Past the conversation's last entry.
        (json!({"react": heart, "seenSeq": 3}), "seenSeq"),
        (json!({"react": heart, "seenSeq": 1_000_000_000_000u64}), "seenSeq"),
        (json!({"react": heart, "seenSeq": u64::MAX}), "seenSeq"),
    ];
    for (change, named) in cases {
        let detail = refused(&anna, &phone, &id, 2, &change, Code::InvalidRequest).await;
        assert!(detail.contains(named), "{change}: {detail}");
    }
    for change_id in [json!(null), json!("x"), json!(7)] {
        let path = format!("/api/chat/conversations/{id}/messages/2/changes");
        let body = json!({"changeId": change_id, "delete": {}});
        let detail = anna.post(&path, &body).await.refused(Code::InvalidRequest).detail;
        assert!(detail.contains("changeId"), "{detail}");
        let frame = json!({"conversationId": id, "seq": 2, "changeId": change_id, "delete": {}});
        assert!(phone.refused("change_message", frame, Code::InvalidRequest).await.message.contains("changeId"));
    }
    for seq in [json!(null), json!(-1), json!("2"), json!(1.5)] {
        let frame = json!({"conversationId": id, "seq": seq, "changeId": client_message_id(), "delete": {}});
        assert!(phone.refused("change_message", frame, Code::InvalidRequest).await.message.contains("seq"));
    }
    assert_eq!(everything(&id, &ben).await, before);
    assert!(desk.drain().await.is_empty());
    // The longest text, and the last entry as `seenSeq`.
    let longest = anna.change(&id, 2, &json!({"edit": {"body": "😀".repeat(4_000)}, "seenSeq": 2})).await;
    assert_eq!(anna.messages(&id).await[1], longest.message);
}

#[tokio::test]
async fn what_is_no_message_is_not_found() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let longer = bob.order().await.conversation.id;
    anna.say(&id, "hi").await;
    ben.react(&id, 2, Emoji::Joy, true).await; // 3
    ben.set_status(&id, ConversationStatus::Archived).await; // 4
    for n in 2..8 {
        bob.say(&longer, &n.to_string()).await;
    }
    let (phone, desk, strange) = (anna.connect().await, ben.connect().await, bob.connect().await);
    let before = (everything(&id, &ben).await, everything(&longer, &ben).await);
    for (user, client) in [(&anna, &phone), (&ben, &desk)] {
        for change in
            [json!({"edit": {"body": "x"}}), json!({"delete": {}}), json!({"react": {"emoji": "😂", "on": true}})]
        {
            // Changes, beyond the end (where the other conversation has messages), none, and no
            // number that a log can have.
            for seq in [3, 4, 5, 7, 0, 999_999_999_999, 1_000_000_000_000, u64::MAX] {
                refused(user, client, &id, seq, &change, Code::NotFound).await;
            }
            // A message of a conversation in which the caller does not take part.
            for seq in [1, 2, 3, 100] {
                refused(&bob, &strange, &id, seq, &change, Code::NotFound).await;
            }
        }
    }
    let path = format!("/api/chat/conversations/{id}/messages");
    for seq in ["x", "-1", "1.5", "2%00", "18446744073709551616", "%20"] {
        let body = json!({"changeId": client_message_id(), "delete": {}});
        anna.post(&format!("{path}/{seq}/changes"), &body).await.refused(Code::NotFound);
    }
    assert_eq!((everything(&id, &ben).await, everything(&longer, &ben).await), before);
}

#[tokio::test]
async fn only_the_sender_edits_and_only_admins_delete_what_others_wrote() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    // An admin with a customer's user id is somebody else.
    let (other_anna, other_ben) = (shop.admin("anna"), shop.customer("ben"));
    let id = anna.order().await.conversation.id;
    anna.say(&id, "hi").await;
    ben.say(&id, "hello").await;
    let before = everything(&id, &cleo).await;
    let edit = json!({"edit": {"body": "x"}});
    let delete = json!({"delete": {}});
    for (user, seq, change) in [
        (&anna, 3, &edit),
        (&anna, 3, &delete),
        (&ben, 2, &edit),
        (&cleo, 2, &edit),
        (&cleo, 3, &edit),
        (&other_anna, 2, &edit),
    ] {
        refused(user, &user.connect().await, &id, seq, change, Code::Forbidden).await;
    }
    for change in [&edit, &delete] {
        refused(&other_ben, &other_ben.connect().await, &id, 3, change, Code::NotFound).await;
    }
    assert_eq!(everything(&id, &cleo).await[1], before[1]);
    assert_eq!(cleo.conversation(&id).await.last_seq, 3);
}

#[tokio::test]
async fn system_messages_and_deleted_ones_do_not_change() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let placed = anna.order().await;
    let id = placed.conversation.id;
    ben.set_order_status(&placed.order.id, OrderStatus::Confirmed).await;
    for user in [&anna, &ben] {
        let said = user.say(&id, "hi").await.seq;
        user.react(&id, said, Emoji::Joy, true).await;
        user.delete(&id, said).await;
    }
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    let before = everything(&id, &ben).await;
    for (user, client) in [(&anna, &phone), (&ben, &desk)] {
        for change in [
            json!({"edit": {"body": "x"}}),
            json!({"delete": {}}),
            json!({"react": {"emoji": "👍", "on": true}}),
            json!({"react": {"emoji": "😂", "on": false}}),
        ] {
            for (seq, why) in [(1, "system"), (2, "system"), (3, "deleted"), (6, "deleted")] {
                let detail = refused(user, client, &id, seq, &change, Code::NotChangeable).await;
                assert!(detail.contains(why), "{change} of {seq}: {detail}");
            }
        }
    }
    assert_eq!(everything(&id, &ben).await, before);
    assert!(phone.drain().await.is_empty() && desk.drain().await.is_empty());
}

/// Whoever edits what is deleted at the same time gets one of two answers, and the message stays
/// deleted.
#[tokio::test]
async fn a_deletion_wins_over_an_edit() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    for _ in 0..8 {
        let said = anna.say(&id, "hi").await.seq;
        let edit = json!({"edit": {"body": "secret"}, "seenSeq": said});
        let change_id = client_message_id();
        let (edited, deleted) = tokio::join!(anna.post_change(&id, said, change_id, &edit), ben.delete(&id, said));
        if edited.status == 201 {
            assert!(edited.expect::<ChangeAnswer>(201).change.seq < deleted.change.seq);
        } else {
            edited.refused(Code::NotChangeable);
        }
        let page = anna.history(&id, &format!("after={}", said - 1)).await;
        assert_eq!((page.messages[0].body.as_str(), &page.messages[0].deleted), ("", &deleted.message.deleted));
        assert_eq!(page.changes.len(), if edited.status == 201 { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_message_is_edited_for_15_minutes() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    for user in [&anna, &ben] {
        let client = user.connect().await;
        let young = shop.with_earlier_time(EDIT_MS - 60_000, user.say(&id, "young")).await.seq;
        assert_eq!(user.edit(&id, young, "still young").await.message.body, "still young");
        client.change(&id, young, client_message_id(), &json!({"edit": {"body": "young"}})).await.unwrap();

        let old = shop.with_earlier_time(EDIT_MS, user.say(&id, "old")).await.seq;
        let before = everything(&id, &ben).await;
        let detail = refused(user, &client, &id, old, &json!({"edit": {"body": "new"}}), Code::NotChangeable).await;
        assert!(detail.contains("time"), "{detail}");
        assert_eq!(everything(&id, &ben).await, before);
        // It takes reactions, and can be deleted.
        user.react(&id, old, Emoji::Thanks, true).await;
        user.delete(&id, old).await;
    }
}

#[tokio::test]
async fn a_closed_conversation_takes_no_changes_of_messages() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    anna.say(&id, "hi").await;
    ben.say(&id, "hello").await;
    let (phone, desk) = (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await);
    let change_id = client_message_id();
    let react = json!({"react": {"emoji": "👍", "on": true}, "seenSeq": 3});
    let first = phone.change(&id, 3, change_id, &react).await.unwrap();
    ben.set_status(&id, ConversationStatus::Closed).await;
    desk.drain().await;
    let before = everything(&id, &ben).await;
    for (user, client, own) in [(&anna, &phone, 2), (&ben, &desk, 3)] {
        for change in [json!({"edit": {"body": "x"}}), json!({"delete": {}}), react.clone()] {
            refused(user, client, &id, own, &change, Code::ConversationClosed).await;
        }
    }
    // A repeat is answered.
    let again = phone.change(&id, 3, change_id, &react).await.unwrap();
    assert_eq!((again.duplicate, again.change), (true, first.change));
    assert_eq!(everything(&id, &ben).await, before);
    assert!(desk.drain().await.is_empty());
    ben.set_status(&id, ConversationStatus::Active).await;
    anna.edit(&id, 2, "x").await;
}
