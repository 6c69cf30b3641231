//! The JSON of every wire type. A change here affects every client that is already deployed.

use domain::{
    Admin, Change, ChangeKind, ConversationStatus, Cursors, DeskEntry, DeskKind, Effect, Emoji, Head, Item, Message,
    MessageId, NewOrder, Order, OrderStatus, Person, Priority, Role, SharedId, SlaClock, SlaKind, Snooze, System,
    TagId, Time,
};
use insta::assert_json_snapshot;
use protocol::{
    AckBody, Action, Caller, ChangeAnswer, ChangeFrame, ChangeRequest, Code, Conversation, ConversationAnswer,
    ConversationPage, ConversationUpdate, Counts, Delete, Desk, DeskAnswer, DeskPage, DeskQuery, DeskRequest, Edit,
    Event, FoundMessage, Frame, Health, History, HistoryQuery, InConversation, InboxQuery, MessageAnswer,
    MessageRequest, MessageSearchQuery, MessagesFound, NewNote, OrderAnswer, OrderPage, OrderRequest, OrderUpdate,
    PageQuery, PingFrame, Problem, React, ReadAnswer, ReadRequest, ReceiptFrame, SendFrame, SetConversationStatus,
    SetOrderStatus, Settings, Shop, TextRange, TicketAnswer,
};
use uuid::Uuid;

const AT: i64 = 1_782_000_000_123;

fn at(millis: i64) -> Time {
    Time::from_millis(AT + millis).expect("a time")
}

fn shared_id() -> SharedId {
    SharedId::from_random([9; 16])
}

fn alice() -> Person {
    Person { user_id: "alice".to_owned(), role: Role::Customer, name: "Alice".to_owned() }
}

fn bob() -> Person {
    Person { user_id: "bob".to_owned(), role: Role::Admin, name: "Bob".to_owned() }
}

fn item() -> Item {
    Item {
        sku: Some("L-1".to_owned()),
        title: "Lamp".to_owned(),
        quantity: 2,
        unit_price: 4_900,
        image_url: Some("https://shop.example/lamp.webp".to_owned()),
    }
}

fn order() -> Order {
    let note = Some("Ring twice".to_owned());
    NewOrder::new(vec![item()], "EUR".to_owned(), note).expect("an order").place(&shared_id(), &alice(), at(0))
}

fn system_message() -> Message {
    let by = System::OrderCreated { by: alice() };
    Message::system(shared_id().conversation_id(), 1, MessageId::from_random([1; 10]), by, at(0))
}

fn client_message_id() -> Uuid {
    Uuid::from_u128(0x5d0c_7f5e_3c55_4a63_9a4b_6f1a_6f1f_2f11)
}

fn text_message() -> Message {
    let (id, body) = (MessageId::from_random([2; 10]), "Very <bright> & \"warm\" 💡".to_owned());
    Message::text(shared_id().conversation_id(), 2, id, client_message_id(), bob(), body, at(1_000))
}

fn change_id() -> Uuid {
    Uuid::from_u128(0x2b1f_60c3_8a53_4d0e_9d2a_1f3c_5e7a_9b11)
}

/// A change with the number `seq`.
fn change(seq: u64, kind: ChangeKind, by: Person) -> Change {
    let (conversation_id, created_at) = (shared_id().conversation_id(), at(2_000));
    Change { conversation_id, seq, change_id: change_id(), kind, by, created_at }
}

/// One change of each kind.
fn changes() -> [Change; 4] {
    let (from, to) = (ConversationStatus::Active, ConversationStatus::Archived);
    [
        change(4, ChangeKind::Edited { target: 2 }, bob()),
        change(5, ChangeKind::Reacted { target: 2, emoji: Emoji::Heart, on: true }, alice()),
        change(6, ChangeKind::Status { from, to }, bob()),
        change(7, ChangeKind::Deleted { target: 2 }, bob()),
    ]
}

/// The message of [`text_message`] after the first `count` of [`changes`].
fn changed_message(count: usize) -> Message {
    let mut message = text_message();
    for change in changes().into_iter().take(count) {
        message.apply(&Effect { change, body: Some("Very bright.".to_owned()) });
    }
    message
}

fn reply() -> Message {
    let (id, body) = (MessageId::from_random([3; 10]), "How bright?".to_owned());
    let text = Message::text(shared_id().conversation_id(), 3, id, client_message_id(), alice(), body, at(1_500));
    Message { reply_to: Some(2), ..text }
}

