//! Every frame, body and event is the same after it is printed and parsed.

use domain::{
    Change, ChangeKind, ConversationId, ConversationStatus, Deletion, DeskEntry, DeskKind, Emoji, Item, Kind, Message,
    MessageId, Order, OrderId, OrderStatus, Person, Priority, Reaction, Role, SharedId, SlaClock, SlaKind, Snooze,
    Summary, System, TagId, Time,
};
use proptest::prelude::*;
use protocol::{
    AckBody, Action, Assign, BulkAction, BulkAnswer, BulkMessage, BulkRequest, BulkResult, ChangeAnswer, ChangeFrame,
    ChangeRequest, Code, Conversation, ConversationUpdate, Delete, Desk, DeskAnswer, DeskPage, DeskRequest, Edit,
    Event, FoundMessage, Frame, History, InConversation, MessageRequest, MessagesFound, NewNote, OrderRequest,
    Participant, PingFrame, Prioritize, Problem, React, ReadRequest, ReceiptFrame, SendFrame, SetConversationStatus,
    SetOrderStatus, Settings, Settle, Shop, SnoozeRequest, TagChange, TextRange, Wake, parse_body,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

fn text() -> impl Strategy<Value = String> {
    any::<String>()
}

fn maybe<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    prop::option::of(strategy)
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..10u64, any::<u64>()]
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn shared_id() -> impl Strategy<Value = SharedId> {
    any::<[u8; 16]>().prop_map(SharedId::from_random)
}

fn order_id() -> impl Strategy<Value = OrderId> {
    shared_id().prop_map(|shared_id| shared_id.order_id())
}

fn conversation_id() -> impl Strategy<Value = ConversationId> {
    shared_id().prop_map(|shared_id| shared_id.conversation_id())
}

fn time() -> impl Strategy<Value = Time> {
    (0..253_402_207_200_000i64).prop_map(|millis| Time::from_millis(millis).expect("a time"))
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Customer), Just(Role::Admin), Just(Role::System)]
}

fn person() -> impl Strategy<Value = Person> {
    (text(), role(), text()).prop_map(|(user_id, role, name)| Person { user_id, role, name })
}

fn order_status() -> impl Strategy<Value = OrderStatus> {
    prop::sample::select(OrderStatus::ALL.to_vec())
}

fn conversation_status() -> impl Strategy<Value = ConversationStatus> {
    prop::sample::select(ConversationStatus::ALL.to_vec())
}

fn system() -> impl Strategy<Value = System> {
    prop_oneof![
        person().prop_map(|by| System::OrderCreated { by }),
        (order_status(), order_status(), person()).prop_map(|(from, to, by)| System::StatusChanged { from, to, by }),
    ]
}

fn emoji() -> impl Strategy<Value = Emoji> {
    prop::sample::select(Emoji::ALL.to_vec())
}

fn reactions() -> impl Strategy<Value = Vec<Reaction>> {
    let reaction = (emoji(), prop::collection::vec(person(), 1..3)).prop_map(|(emoji, by)| Reaction { emoji, by });
    prop::collection::vec(reaction, 0..3)
}

/// Boxed, because deeply nested strategies do not fit on a test's stack.
fn message() -> BoxedStrategy<Message> {
    let of = (conversation_id(), number(), any::<[u8; 10]>(), maybe(uuid()), person(), text(), maybe(system()), time());
    let deletion = (person(), time()).prop_map(|(by, at)| Deletion { by, at });
    let changed = (maybe(number()), maybe(number()), maybe(time()), maybe(deletion), reactions());
    (of, changed)
        .prop_map(
            |(
                (conversation_id, seq, id, client_message_id, sender, body, system, created_at),
                (reply_to, changed_seq, edited_at, deleted, reactions),
            )| Message {
                conversation_id,
                seq,
                id: MessageId::from_random(id),
                client_message_id,
                sender,
                kind: if system.is_some() { Kind::System } else { Kind::Text },
                body,
                system,
                created_at,
                reply_to,
                changed_seq,
                edited_at,
                deleted,
                reactions,
            },
        )
        .boxed()
}

