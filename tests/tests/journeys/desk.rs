//! The desk: admins assign, tag, prioritize and snooze conversations, and every admin sees it.

use domain::{ConversationStatus, DeskKind, Priority, Tag, TagId};
use protocol::{AdminList, Code, ConversationPage, Desk, DeskAnswer, Event, TagAnswer, Views};
use serde_json::{Value, json};
use tests::{Client, Shop, User, client_message_id};

async fn tag(admin: &User, name: &str) -> Tag {
    admin.post("/api/chat/tags", &json!({"name": name, "color": "teal"})).await.expect::<TagAnswer>(201).tag
}

/// The desks that a connection was told of, oldest first.
async fn told(client: &Client) -> Vec<(u64, Desk)> {
    let desk = |event| match event {
        Event::DeskUpdated { desk, desk_seq, .. } => Some((desk_seq, desk)),
        _ => None,
    };
    client.drain().await.into_iter().filter_map(desk).collect()
}

#[tokio::test]
async fn what_one_admin_decides_every_admin_sees() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    let (desk, phone) = (cleo.connect().await, anna.connect_and_join(&id).await);
    ben.ticket().await;
    let fragile = tag(&ben, "Fragile").await;
    desk.drain().await;
    let tomorrow = domain::Time::from_millis(tests::now_millis() + 86_400_000).expect("a time");
    let before = anna.conversation(&id).await;

    let mut expected = Desk::default();
    for (n, action) in (1u64..).zip([
        json!({"assign": {"to": "ben"}}),
        json!({"prioritize": {"to": "high"}}),
        json!({"tag": {"add": [fragile.id]}}),
        json!({"snooze": {"until": tomorrow}}),
        json!({"note": {"body": "unchanged"}}),
        json!({"wake": {}}),
        json!({"tag": {"remove": [fragile.id], "add": []}}),
        json!({"assign": {}}),
    ]) {
        let answer = ben.at_desk(&id, action.clone()).await;
        let entry = answer.entry.clone().expect("something changed");
        assert_eq!((entry.desk_seq, answer.desk_seq), (n, n), "{action}");
        match &entry.kind {
            DeskKind::Assigned { to } => expected.assignee.clone_from(to),
            DeskKind::Prioritized { to } => expected.priority = *to,
            DeskKind::Tagged { add, remove } => {
                expected.tags.extend(add.iter().cloned());
                expected.tags.retain(|tag| !remove.contains(tag));
            }
            DeskKind::Snoozed { until } => {
                let snooze = domain::Snooze { since: entry.created_at, until: *until, after_seq: 1 };
                expected.snooze = Some(snooze);
            }
            DeskKind::Woken { .. } => expected.snooze = None,
            _ => {}
        }
        assert_eq!(answer.desk, expected, "{action}");
        assert_eq!(told(&desk).await, [(n, expected.clone())], "{action}");
        let fetched = cleo.conversation(&id).await;
        assert_eq!((fetched.desk.as_ref(), fetched.desk_seq), (Some(&expected), Some(n)), "{action}");
        let listed = cleo.conversations("").await.items.remove(0);
        assert_eq!((listed.desk.as_ref(), listed.desk_seq), (Some(&expected), Some(n)), "{action}");
        assert_eq!(cleo.desk_log(&id, &format!("after={}", n - 1)).await.entries, [entry], "{action}");
        // Said again it changes nothing.
        if entry_is_a_state(&action) {
            let again: DeskAnswer = ben.post_desk(&id, &action).await.ok();
            assert_eq!((again.entry, again.desk_seq), (None, n), "{action}");
        }
        assert!(desk.drain().await.is_empty(), "{action}");
    }
    assert_eq!(anna.conversation(&id).await, before);
    assert!(phone.drain().await.is_empty());
    assert!(anna.get(&format!("/api/chat/conversations/{id}")).await.text.find("desk").is_none());
}

/// A note and a snooze are new each time.
fn entry_is_a_state(action: &Value) -> bool {
    action.get("note").is_none() && action.get("snooze").is_none()
}