fn note() -> DeskEntry {
    DeskEntry {
        conversation_id: shared_id().conversation_id(),
        desk_seq: 1,
        change_id: change_id(),
        kind: DeskKind::Note { body: "Asks often.".to_owned() },
        by: bob(),
        after_seq: 3,
        created_at: at(3_000),
    }
}

fn desk() -> Desk {
    let (since, due, warn_at) = (at(1_000), at(61_000), at(46_000));
    let kind = SlaKind::FirstResponse;
    let clock = SlaClock { kind, since, due, warn_at, paused: true, left_ms: Some(9_000) };
    Desk {
        assignee: Some(bob().user_id),
        priority: Priority::High,
        tags: [TagId::from_random([1; 5])].into(),
        snooze: Some(Snooze { since: at(3_000), until: Some(at(9_000)), after_seq: 3 }),
        waiting_since: Some(at(1_000)),
        sla: vec![clock],
    }
}

fn desk_request() -> DeskRequest {
    DeskRequest {
        change_id: change_id(),
        seen_desk_seq: Some(0),
        note: None,
        assign: None,
        tag: None,
        prioritize: None,
        snooze: None,
        wake: None,
        settle: None,
    }
}

fn head() -> Head {
    let mut head = Head::new(&order(), system_message()).with_text_message(text_message());
    head.furthest = Some((bob().user_id, Admin { name: bob().name, cursors: Cursors::default() }));
    head.customer.read = 1;
    head
}

fn conversation() -> Conversation {
    Conversation::seen_by(&head(), &alice())
}

fn in_conversation() -> InConversation {
    InConversation { conversation_id: shared_id().conversation_id().to_string() }
}

fn receipt() -> ReceiptFrame {
    ReceiptFrame { conversation_id: shared_id().conversation_id().to_string(), seq: 2 }
}

#[test]
fn resources() {
    assert_json_snapshot!("order_answer", OrderAnswer { order: order(), conversation: conversation() });
    let items = vec![OrderAnswer { order: order(), conversation: conversation() }];
    assert_json_snapshot!("order_page", OrderPage { items, next_cursor: Some("cursor".to_owned()) });
    let moved = OrderUpdate { order: order(), message: Some(system_message()) };
    assert_json_snapshot!("order_update", moved);
    assert_json_snapshot!("order_update_without_a_move", OrderUpdate { order: order(), message: None });
    assert_json_snapshot!("counts", Counts { pending: 1, confirmed: 2, completed: 3, cancelled: 4, total: 10 });

    let mut asked_for = conversation();
    asked_for.shop = Some(Shop { online: false, last_seen_at: Some(at(5)) });
    asked_for.participants[0].online = Some(true);
    asked_for.participants[1].online = Some(false);
    asked_for.participants[1].last_seen_at = Some(at(5));
    assert_json_snapshot!("conversation_answer", ConversationAnswer { conversation: asked_for });
    let page =
        ConversationPage { items: vec![conversation()], next_cursor: None, as_of: at(-60_000), searched_to: None };
    assert_json_snapshot!("conversation_page", page);
    let admins = Conversation::seen_by(&head(), &bob());
    assert_json_snapshot!("conversation_answer_for_an_admin", ConversationAnswer { conversation: admins });
    let messages = vec![system_message(), text_message()];
    let (changes, others) = (Vec::new(), Vec::new());
    assert_json_snapshot!("history", History { messages, changes, others, last_seq: 2, has_more: false });
    let found = FoundMessage { message: text_message(), matches: vec![TextRange { start: 0, end: 4 }] };
    assert_json_snapshot!("messages_found", MessagesFound { items: vec![found], searched_to: Some(2) });
    assert_json_snapshot!("message_answer", MessageAnswer { message: text_message() });
    assert_json_snapshot!("read_answer", ReadAnswer { read_seq: 2, unread: 0 });
    let ticket = TicketAnswer {
        ticket: "secret".to_owned(),
        expires_in: 60,
        url: "wss://shop.example/prod?ticket=secret".to_owned(),
        user: Caller { user_id: "alice".to_owned(), role: Role::Customer, name: "Alice".to_owned(), agent: false },
        server_time: at(0),
    };
    assert_json_snapshot!("ticket_answer", ticket);
    assert_json_snapshot!("health", Health { status: "ok".to_owned(), version: "0.1.0".to_owned() });
}