fn change() -> BoxedStrategy<Change> {
    let kind = prop_oneof![
        number().prop_map(|target| ChangeKind::Edited { target }),
        number().prop_map(|target| ChangeKind::Deleted { target }),
        (number(), emoji(), any::<bool>()).prop_map(|(target, emoji, on)| ChangeKind::Reacted { target, emoji, on }),
        (conversation_status(), conversation_status()).prop_map(|(from, to)| ChangeKind::Status { from, to }),
    ];
    let of = (conversation_id(), number(), uuid(), kind, person(), time());
    of.prop_map(|(conversation_id, seq, change_id, kind, by, created_at)| Change {
        conversation_id,
        seq,
        change_id,
        kind,
        by,
        created_at,
    })
    .boxed()
}

fn tag_id() -> impl Strategy<Value = TagId> {
    any::<[u8; 5]>().prop_map(TagId::from_random)
}

fn priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(Priority::ALL.to_vec())
}

fn sla_kind() -> impl Strategy<Value = SlaKind> {
    prop_oneof![Just(SlaKind::FirstResponse), Just(SlaKind::NextResponse), Just(SlaKind::Resolution)]
}

fn desk_kind() -> BoxedStrategy<DeskKind> {
    let tags = || prop::collection::vec(tag_id(), 0..3);
    prop_oneof![
        text().prop_map(|body| DeskKind::Note { body }),
        maybe(text()).prop_map(|to| DeskKind::Assigned { to }),
        (tags(), tags()).prop_map(|(add, remove)| DeskKind::Tagged { add, remove }),
        priority().prop_map(|to| DeskKind::Prioritized { to }),
        maybe(time()).prop_map(|until| DeskKind::Snoozed { until }),
        time().prop_map(|at| DeskKind::Woken { at }),
        Just(DeskKind::Settled {}),
        (sla_kind(), time()).prop_map(|(sla, due)| DeskKind::SlaBreached { sla, due }),
    ]
    .boxed()
}

fn desk() -> BoxedStrategy<Desk> {
    let snooze = (time(), maybe(time()), number());
    let snooze = snooze.prop_map(|(since, until, after_seq)| Snooze { since, until, after_seq });
    let clock = (sla_kind(), time(), time(), time(), any::<bool>(), maybe(any::<i64>()));
    let clock = clock.prop_map(|(kind, since, due, warn_at, paused, left_ms)| SlaClock {
        kind,
        since,
        due,
        warn_at,
        paused,
        left_ms,
    });
    let tags = prop::collection::btree_set(tag_id(), 0..3);
    let of = (maybe(text()), priority(), tags, maybe(snooze), maybe(time()), prop::collection::vec(clock, 0..2));
    of.prop_map(|(assignee, priority, tags, snooze, waiting_since, sla)| Desk {
        assignee,
        priority,
        tags,
        snooze,
        waiting_since,
        sla,
    })
    .boxed()
}

fn desk_request() -> BoxedStrategy<DeskRequest> {
    let tags = || prop::collection::btree_set(tag_id(), 0..3);
    let of = (
        (uuid(), maybe(number())),
        maybe(text().prop_map(|body| NewNote { body })),
        maybe((maybe(text()), maybe(any::<bool>())).prop_map(|(to, if_unassigned)| Assign { to, if_unassigned })),
        maybe((tags(), tags()).prop_map(|(add, remove)| TagChange { add, remove })),
        maybe(priority().prop_map(|to| Prioritize { to })),
        maybe(maybe(time()).prop_map(|until| SnoozeRequest { until })),
        maybe(Just(Wake {})),
        maybe(Just(Settle {})),
    );
    of.prop_map(|((change_id, seen_desk_seq), note, assign, tag, prioritize, snooze, wake, settle)| DeskRequest {
        change_id,
        seen_desk_seq,
        note,
        assign,
        tag,
        prioritize,
        snooze,
        wake,
        settle,
    })
    .boxed()
}

fn desk_entry() -> BoxedStrategy<DeskEntry> {
    let of = (conversation_id(), number(), uuid(), desk_kind(), person(), number(), time());
    of.prop_map(|(conversation_id, desk_seq, change_id, kind, by, after_seq, created_at)| DeskEntry {
        conversation_id,
        desk_seq,
        change_id,
        kind,
        by,
        after_seq,
        created_at,
    })
    .boxed()
}

fn edit() -> impl Strategy<Value = Edit> {
    text().prop_map(|body| Edit { body })
}

fn react() -> impl Strategy<Value = React> {
    (emoji(), any::<bool>()).prop_map(|(emoji, on)| React { emoji, on })
}

