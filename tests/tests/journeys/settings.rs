//! What the shop sets: tags and canned responses. Agents use them, admins change them.

use protocol::{CannedResponseAnswer, CannedResponseList, Code, Event, Settings, TagAnswer, TagList, TicketAnswer};
use reqwest::Method;
use serde_json::json;
use tests::{Answer, Shop, User};

const TAGS: &str = "/api/chat/tags";
const RESPONSES: &str = "/api/chat/canned-responses";

async fn delete(user: &User, path: &str) -> Answer {
    user.call(Method::DELETE, path, &[], None).await
}

fn response(shortcut: &str, personal: bool) -> serde_json::Value {
    json!({"shortcut": shortcut, "title": "T", "body": "Hello {{customer.name}}", "personal": personal})
}

async fn shortcuts(user: &User) -> Vec<String> {
    let list: CannedResponseList = user.get(RESPONSES).await.ok();
    list.items.into_iter().map(|item| item.shortcut).collect()
}

#[tokio::test]
async fn tags_are_added_renamed_and_deleted() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let desk = ben.connect().await;
    let red: TagAnswer = ben.post(TAGS, &json!({"name": "Fragile", "color": "red"})).await.expect(201);
    let blue: TagAnswer = ben.post(TAGS, &json!({"name": "Big", "color": "blue"})).await.expect(201);
    ben.at_desk(&id, json!({"tag": {"add": [red.tag.id, blue.tag.id]}})).await;
    let path = format!("{TAGS}/{}", red.tag.id);
    let renamed: TagAnswer = ben.patch(&path, &json!({"name": "Glass", "color": "red"})).await.ok();
    assert_eq!(ben.get(TAGS).await.ok::<TagList>().items, [blue.tag.clone(), renamed.tag.clone()]);
    for (name, field) in [("", "name"), (" a", "name"), ("a\nb", "name"), (&*"a".repeat(41), "name"), ("big", "name")] {
        for answer in [
            ben.post(TAGS, &json!({"name": name, "color": "red"})).await,
            ben.patch(&path, &json!({"name": name, "color": "red"})).await,
        ] {
            assert!(answer.refused(Code::InvalidRequest).detail.contains(field), "{name:?}");
        }
    }
    ben.post(TAGS, &json!({"name": "New", "color": "pink"})).await.refused(Code::InvalidRequest);
    assert_eq!(delete(&ben, &path).await.ok::<TagList>().items, std::slice::from_ref(&blue.tag));
    delete(&ben, &path).await.refused(Code::NotFound);
    ben.patch(&path, &json!({"name": "Glass", "color": "red"})).await.refused(Code::NotFound);
    delete(&ben, &format!("{TAGS}/x")).await.refused(Code::NotFound);
    // Its id stays where it was, and can be removed.
    assert_eq!(ben.desk(&id).await.tags.len(), 2);
    let removed = ben.at_desk(&id, json!({"tag": {"remove": [red.tag.id]}})).await;
    assert_eq!(removed.desk.tags, [blue.tag.id].into());
    let told =
        desk.drain().await.into_iter().filter(|event| matches!(event, Event::SettingsUpdated { what: Settings::Tags }));
    assert_eq!(told.count(), 4, "two new ones, one renamed, one deleted");
}