#[test]
fn resources_of_changes() {
    assert_json_snapshot!("changes", changes());
    assert_json_snapshot!("edited_message", changed_message(1));
    assert_json_snapshot!("message_with_a_reaction", changed_message(2));
    assert_json_snapshot!("deleted_message", changed_message(4));
    let [edited, ..] = changes();
    assert_json_snapshot!("change_answer", ChangeAnswer { change: edited, message: changed_message(1) });
    let page = History {
        messages: vec![reply()],
        changes: changes().to_vec(),
        others: vec![changed_message(4)],
        last_seq: 7,
        has_more: true,
    };
    assert_json_snapshot!("history_with_changes", page);
    let [.., archived, _] = changes();
    let archived = ConversationUpdate { conversation: conversation(), change: Some(archived) };
    assert_json_snapshot!("conversation_update", archived);
    let unchanged = ConversationUpdate { conversation: conversation(), change: None };
    assert_json_snapshot!("conversation_update_without_a_change", unchanged);
    assert_json_snapshot!("desk_answer", DeskAnswer { entry: Some(note()), desk: desk(), desk_seq: 1 });
    assert_json_snapshot!("desk_page", DeskPage { entries: vec![note()], desk_seq: 1, has_more: false });
}

#[test]
fn requests() {
    let request = OrderRequest {
        items: vec![item()],
        currency: "EUR".to_owned(),
        note: None,
        customer_id: Some("alice".to_owned()),
        customer_name: Some("Alice".to_owned()),
    };
    assert_json_snapshot!("order_request", request);
    assert_json_snapshot!("set_order_status", SetOrderStatus { status: OrderStatus::Confirmed });
    assert_json_snapshot!("set_conversation_status", SetConversationStatus { status: ConversationStatus::Archived });
    let message = MessageRequest {
        client_message_id: client_message_id(),
        body: "Is it bright?".to_owned(),
        seen_seq: Some(1),
        reply_to: None,
        expect_last: None,
        connection_id: None,
    };
    assert_json_snapshot!("message_request", message);
    let connection_id = Some("L0SM9cOFvHcCIhw=".to_owned());
    let reply = MessageRequest { reply_to: Some(2), expect_last: Some(true), connection_id, ..message };
    assert_json_snapshot!("message_request_of_a_reply", reply);
    let change = |edit, delete, react| ChangeRequest { change_id: change_id(), seen_seq: Some(3), edit, delete, react };
    let edit = Edit { body: "Very bright.".to_owned() };
    assert_json_snapshot!("change_request_to_edit", change(Some(edit), None, None));
    assert_json_snapshot!("change_request_to_delete", change(None, Some(Delete {}), None));
    let react = React { emoji: Emoji::Heart, on: true };
    assert_json_snapshot!("change_request_to_react", change(None, None, Some(react)));
    let note = Some(NewNote { body: "Asks often.".to_owned() });
    assert_json_snapshot!("desk_request", DeskRequest { note, ..desk_request() });
    assert_json_snapshot!("desk_query", DeskQuery { after: Some(0), limit: Some(50) });
    assert_json_snapshot!("read_request", ReadRequest { seq: 2 });
    assert_json_snapshot!("page_query", PageQuery { limit: Some(25), cursor: Some("cursor".to_owned()) });
    let inbox = InboxQuery { status: Some(ConversationStatus::Active), since: Some(at(0)), ..InboxQuery::default() };
    assert_json_snapshot!("inbox_query", inbox);
    let search = MessageSearchQuery { q: "lamp".to_owned(), before: Some(7), limit: Some(20) };
    assert_json_snapshot!("message_search_query", search);
    assert_json_snapshot!("history_query", HistoryQuery { before: Some(7), after: None, limit: Some(50) });
}

#[test]
fn client_frames() {
    let send = SendFrame {
        conversation_id: shared_id().conversation_id().to_string(),
        client_message_id: client_message_id(),
        body: "Very.".to_owned(),
        seen_seq: Some(2),
        reply_to: None,
        expect_last: None,
    };
    let reply = SendFrame { reply_to: Some(2), expect_last: Some(true), ..send.clone() };
    let change = ChangeFrame {
        conversation_id: shared_id().conversation_id().to_string(),
        seq: 2,
        change_id: change_id(),
        seen_seq: Some(3),
        edit: None,
        delete: None,
        react: None,
    };
    let edit = ChangeFrame { edit: Some(Edit { body: "Very bright.".to_owned() }), ..change.clone() };
    let delete = ChangeFrame { delete: Some(Delete {}), ..change.clone() };
    let react = ChangeFrame { react: Some(React { emoji: Emoji::Heart, on: false }), ..change };
    let actions = [
        Action::JoinConversation(in_conversation()),
        Action::LeaveConversation(in_conversation()),
        Action::SendMessage(send),
        Action::SendMessage(reply),
        Action::ChangeMessage(edit),
        Action::ChangeMessage(delete),
        Action::ChangeMessage(react),
        Action::TypingStart(in_conversation()),
        Action::TypingStop(in_conversation()),
        Action::MessageDelivered(receipt()),
        Action::MessageRead(receipt()),
        Action::Ping(PingFrame { as_of: None }),
        Action::Ping(PingFrame { as_of: Some(at(-60_000)) }),
    ];
    let frames: Vec<Frame> =
        actions.into_iter().map(|action| Frame { request_id: Some("1".to_owned()), action }).collect();
    assert_json_snapshot!("client_frames", frames);
}