fn change_request() -> BoxedStrategy<ChangeRequest> {
    let of = (uuid(), maybe(number()), maybe(edit()), maybe(Just(Delete {})), maybe(react()));
    of.prop_map(|(change_id, seen_seq, edit, delete, react)| ChangeRequest { change_id, seen_seq, edit, delete, react })
        .boxed()
}

fn item() -> impl Strategy<Value = Item> {
    let of = (maybe(text()), text(), any::<u32>(), number(), maybe(text()));
    of.prop_map(|(sku, title, quantity, unit_price, image_url)| Item { sku, title, quantity, unit_price, image_url })
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    prop::collection::vec(item(), 0..3)
}

fn order() -> BoxedStrategy<Order> {
    let of = (shared_id(), text(), text(), items(), number(), text(), order_status(), maybe(text()), time(), time());
    of.prop_map(
        |(shared_id, customer_id, customer_name, items, total, currency, status, note, created_at, updated_at)| {
            let (id, conversation_id) = (shared_id.order_id(), shared_id.conversation_id());
            Order {
                id,
                customer_id,
                customer_name,
                items,
                total,
                currency,
                status,
                note,
                created_at,
                updated_at,
                conversation_id,
            }
        },
    )
    .boxed()
}

fn summary() -> BoxedStrategy<Summary> {
    let of = (order_id(), text(), maybe(text()), number(), text(), order_status(), time());
    of.prop_map(|(id, title, image_url, total, currency, status, created_at)| Summary {
        id,
        title,
        image_url,
        total,
        currency,
        status,
        created_at,
    })
    .boxed()
}

fn shop() -> impl Strategy<Value = Shop> {
    (any::<bool>(), maybe(time())).prop_map(|(online, last_seen_at)| Shop { online, last_seen_at })
}

fn participant() -> impl Strategy<Value = Participant> {
    let of = (person(), number(), number(), maybe(any::<bool>()), maybe(time()));
    of.prop_map(|(Person { user_id, role, name }, read_seq, delivered_seq, online, last_seen_at)| Participant {
        user_id,
        role,
        name,
        read_seq,
        delivered_seq,
        online,
        last_seen_at,
    })
}

fn conversation() -> BoxedStrategy<Conversation> {
    let participants = prop::collection::vec(participant(), 0..3);
    let of = (
        shared_id(),
        person(),
        conversation_status(),
        summary(),
        message(),
        (maybe(number()), maybe(number()), maybe(desk())),
        participants,
        maybe(shop()),
    );
    of.prop_map(|(shared_id, customer, status, order, last_message, (unread, desk_seq, desk), participants, shop)| {
        Conversation {
            id: shared_id.conversation_id(),
            order_id: shared_id.order_id(),
            customer_id: customer.user_id,
            customer_name: customer.name,
            status,
            last_seq: last_message.seq,
            last_activity_at: last_message.created_at,
            last_message,
            unread,
            participants,
            created_at: order.created_at,
            order,
            shop,
            desk_seq,
            desk,
        }
    })
    .boxed()
}

fn code() -> impl Strategy<Value = Code> {
    prop::sample::select(vec![
        Code::RateLimited,
        Code::UnknownAction,
        Code::TokenExpired,
        Code::NotFound,
        Code::NotChangeable,
        Code::Overtaken,
    ])
}

fn acknowledgement() -> BoxedStrategy<AckBody> {
    prop_oneof![
        (change(), message(), any::<bool>()).prop_map(|(change, message, duplicate)| AckBody::Changed {
            change: change.into(),
            message: message.into(),
            duplicate
        }),
        (message(), any::<bool>())
            .prop_map(|(message, duplicate)| AckBody::Sent { message: message.into(), duplicate }),
        (conversation(), text()).prop_map(|(conversation, connection_id)| AckBody::Joined {
            conversation: conversation.into(),
            connection_id
        }),
        (number(), number()).prop_map(|(read_seq, unread)| AckBody::Read { read_seq, unread }),
        number().prop_map(|delivered_seq| AckBody::Delivered { delivered_seq }),
        (time(), maybe(shop()), maybe(any::<bool>())).prop_map(|(server_time, shop, changed)| AckBody::Pong {
            server_time,
            shop,
            changed
        }),
        Just(AckBody::Done {}),
    ]
    .boxed()
}