#[tokio::test]
async fn a_message_of_the_customer_wakes_and_one_of_the_shop_does_not() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let asked = anna.say(&id, "When?").await;
    assert_eq!(ben.desk(&id).await.waiting_since, Some(asked.created_at));
    anna.say(&id, "Hello?").await;
    assert_eq!(ben.desk(&id).await.waiting_since, Some(asked.created_at), "since the first of them");
    ben.at_desk(&id, json!({"snooze": {}})).await;
    ben.say(&id, "Tomorrow").await;
    let desk = ben.desk(&id).await;
    assert_eq!((desk.waiting_since, desk.snooze.is_some()), (None, true));
    let again = anna.say(&id, "Thank you").await;
    let desk = ben.desk(&id).await;
    assert_eq!((desk.waiting_since, desk.snooze), (Some(again.created_at), None));
    ben.at_desk(&id, json!({"settle": {}})).await;
    assert_eq!(ben.desk(&id).await.waiting_since, None);

    // Archiving ends both too, and only an active conversation can be snoozed.
    anna.say(&id, "One more thing").await;
    ben.at_desk(&id, json!({"snooze": {}})).await;
    ben.set_status(&id, ConversationStatus::Archived).await;
    assert_eq!(ben.desk(&id).await, Desk::default());
    ben.post_desk(&id, &json!({"snooze": {}})).await.refused(Code::InvalidRequest);
    assert_eq!(ben.desk_log(&id, "").await.desk_seq, 3);
}

#[tokio::test]
async fn a_snooze_ends_by_itself_once() {
    let shop = Shop::open_with_triggers().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    ben.say(&id, "I call the factory").await;
    let until = domain::Time::from_millis(tests::now_millis() + 36 * 3_600_000).expect("a time");
    ben.at_desk(&id, json!({"snooze": {"until": until}})).await;
    shop.wait_until_due(&id).await;
    shop.sweep().await;
    assert!(ben.desk(&id).await.snooze.is_some(), "not before its time");
    shop.let_days_pass(2).await;
    let desk = ben.connect().await;
    for _ in 0..2 {
        shop.sweep().await;
    }
    let is_awake =
        |conversation: &protocol::Conversation| conversation.desk.as_ref().is_some_and(|desk| desk.snooze.is_none());
    shop.wait_for_conversation(&id, "awake", is_awake).await;
    let is_ours = |event: &Event| matches!(event, Event::DeskUpdated { entry, .. } if entry.conversation_id == id);
    let Event::DeskUpdated { entry, desk, desk_seq, .. } = desk.wait_for("the end of the snooze", is_ours).await else {
        unreachable!("it is one")
    };
    assert!(matches!(entry.kind, DeskKind::Woken { .. }), "{entry:?}");
    assert_eq!((entry.by, desk.snooze, desk_seq), (domain::Person::system(), None, 2));
    assert_eq!(ben.desk_log(&id, "").await.desk_seq, 2, "it was woken once");
}

#[tokio::test]
async fn invalid_requests_change_nothing() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    ben.ticket().await;
    cleo.ticket().await;
    let mut tags = Vec::new();
    for n in 0..=domain::MAX_TAGS {
        tags.push(tag(&ben, &n.to_string()).await.id);
    }
    let unknown = TagId::from_random([0; 5]);
    let year = domain::Time::from_millis(tests::now_millis() + 370 * 86_400_000).expect("a time");
    for (action, field) in [
        (json!({}), "exactly one"),
        (json!({"settle": {}, "wake": {}}), "exactly one"),
        (json!({"assign": {"to": "nobody-known"}}), "assign.to"),
        (json!({"assign": {"to": ""}}), "assign.to"),
        (json!({"assign": {"to": "anna"}}), "assign.to"),
        (json!({"assign": {"to": 1}}), "assign.to"),
        (json!({"prioritize": {"to": "highest"}}), "prioritize.to"),
        (json!({"tag": {"add": [unknown]}}), "tag.add"),
        (json!({"tag": {"add": ["x"]}}), "tag.add"),
        (json!({"tag": {"add": tags}}), "at most 10"),
        (json!({"snooze": {"until": "2020-01-01T00:00:00Z"}}), "snooze.until"),
        (json!({"snooze": {"until": year}}), "snooze.until"),
        (json!({"note": {"body": " "}}), "body"),
    ] {
        let refused = ben.post_desk(&id, &action).await.refused(Code::InvalidRequest);
        assert!(refused.detail.contains(field), "{action}: {refused:?}");
    }
    assert_eq!((ben.desk(&id).await, ben.desk_log(&id, "").await.desk_seq), (Desk::default(), 0));

    // Who comes second is told, if they ask for it.
    let take = |to: &str| json!({"assign": {"to": to, "ifUnassigned": true}});
    ben.at_desk(&id, take("ben")).await;
    cleo.post_desk(&id, &take("cleo")).await.refused(Code::AlreadyAssigned);
    cleo.at_desk(&id, json!({"assign": {"to": "cleo"}})).await;
    assert_eq!(ben.desk(&id).await.assignee.as_deref(), Some("cleo"));
}

