//! Messages that answer another message (`replyTo`), and answers that must not cross another
//! admin's (`expectLast`).
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use domain::{ConversationId, ConversationStatus, Message};
use protocol::{Code, Event, MessageAnswer};
use serde_json::{Value, json};
use tests::{Answer, Client, Refused, Sent, Shop, User, client_message_id};
use uuid::Uuid;

/// A message with the further fields `more`.
fn message(client_id: Uuid, body: &str, more: &Value) -> Value {
    let mut message = json!({"clientMessageId": client_id, "body": body});
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    message
}

/// Sends over REST.
async fn post(user: &User, id: &ConversationId, client_id: Uuid, body: &str, more: &Value) -> Answer {
    user.post(&format!("/api/chat/conversations/{id}/messages"), &message(client_id, body, more)).await
}

/// Sends over WebSocket.
async fn send(
    client: &Client,
    id: &ConversationId,
    client_id: Uuid,
    body: &str,
    more: &Value,
) -> Result<Sent, Refused> {
    let mut fields = message(client_id, body, more);
    fields["conversationId"] = json!(id);
    client.request("send_message", fields).await.map(|ack| serde_json::from_value(ack).unwrap())
}

async fn refused(user: &User, client: &Client, id: &ConversationId, more: &Value, code: Code) -> String {
    let problem = post(user, id, client_message_id(), "x", more).await.refused(code);
    let error = send(client, id, client_message_id(), "x", more).await.unwrap_err();
    assert_eq!((error.code, &error.message), (code, &problem.detail), "{more}");
    problem.detail
}

#[tokio::test]
async fn both_sides_answer_messages_over_rest_and_websocket() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let question = anna.say(&id, "Is it blue?").await;
    let (phone, desk, home) =
        (anna.connect_and_join(&id).await, ben.connect_and_join(&id).await, shop.admin("cleo").connect().await);
    let mut seq = question.seq;
    // A message, an answer, a system message; with and without `seenSeq`.
    for (reply_to, seen) in [(2, None), (2, Some(3)), (1, Some(4)), (3, None)] {
        for (user, client) in [(&anna, &phone), (&ben, &desk)] {
            home.drain().await;
            let mut more = json!({"replyTo": reply_to});
            if let Some(seen) = seen {
                more["seenSeq"] = json!(seen);
            }
            let over_rest: MessageAnswer = post(user, &id, client_message_id(), "Yes", &more).await.expect(201);
            let over_websocket = send(client, &id, client_message_id(), "Yes!", &more).await.unwrap();
            assert!(!over_websocket.duplicate);
            let sent = [over_rest.message, over_websocket.message];
            for message in &sent {
                seq += 1;
                assert_eq!((message.seq, message.reply_to, message.changed_seq), (seq, Some(reply_to), None));
            }
            assert_eq!(anna.messages_after(&id, seq - 2).await, sent);
            let pushed = home.drain().await.into_iter().map(|event| match event {
                Event::OrderMessageUpdate { message, .. } => message,
                other => panic!("unexpected {other:?}"),
            });
            assert_eq!(pushed.collect::<Vec<_>>(), sent);
            assert_eq!(ben.conversation(&id).await.last_message, sent[1]);
        }
    }
    // The answered message does not change.
    assert_eq!(anna.messages(&id).await[1], question);
}