/// The fields that say who acts, and where.
fn acts() -> impl Strategy<Value = (ConversationId, Person, u64)> {
    (conversation_id(), person(), number())
}

fn event() -> impl Strategy<Value = Event> {
    let told = prop_oneof![
        message().prop_map(|message| Event::NewMessage { conversation_id: message.conversation_id.clone(), message }),
        (summary(), message(), number()).prop_map(|(order, message, last_seq)| Event::OrderMessageUpdate {
            conversation_id: message.conversation_id.clone(),
            order,
            message,
            last_seq
        }),
        (order(), conversation()).prop_map(|(order, conversation)| Event::OrderCreated { order, conversation }),
        (order(), message(), number()).prop_map(|(order, message, last_seq)| Event::OrderUpdated {
            order,
            message,
            last_seq
        }),
        (conversation(), change())
            .prop_map(|(conversation, change)| Event::ConversationUpdated { conversation, change }),
        (change(), message(), number()).prop_map(|(change, message, last_seq)| Event::MessageChanged {
            conversation_id: message.conversation_id.clone(),
            change,
            message,
            last_seq
        }),
        (desk_entry(), desk(), number()).prop_map(|(entry, desk, desk_seq)| Event::DeskUpdated {
            conversation_id: entry.conversation_id.clone(),
            entry,
            desk,
            desk_seq
        }),
        prop_oneof![Just(Settings::Tags), Just(Settings::CannedResponses), Just(Settings::Sla)]
            .prop_map(|what| Event::SettingsUpdated { what }),
        (text(), acknowledgement()).prop_map(|(request_id, body)| Event::Ack { request_id, body }),
        (maybe(text()), code(), text(), maybe(any::<i64>()), maybe(message())).prop_map(
            |(request_id, code, message, retry_after_ms, overtaken_by)| Event::Error {
                request_id,
                code,
                message,
                retry_after_ms,
                overtaken_by: overtaken_by.map(Box::new)
            }
        ),
    ];
    let signalled = prop_oneof![
        acts().prop_map(|(conversation_id, Person { user_id, role, .. }, seq)| Event::MessageDelivered {
            conversation_id,
            user_id,
            role,
            seq
        }),
        acts().prop_map(|(conversation_id, Person { user_id, role, .. }, seq)| Event::MessageRead {
            conversation_id,
            user_id,
            role,
            seq
        }),
        acts().prop_map(|(conversation_id, Person { user_id, role, name }, expires_in_ms)| Event::UserTyping {
            conversation_id,
            user_id,
            role,
            name,
            expires_in_ms
        }),
        acts().prop_map(|(conversation_id, Person { user_id, role, name }, _)| Event::UserStoppedTyping {
            conversation_id,
            user_id,
            role,
            name
        }),
        (person(), any::<bool>(), maybe(time())).prop_map(|(Person { user_id, role, .. }, online, last_seen_at)| {
            Event::Presence { user_id, role, online, last_seen_at }
        }),
    ];
    prop_oneof![told, signalled]
}

fn action() -> impl Strategy<Value = Action> {
    let within = || text().prop_map(|conversation_id| InConversation { conversation_id });
    let receipt = || (text(), number()).prop_map(|(conversation_id, seq)| ReceiptFrame { conversation_id, seq });
    let send = (text(), uuid(), text(), maybe(number()), maybe(number()), maybe(any::<bool>()));
    prop_oneof![
        within().prop_map(Action::JoinConversation),
        within().prop_map(Action::LeaveConversation),
        within().prop_map(Action::TypingStart),
        within().prop_map(Action::TypingStop),
        receipt().prop_map(Action::MessageDelivered),
        receipt().prop_map(Action::MessageRead),
        maybe(time()).prop_map(|as_of| Action::Ping(PingFrame { as_of })),
        send.prop_map(|(conversation_id, client_message_id, body, seen_seq, reply_to, expect_last)| {
            let frame = SendFrame { conversation_id, client_message_id, body, seen_seq, reply_to, expect_last };
            Action::SendMessage(frame)
        }),
        (text(), number(), change_request()).prop_map(|(conversation_id, seq, request)| {
            let ChangeRequest { change_id, seen_seq, edit, delete, react } = request;
            Action::ChangeMessage(ChangeFrame { conversation_id, seq, change_id, seen_seq, edit, delete, react })
        }),
    ]
}

fn printed(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("it is JSON")
}