#[tokio::test]
async fn of_admins_who_take_a_conversation_at_once_one_gets_it() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let id = anna.order().await.conversation.id;
    let admins: Vec<_> = (0..6).map(|n| shop.admin(&format!("admin{n}"))).collect();
    for admin in &admins {
        admin.ticket().await;
    }
    let known: AdminList = admins[0].get("/api/chat/admins").await.ok();
    assert_eq!(known.items.len(), 6);
    let take = async |admin: &User| {
        let action = json!({"assign": {"to": admin.id, "ifUnassigned": true}});
        admin.post_desk(&id, &action).await.status
    };
    let talk = async {
        for n in 0..6 {
            anna.say(&id, &n.to_string()).await;
        }
    };
    let (mut statuses, ()) = tokio::join!(futures_util::future::join_all(admins.iter().map(take)), talk);
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    assert_eq!(admins[0].desk_log(&id, "").await.desk_seq, 1);
}

#[tokio::test]
async fn a_repeated_decision_is_made_once() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    let id = anna.order().await.conversation.id;
    ben.ticket().await;
    let path = format!("/api/chat/conversations/{id}/desk");
    let mut urgent = json!({"changeId": client_message_id(), "seenDeskSeq": 0, "prioritize": {"to": "urgent"}});
    let first: DeskAnswer = ben.post(&path, &urgent).await.expect(201);
    cleo.at_desk(&id, json!({"prioritize": {"to": "low"}})).await;
    let again: DeskAnswer = ben.post(&path, &urgent).await.ok();
    assert_eq!((again.entry, again.desk.priority), (first.entry, Priority::Low), "what came after stays");
    urgent["seenDeskSeq"] = 7.into();
    ben.post(&path, &urgent).await.refused(Code::InvalidRequest);
}

/// 24 conversations in every state.
async fn fill(anna: &User, ben: &User, tags: &[TagId; 2]) {
    let mut seed = 7u32;
    let mut random = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % below
    };
    for n in 0..24 {
        let id = anna.order().await.conversation.id;
        match random(3) {
            0 => {}
            1 => drop(ben.at_desk(&id, json!({"assign": {"to": "ben"}})).await),
            _ => drop(ben.at_desk(&id, json!({"assign": {"to": "cleo"}})).await),
        }
        if random(2) == 0 {
            ben.at_desk(&id, json!({"tag": {"add": [tags[random(2) as usize]]}})).await;
        }
        if random(3) == 0 {
            ben.at_desk(&id, json!({"prioritize": {"to": "urgent"}})).await;
        }
        if random(4) == 0 {
            ben.at_desk(&id, json!({"snooze": {}})).await;
        }
        if random(5) == 0 {
            ben.set_status(&id, ConversationStatus::Closed).await;
        }
        if random(3) == 0 && ben.conversation(&id).await.status == ConversationStatus::Active {
            anna.say(&id, &format!("hi {n}")).await;
        }
    }
}

/// Whether a filter selects a conversation.
type Selects<'a> = Box<dyn Fn(&ConversationStatus, &Desk) -> bool + 'a>;