#[tokio::test]
async fn only_a_message_of_this_conversation_is_answered() {
    let shop = Shop::open().await;
    let (anna, bob, ben) = (shop.customer("anna"), shop.customer("bob"), shop.admin("ben"));
    let (id, longer) = (anna.order().await.conversation.id, anna.order().await.conversation.id);
    anna.say(&id, "hi").await;
    anna.say(&id, "a slip").await;
    anna.delete(&id, 3).await; // 4
    ben.set_status(&id, ConversationStatus::Archived).await; // 5
    for n in 2..9 {
        anna.say(&longer, &n.to_string()).await;
    }
    let (phone, desk, strange) = (anna.connect().await, ben.connect().await, bob.connect().await);
    let before = (anna.history(&id, "").await, ben.conversation(&id).await);
    // A deleted message, changes, beyond the end, none, no number that a log can have.
    for reply_to in [3, 4, 5, 6, 7, 0, 999_999_999_999, 1_000_000_000_000, u64::MAX] {
        for seen in [Value::Null, json!(1), json!(5)] {
            let more = json!({"replyTo": reply_to, "seenSeq": seen});
            for (user, client) in [(&anna, &phone), (&ben, &desk)] {
                let detail = refused(user, client, &id, &more, Code::InvalidRequest).await;
                assert!(detail.contains("replyTo"), "{detail}");
            }
        }
    }
    for wrong in [json!(-1), json!("2"), json!(1.5)] {
        let detail = refused(&anna, &phone, &id, &json!({"replyTo": wrong}), Code::InvalidRequest).await;
        assert!(detail.contains("replyTo"), "{detail}");
    }
    // A stranger learns nothing of what there is.
    for reply_to in [2, 3, 4, 100] {
        for seen in [Value::Null, json!(1), json!(100)] {
            let more = json!({"replyTo": reply_to, "seenSeq": seen});
            refused(&bob, &strange, &id, &more, Code::NotFound).await;
        }
    }
    assert_eq!((anna.history(&id, "").await, ben.conversation(&id).await), before);
}

#[tokio::test]
async fn a_repeated_answer_is_recognised_after_the_answered_message_was_deleted() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let phone = anna.connect().await;
    for seen in [Some(2), None] {
        let question = ben.say(&id, "Is it for you?").await;
        let more = json!({"replyTo": question.seq, "seenSeq": seen.map(|_| question.seq)});
        let client_id = client_message_id();
        let first: MessageAnswer = post(&anna, &id, client_id, "Yes", &more).await.expect(201);
        let again: MessageAnswer = post(&anna, &id, client_id, "Yes", &more).await.ok();
        assert_eq!(again, first);
        ben.delete(&id, question.seq).await;
        let again: MessageAnswer = post(&anna, &id, client_id, "Yes", &more).await.ok();
        assert_eq!(again, first);
        let again = send(&phone, &id, client_id, "Yes", &more).await.unwrap();
        assert_eq!((again.duplicate, &again.message), (true, &first.message));
        // A new one is refused.
        refused(&anna, &phone, &id, &more, Code::InvalidRequest).await;
    }
}

/// The first of two admins who answer at the same time is stored. The second sees that answer, and
/// decides.
#[tokio::test]
async fn an_answer_after_another_admins_is_overtaken() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    let (desk, home) = (ben.connect_and_join(&id).await, cleo.connect_and_join(&id).await);
    let phone = anna.connect_and_join(&id).await;
    for over_websocket in [false, true] {
        let question = anna.say(&id, "Is it blue?").await;
        let more = json!({"seenSeq": question.seq, "expectLast": true});
        let first: MessageAnswer = post(&ben, &id, client_message_id(), "Yes", &more).await.expect(201);
        // A later question of the customer and a change do not count: they are no answers.
        anna.say(&id, "Or green?").await;
        anna.edit(&id, question.seq, "Is it light blue?").await;
        for client in [&desk, &home, &phone] {
            client.drain().await;
        }
        let before = (anna.history(&id, "").await, cleo.conversation(&id).await);

        let client_id = client_message_id();
        for _ in 0..2 {
            let by = if over_websocket {
                let refused = send(&home, &id, client_id, "Sure", &more).await.unwrap_err();
                assert_eq!(refused.code, Code::Overtaken);
                *refused.overtaken_by.unwrap()
            } else {
                let refused = post(&cleo, &id, client_id, "Sure", &more).await.refused(Code::Overtaken);
                *refused.overtaken_by.unwrap()
            };
            assert_eq!(by, first.message);
        }
        assert_eq!((anna.history(&id, "").await, cleo.conversation(&id).await), before);
        for client in [&desk, &home, &phone] {
            assert!(client.drain().await.is_empty());
        }
        // She insists, with the same message.
        let insisted = json!({"seenSeq": question.seq});
        let sent: MessageAnswer = post(&cleo, &id, client_id, "Sure", &insisted).await.expect(201);
        assert_eq!(sent.message.seq, before.0.last_seq + 1);
        // A repeat is answered with or without `expectLast`.
        for more in [&more, &insisted] {
            let again: MessageAnswer = post(&cleo, &id, client_id, "Sure", more).await.ok();
            assert_eq!(again, sent);
        }
    }
}