/// Prints a body, parses it and prints it again. Both texts must be equal.
fn body_comes_back<T: Serialize + DeserializeOwned>(body: &T) -> Result<(), TestCaseError> {
    let text = printed(body);
    let read: T = parse_body(text.as_bytes()).map_err(|problem| TestCaseError::fail(format!("{problem:?}: {text}")))?;
    prop_assert_eq!(printed(&read), text);
    Ok(())
}

/// Like [`body_comes_back`], for an answer. It also must be equal.
fn answer_comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    answer: &T,
) -> Result<(), TestCaseError> {
    let read: T = serde_json::from_str(&printed(answer)).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&read, answer);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_round_trip(request_id in maybe("\\PC{0,64}"), action in action()) {
        let text = printed(&Frame { request_id, action });
        prop_assert_eq!(printed(&Frame::parse(&text).expect("a frame")), text);
    }

    #[test]
    fn events_round_trip(event in event()) {
        let text = event.to_text();
        let read: Event = serde_json::from_str(&text).expect("an event");
        prop_assert_eq!(read.to_text(), text);
    }

    #[test]
    fn order_requests_round_trip(
        items in items(), currency in text(), note in maybe(text()), customer in maybe(text()), name in maybe(text()),
    ) {
        body_comes_back(&OrderRequest { items, currency, note, customer_id: customer, customer_name: name })?;
    }

    #[test]
    fn message_requests_round_trip(
        client_message_id in uuid(), body in text(), seen_seq in maybe(number()), reply_to in maybe(number()),
        expect_last in maybe(any::<bool>()), connection_id in maybe(text()),
    ) {
        body_comes_back(&MessageRequest { client_message_id, body, seen_seq, reply_to, expect_last, connection_id })?;
    }

    #[test]
    fn change_requests_round_trip(request in change_request()) {
        body_comes_back(&request)?;
    }

    #[test]
    fn the_desk_round_trips(
        request in desk_request(), entry in desk_entry(), desk in desk(), conversation_id in conversation_id(),
    ) {
        body_comes_back(&request)?;
        let message = Some(BulkMessage { body: "Hello".to_owned() });
        let DeskRequest { change_id: id, note, assign, tag, .. } = request;
        let action = BulkAction { message, note, assign, tag, ..BulkAction::default() };
        body_comes_back(&BulkRequest { id, conversation_ids: vec![conversation_id.clone()], action })?;
        let problem = Some(Problem::not_found());
        answer_comes_back(&BulkAnswer { results: vec![BulkResult { conversation_id, problem }] })?;
        answer_comes_back(&DeskAnswer { entry: Some(entry.clone()), desk: desk.clone(), desk_seq: 1 })?;
        answer_comes_back(&DeskAnswer { entry: None, desk, desk_seq: 1 })?;
        answer_comes_back(&DeskPage { entries: vec![entry], desk_seq: 1, has_more: false })?;
    }

    #[test]
    fn answers_with_changes_round_trip(
        change in change(), message in message(), other in message(), conversation in conversation(),
    ) {
        answer_comes_back(&ChangeAnswer { change: change.clone(), message: message.clone() })?;
        answer_comes_back(&ConversationUpdate { conversation, change: Some(change.clone()) })?;
        answer_comes_back(&Problem::overtaken(message.clone()))?;
        let found = FoundMessage { message: message.clone(), matches: vec![TextRange { start: 1, end: 2 }] };
        answer_comes_back(&MessagesFound { items: vec![found], searched_to: None })?;
        let (messages, changes, others) = (vec![message], vec![change], vec![other]);
        answer_comes_back(&History { messages, changes, others, last_seq: 2, has_more: true })?;
    }

    #[test]
    fn short_requests_round_trip(seq in number(), order in order_status(), conversation in conversation_status()) {
        body_comes_back(&ReadRequest { seq })?;
        body_comes_back(&SetOrderStatus { status: order })?;
        body_comes_back(&SetConversationStatus { status: conversation })?;
    }

    /// A client may be newer than the server, so unknown fields are ignored.
    #[test]
    fn unknown_fields_change_nothing(action in action(), name in "x[a-z]{1,8}", value in text()) {
        let text = printed(&Frame { request_id: None, action });
        let more = text.replacen('{', &format!("{{{}:{},", printed(&name), printed(&value)), 1);
        prop_assert_eq!(printed(&Frame::parse(&more).expect("a frame")), text);
    }
}