#[tokio::test]
async fn canned_responses_are_the_shops_or_ones_own() {
    let shop = Shop::open().await;
    let (ben, cleo) = (shop.admin("ben"), shop.admin("cleo"));
    let (counter, home) = (ben.connect().await, cleo.connect().await);
    let shops: CannedResponseAnswer = ben.post(RESPONSES, &response("shop", false)).await.expect(201);
    let own: CannedResponseAnswer = ben.post(RESPONSES, &response("own", true)).await.expect(201);
    // The same shortcut can be the shop's and one's own.
    cleo.post(RESPONSES, &response("shop", true)).await.expect::<CannedResponseAnswer>(201);
    assert_eq!(shortcuts(&ben).await, ["own", "shop"]);
    assert_eq!(shortcuts(&cleo).await, ["shop", "shop"]);
    let is_told = |event: &Event| matches!(event, Event::SettingsUpdated { what: Settings::CannedResponses });
    for client in [&counter, &home] {
        assert_eq!(
            client.drain().await.iter().filter(|event| is_told(event)).count(),
            2,
            "of the shop's and their own"
        );
    }

    let path = |id: &dyn std::fmt::Display| format!("{RESPONSES}/{id}");
    let mut changed = response("hello", false);
    changed["quickReply"] = true.into();
    let hello: CannedResponseAnswer = cleo.patch(&path(&shops.canned_response.id), &changed).await.ok();
    assert!(hello.canned_response.quick_reply);
    // Of others, one's own does not exist; and it stays one's own.
    cleo.patch(&path(&own.canned_response.id), &response("mine", true)).await.refused(Code::NotFound);
    cleo.patch(&path(&own.canned_response.id), &response("mine", false)).await.refused(Code::NotFound);
    delete(&cleo, &path(&own.canned_response.id)).await.refused(Code::NotFound);
    assert_eq!(shortcuts(&ben).await, ["hello", "own"]);

    for n in 0..4 {
        let mut quick = response(&format!("quick-{n}"), false);
        quick["quickReply"] = true.into();
        ben.post(RESPONSES, &quick).await.expect::<CannedResponseAnswer>(201);
    }
    let mut sixth = response("sixth", false);
    sixth["quickReply"] = true.into();
    let unknown = json!({"shortcut": "x", "title": "T", "body": "{{customer.password}}"});
    for (wrong, field) in [
        (sixth, "quickReply"),
        (response("hello", false), "shortcut"),
        (response("Hello", false), "shortcut"),
        (unknown, "body"),
    ] {
        let refused = ben.post(RESPONSES, &wrong).await.refused(Code::InvalidRequest);
        assert!(refused.detail.starts_with(field), "{wrong}: {refused:?}");
    }
    delete(&ben, &path(&own.canned_response.id)).await.ok::<CannedResponseList>();
    delete(&ben, &path(&shops.canned_response.id)).await.ok::<CannedResponseList>();
    assert_eq!(shortcuts(&ben).await.len(), 4);
}

#[tokio::test]
async fn an_agent_uses_what_only_admins_change() {
    let shop = Shop::open().await;
    let (anna, ben) = (shop.customer("anna"), shop.admin("ben"));
    let id = anna.order().await.conversation.id;
    let claims = json!({"sub": "ada", "role": "agent", "name": "Ada", "exp": tests::now_millis() / 1000 + 600});
    let token = shop.sign(&claims);
    let ada = User::at(&shop.base_url(), "ada", domain::Role::Admin, token);
    let ticket: TicketAnswer = ada.ticket().await;
    assert_eq!((ticket.user.role, ticket.user.agent), (domain::Role::Admin, true));
    assert!(!ben.ticket().await.user.agent);
    let tag: TagAnswer = ben.post(TAGS, &json!({"name": "Fragile", "color": "red"})).await.expect(201);
    let shops: CannedResponseAnswer = ben.post(RESPONSES, &response("shop", false)).await.expect(201);

    ada.say(&id, "Hello").await;
    ada.note(&id, "She has called before").await;
    ada.at_desk(&id, json!({"assign": {"to": "ada"}})).await;
    ada.at_desk(&id, json!({"tag": {"add": [tag.tag.id]}})).await;
    let own: CannedResponseAnswer = ada.post(RESPONSES, &response("own", true)).await.expect(201);
    assert_eq!(shortcuts(&ada).await, ["own", "shop"]);
    delete(&ada, &format!("{RESPONSES}/{}", own.canned_response.id)).await.ok::<CannedResponseList>();

    let tag_path = format!("{TAGS}/{}", tag.tag.id);
    let response_path = format!("{RESPONSES}/{}", shops.canned_response.id);
    for refused in [
        ada.post(TAGS, &json!({"name": "New", "color": "red"})).await,
        ada.patch(&tag_path, &json!({"name": "New", "color": "red"})).await,
        delete(&ada, &tag_path).await,
        ada.post(RESPONSES, &response("new", false)).await,
        ada.patch(&response_path, &response("new", false)).await,
        delete(&ada, &response_path).await,
        ada.put("/api/chat/sla", &json!({})).await,
    ] {
        refused.refused(Code::Forbidden);
    }
    assert_eq!(ben.get(TAGS).await.ok::<TagList>().items, [tag.tag]);
    assert_eq!(shortcuts(&ben).await, ["shop"]);
    // To others an agent is an admin.
    let desk = ada.connect_and_join(&id).await;
    let seen = anna.conversation(&id).await;
    assert!(seen.shop.is_some_and(|shop| shop.online));
    assert_eq!(seen.last_message.sender.role, domain::Role::Admin);
    desk.close().await;
}