#[tokio::test]
async fn only_unseen_answers_of_other_admins_overtake() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let placed = anna.order().await;
    let id = placed.conversation.id;
    let last = async |user: &User| user.conversation(&id).await.last_seq;
    let answer = async |user: &User, seen: u64| -> Answer {
        post(user, &id, client_message_id(), "answer", &json!({"seenSeq": seen, "expectLast": true})).await
    };
    let seq_of = |answer: Answer| answer.expect::<MessageAnswer>(201).message.seq;

    // The customer's messages, a system message by another admin, changes, and the sender's own.
    anna.say(&id, "Is it blue?").await;
    assert_eq!(seq_of(answer(&ben, 1).await), 3);
    assert_eq!(seq_of(answer(&ben, 2).await), 4, "his own");
    cleo.set_order_status(&placed.order.id, domain::OrderStatus::Confirmed).await;
    assert_eq!(seq_of(answer(&ben, 4).await), 6, "a system message");
    cleo.set_status(&id, ConversationStatus::Archived).await;
    cleo.react(&id, 6, domain::Emoji::Done, true).await;
    assert_eq!(seq_of(answer(&ben, 6).await), 9, "changes");
    // An answer that she has seen.
    assert_eq!(seq_of(answer(&cleo, 9).await), 10);
    // The newest of several answers is shown.
    let newest = ben.say(&id, "and more").await;
    let by = answer(&shop.admin("dora"), 5).await.refused(Code::Overtaken).overtaken_by.unwrap();
    assert_eq!(*by, newest);
    // An answer that was deleted is none, and the one before it is shown.
    ben.delete(&id, newest.seq).await;
    let by: Message = *answer(&shop.admin("dora"), 5).await.refused(Code::Overtaken).overtaken_by.unwrap();
    assert_eq!((by.seq, by.sender.user_id.as_str()), (10, "cleo"));
    let end = last(&ben).await;
    assert_eq!(seq_of(answer(&shop.admin("dora"), 10).await), end + 1);
    // A customer's message is never overtaken.
    assert_eq!(seq_of(answer(&anna, 2).await), end + 2);
    // Without `expectLast`, nobody's is.
    let plain = json!({"seenSeq": 2, "expectLast": false});
    let sent: MessageAnswer = post(&cleo, &id, client_message_id(), "late", &plain).await.expect(201);
    assert_eq!(sent.message.seq, end + 3);
}

#[tokio::test]
async fn expect_last_needs_seen_seq() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let desk = ben.connect().await;
    for wrong in [json!({"expectLast": true}), json!({"expectLast": "yes", "seenSeq": 1}), json!({"expectLast": 1})] {
        let detail = refused(&ben, &desk, &id, &wrong, Code::InvalidRequest).await;
        assert!(detail.contains("expectLast"), "{detail}");
    }
    let high = refused(&ben, &desk, &id, &json!({"expectLast": true, "seenSeq": 2}), Code::InvalidRequest).await;
    assert!(high.contains("seenSeq"), "{high}");
    assert_eq!(anna.conversation(&id).await.last_seq, 1);
}

/// Of many admins who answer at the same moment, one is stored.
#[tokio::test]
async fn of_concurrent_answers_one_is_stored() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    for _ in 0..3 {
        let seen = anna.say(&id, "Is anybody there?").await.seq;
        let admins: Vec<User> = (0..6).map(|n| shop.admin(&format!("admin{n}"))).collect();
        let more = json!({"seenSeq": seen, "expectLast": true});
        let answers = admins.iter().map(|admin| post(admin, &id, client_message_id(), "Yes", &more));
        let answers = futures_util::future::join_all(answers).await;
        let stored: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(stored.len(), 1);
        let stored = stored[0].expect::<MessageAnswer>(201).message;
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!(*answer.refused(Code::Overtaken).overtaken_by.unwrap(), stored);
        }
        assert_eq!(anna.messages_after(&id, seen).await, [stored]);
    }
}