/// Every list equals the one that is made from all conversations, and the counts too.
#[tokio::test]
async fn filters_and_views_equal_a_look_at_everything() {
    let shop = Shop::open().await;
    let (anna, ben, cleo) = (shop.customer("anna"), shop.admin("ben"), shop.admin("cleo"));
    ben.ticket().await;
    cleo.ticket().await;
    let tags = [tag(&ben, "one").await.id, tag(&ben, "two").await.id];
    fill(&anna, &ben, &tags).await;
    let all: ConversationPage = ben.get("/api/chat/conversations?limit=100").await.ok();
    assert_eq!(all.items.len(), 24);
    let [one, two] = &tags;
    let open =
        |desk: &Desk, status: &ConversationStatus| *status == ConversationStatus::Active && desk.snooze.is_none();
    let of = |who: Option<&'static str>| -> Selects<'_> {
        Box::new(move |status, desk| open(desk, status) && desk.assignee.as_deref() == who)
    };
    let cases: Vec<(String, Selects<'_>)> = vec![
        ("assignee=ben".to_owned(), of(Some("ben"))),
        ("assignee=cleo".to_owned(), of(Some("cleo"))),
        ("assignee=none".to_owned(), of(None)),
        ("assignee=stranger".to_owned(), of(Some("stranger"))),
        ("snoozed=true".to_owned(), Box::new(|_, desk| desk.snooze.is_some())),
        (format!("tag={one}"), Box::new(|_, desk| desk.tags.contains(one))),
        ("priority=urgent".to_owned(), Box::new(|_, desk| desk.priority == Priority::Urgent)),
        ("priority=none".to_owned(), Box::new(|_, desk| desk.priority == Priority::None)),
        (
            format!("assignee=ben&tag={two}"),
            Box::new(|status, desk| {
                open(desk, status) && desk.assignee.as_deref() == Some("ben") && desk.tags.contains(two)
            }),
        ),
        (
            "assignee=none&priority=urgent".to_owned(),
            Box::new(|status, desk| open(desk, status) && desk.assignee.is_none() && desk.priority == Priority::Urgent),
        ),
        (
            format!("tag={one}&status=active"),
            Box::new(|status, desk| *status == ConversationStatus::Active && desk.tags.contains(one)),
        ),
        (
            "assignee=cleo&status=closed".to_owned(),
            Box::new(|status, desk| *status == ConversationStatus::Closed && desk.assignee.as_deref() == Some("cleo")),
        ),
    ];
    let mut found = 0;
    for (query, selects) in &cases {
        for limit in [1, 2, 100] {
            let mut ids = Vec::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/api/chat/conversations?{query}&limit={limit}{cursor}");
                let page: ConversationPage = ben.get(&path).await.ok();
                assert!(page.items.len() <= limit);
                ids.extend(page.items.into_iter().map(|item| item.id.to_string()));
                let Some(next) = page.next_cursor else { break };
                cursor = format!("&cursor={next}");
            }
            let expected = all.items.iter().filter(|item| selects(&item.status, item.desk.as_ref().expect("a desk")));
            let mut expected: Vec<String> = expected.map(|item| item.id.to_string()).collect();
            expected.sort();
            ids.sort();
            assert_eq!(ids, expected, "{query}&limit={limit}");
            found += ids.len();
        }
    }
    assert!(found > 50, "{found}");
    let count = |selects: &Selects<'_>| {
        let selected = all.items.iter().filter(|item| selects(&item.status, item.desk.as_ref().expect("a desk")));
        u32::try_from(selected.count()).expect("a count")
    };
    let active: Selects<'_> = Box::new(|status, _| *status == ConversationStatus::Active);
    for (admin, mine) in [(&ben, 0), (&cleo, 1)] {
        let views: Views = admin.get("/api/chat/views").await.ok();
        let expected = Views {
            mine: count(&cases[mine].1),
            unassigned: count(&cases[2].1),
            snoozed: count(&cases[4].1),
            all: count(&active),
        };
        assert_eq!(views, expected);
    }
    for query in ["assignee=", "assignee=ben&snoozed=true", "tag=x", "priority=highest"] {
        ben.get(&format!("/api/chat/conversations?{query}")).await.refused(Code::InvalidRequest);
    }
    for query in ["assignee=none", "snoozed=true", &format!("tag={one}"), "priority=urgent"] {
        anna.get(&format!("/api/chat/conversations?{query}")).await.refused(Code::Forbidden);
    }
}