#[test]
fn events() {
    let (conversation_id, role) = (shared_id().conversation_id(), Role::Customer);
    let (user_id, name) = ("alice".to_owned(), "Alice".to_owned());
    let [edited, reacted, archived, deleted] = changes();
    let changed = |change: Change, count| Event::MessageChanged {
        conversation_id: shared_id().conversation_id(),
        last_seq: change.seq,
        change,
        message: changed_message(count),
    };
    let events = vec![
        Event::NewMessage { conversation_id: conversation_id.clone(), message: text_message() },
        Event::OrderMessageUpdate {
            conversation_id: conversation_id.clone(),
            order: order().summary(),
            message: text_message(),
            last_seq: 2,
        },
        Event::MessageDelivered { conversation_id: conversation_id.clone(), user_id: user_id.clone(), role, seq: 2 },
        Event::MessageRead { conversation_id: conversation_id.clone(), user_id: user_id.clone(), role, seq: 2 },
        Event::UserTyping {
            conversation_id: conversation_id.clone(),
            user_id: user_id.clone(),
            role,
            name: name.clone(),
            expires_in_ms: 5_000,
        },
        Event::UserStoppedTyping { conversation_id, user_id: user_id.clone(), role, name },
        Event::Presence { user_id: user_id.clone(), role, online: true, last_seen_at: None },
        Event::Presence { user_id, role, online: false, last_seen_at: Some(at(9)) },
        Event::OrderCreated { order: order(), conversation: Conversation::of(&head()) },
        Event::OrderUpdated { order: order(), message: system_message(), last_seq: 1 },
        Event::ConversationUpdated { conversation: Conversation::of(&head()), change: archived },
        changed(edited, 1),
        changed(reacted, 2),
        changed(deleted, 4),
        Event::DeskUpdated { conversation_id: shared_id().conversation_id(), entry: note(), desk: desk(), desk_seq: 1 },
        Event::SettingsUpdated { what: Settings::CannedResponses },
        Event::Error {
            request_id: None,
            code: Code::RateLimited,
            message: "Too many requests. Wait 500 ms, then send the same request again.".to_owned(),
            retry_after_ms: Some(500),
            overtaken_by: None,
        },
        Event::Error {
            request_id: Some("1".to_owned()),
            code: Code::Overtaken,
            message: "Another admin has answered.".to_owned(),
            retry_after_ms: None,
            overtaken_by: Some(Box::new(text_message())),
        },
    ];
    assert_json_snapshot!("events", events);
}

#[test]
fn acknowledgements() {
    let [edited, ..] = changes();
    let bodies = [
        AckBody::Changed { change: Box::new(edited), message: Box::new(changed_message(1)), duplicate: false },
        AckBody::Sent { message: Box::new(text_message()), duplicate: false },
        AckBody::Joined { conversation: Box::new(conversation()), connection_id: "L0SM9cOFvHcCIhw=".to_owned() },
        AckBody::Read { read_seq: 2, unread: 0 },
        AckBody::Delivered { delivered_seq: 2 },
        AckBody::Pong { server_time: at(0), shop: Some(Shop { online: true, last_seen_at: None }), changed: None },
        AckBody::Pong { server_time: at(0), shop: None, changed: Some(true) },
        AckBody::Done {},
    ];
    let acks: Vec<Event> = bodies.into_iter().map(|body| Event::Ack { request_id: "1".to_owned(), body }).collect();
    assert_json_snapshot!("acknowledgements", acks);
}

#[test]
fn problems() {
    let problems = [
        Problem::new(Code::BadRequest, "d"),
        Problem::new(Code::InvalidCursor, "d"),
        Problem::forbidden(),
        Problem::not_found(),
        Problem::new(Code::InvalidTransition, "d"),
        Problem::closed(),
        Problem::not_changeable("d"),
        Problem::overtaken(text_message()),
        Problem::new(Code::PayloadTooLarge, "d"),
        Problem::invalid("items[0].title", "must not be empty"),
        Problem::new(Code::IdempotencyMismatch, "d"),
        Problem::rate_limited(500),
        Problem::internal(),
    ];
    assert_json_snapshot!("problems", problems);
}
