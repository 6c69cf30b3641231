//! The program `order-chat`: what it prints, which errors stop it, and that its data survives a
//! restart.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Role;
use futures_util::future::join_all;
use local::{Data, Functions, Settings};
use protocol::OrderAnswer;
use serde_json::{Value, json};
use tests::gateway::TestTemplate;
use tests::running::{Running, command};
use tests::{Shop, User};

/// A folder with a template that needs no function.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("template.yaml"), TestTemplate::new().table().text()).unwrap();
    folder
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = command(folder, arguments).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert_eq!(stdout, b"", "it listened");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[tokio::test]
async fn it_prints_its_address_and_stops_on_a_signal() {
    let folder = folder();
    for signal in ["-INT", "-TERM"] {
        let running = Running::start(folder.path(), &["--port", "0", "--memory"]);
        assert!(running.url.starts_with("http://127.0.0.1:"), "{}", running.url);
        assert!(running.user("a", Role::Admin).await.token.is_some());
        running.end(signal);
    }
    assert!(!folder.path().join("data").exists(), "--memory wrote to the disk");
}

#[tokio::test]
async fn tokens_and_tables_survive_a_restart() {
    let folder = folder();
    let secret = || std::fs::read_to_string(folder.path().join("kept/secret")).unwrap();
    let running = Running::start(folder.path(), &["--port", "0", "--data", "kept"]);
    let (token, before) = (running.user("a", Role::Admin).await.token.unwrap(), secret());
    running.end("-TERM");
    Running::start(folder.path(), &["--port", "0", "--data", "kept"]).end("-TERM");
    assert_eq!(secret(), before);
    let key = jsonwebtoken::DecodingKey::from_secret(before.as_bytes());
    let rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    assert_eq!(jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap().claims["sub"], "a");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("kept/secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Posts messages until the gateway does not answer any more. Returns the acknowledged ones.
async fn talk(url: &str, user: User, stored: &AtomicUsize) -> Vec<Value> {
    let (http, token) = (reqwest::Client::new(), user.token.unwrap());
    let mut acknowledged = Vec::new();
    loop {
        let message = json!({ "clientMessageId": tests::client_message_id(), "body": "still there?" });
        let Ok(answer) = http.post(url).bearer_auth(&token).json(&message).send().await else { return acknowledged };
        if answer.status() != 201 {
            // The rate limit is reached. Let the other tasks run.
            tokio::task::yield_now().await;
            continue;
        }
        let Ok(mut answer) = answer.json::<Value>().await else { return acknowledged };
        acknowledged.push(answer["message"].take());
        stored.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_traffic_loses_nothing_that_was_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["--port", "0", "--no-pages", "--data", data.path().to_str().unwrap()];
    let start = || Running::start(&Shop::root(), &arguments);
    let mut running = start();
    let mut order = tests::lamp();
    (order["customerId"], order["customerName"]) = ("anna".into(), "Anna".into());
    let admin = running.user("a", Role::Admin).await;
    let placed: OrderAnswer = admin.post("/api/sales", &order).await.expect(201);
    let id = placed.conversation.id;

    let rounds = tests::number("KILLS", 5);
    let mut acknowledged = Vec::new();
    for round in 1..=rounds {
        let stored = AtomicUsize::new(0);
        let url = format!("{}/api/chat/conversations/{id}/messages", running.url);
        let mut admins = Vec::new();
        for number in 0..8 {
            admins.push(running.user(&format!("admin{round}-{number}"), Role::Admin).await);
        }
        let talking = join_all(admins.into_iter().map(|admin| talk(&url, admin, &stored)));
        let killing = async {
            while stored.load(Ordering::Relaxed) < 20 * round {
                tokio::task::yield_now().await;
            }
            running.process.kill().unwrap();
        };
        let (heard, ()) = tokio::join!(talking, killing);
        running.process.wait().unwrap();
        acknowledged.extend(heard.into_iter().flatten());

        running = start();
        let messages = running.user("a", Role::Admin).await.messages(&id).await;
        assert!(messages.iter().map(|message| message.seq).eq(1..=messages.len() as u64), "a gap");
        let stored: Vec<_> = messages.iter().map(|message| serde_json::to_value(message).unwrap()).collect();
        for message in &acknowledged {
            let at = usize::try_from(message["seq"].as_u64().unwrap()).unwrap() - 1;
            assert_eq!(stored.get(at), Some(message), "acknowledged before kill {round}");
        }
    }
    println!("{rounds} kills, {} acknowledged messages, all there", acknowledged.len());
}

#[test]
fn a_refusal_is_one_line_and_exit_code_2() {
    let folder = folder();
    assert!(refused(folder.path(), &["--template", "none.yaml"]).contains("none.yaml"));
    std::fs::write(folder.path().join("odd.yaml"), "Resources: { X: { Type: AWS::Kinesis::Stream } }").unwrap();
    assert!(
        refused(folder.path(), &["--template", "odd.yaml", "--port", "0", "--memory"]).contains("AWS::Kinesis::Stream")
    );
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(refused(folder.path(), &["--port", "0", "--data", "file"]).contains("data folder"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert!(refused(folder.path(), &["--port", &port, "--memory"]).contains(&port));
}

#[tokio::test]
async fn a_second_start_sees_the_data_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let text = || AttributeValue::S("x".to_owned());
    let template = TestTemplate::new().table();
    let settings = || Settings { data: Data::Folder(folder.path().to_owned()), ..template.settings() };

    let first = local::start(settings(), Functions::new()).await.unwrap();
    let put = dynamodb::Client::new(first.sdk()).put_item().table_name(first.table().unwrap());
    put.item("pk", text()).item("sk", text()).send().await.unwrap();
    first.stop().await;

    let second = local::start(settings(), Functions::new()).await.unwrap();
    let get = dynamodb::Client::new(second.sdk()).get_item().table_name(second.table().unwrap());
    let found = get.key("pk", text()).key("sk", text()).send().await.unwrap();
    assert!(found.item().is_some());
    second.stop().await;

    let other = template.text().replace("\"other\"", "\"another\"");
    let settings = Settings { template: local::Template::Text(other), ..settings() };
    let refusal = local::start(settings, Functions::new()).await.unwrap_err().to_string();
    assert!(refusal.contains("other keys or indexes"), "{refusal}");
}

/// A version with one more index opens the data folder of the version before, and finds what is in it.
#[tokio::test]
async fn a_new_index_is_added_to_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let own = std::fs::read_to_string(Shop::root().join("template.yaml")).unwrap();
    let begin = own.find("        # Active conversations by who takes care of them").unwrap();
    let end = begin + own[begin..].find("\n\n").unwrap();
    let before = format!("{}{}", &own[..begin].trim_end(), &own[end..]);
    let before = before.replace("        - { AttributeName: qk, AttributeType: S }\n", "");
    let before = before.replace("        - { AttributeName: iq, AttributeType: N }\n", "");
    let start = async |template: String| {
        let data = Data::Folder(folder.path().to_owned());
        let settings = Settings { data, template: local::Template::Text(template), ..Shop::settings() };
        local::start(settings, local::functions()).await.unwrap()
    };
    let first = start(before).await;
    let put = dynamodb::Client::new(first.sdk()).put_item().table_name(first.table().unwrap());
    let put = put.item("pk", text("x")).item("sk", text("Z")).item("qk", text("u"));
    put.item("iq", AttributeValue::N("7".to_owned())).send().await.unwrap();
    first.stop().await;
    for _ in 0..2 {
        let second = start(own.clone()).await;
        let query = dynamodb::Client::new(second.sdk()).query().table_name(second.table().unwrap()).index_name("queue");
        let query = query.key_condition_expression("qk = :u").expression_attribute_values(":u", text("u"));
        assert_eq!(query.send().await.unwrap().count, 1);
        second.stop().await;
    }
}

/// The answer to a request of a bulk action; `None` if the gateway ends before.
async fn bulk(url: &str, admin: &User, request: &Value) -> Option<Value> {
    let request = reqwest::Client::new().post(format!("{url}/api/chat/bulk")).json(request);
    let answer = request.bearer_auth(admin.token.as_deref().unwrap()).send().await;
    answer.ok()?.json().await.ok()
}

/// A bulk action whose gateway is killed in the middle of each request is repeated, and each conversation
/// got it once.
#[tokio::test]
async fn a_bulk_action_that_was_killed_is_done_once() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["--port", "0", "--no-pages", "--data", data.path().to_str().unwrap()];
    let mut running = Running::start(&Shop::root(), &arguments);
    let anna = running.user("anna", Role::Customer).await;
    let placed = futures_util::future::join_all((0..60).map(|_| anna.order())).await;
    let ids: Vec<_> = placed.into_iter().map(|placed| placed.conversation.id).collect();
    let (id, action) = (tests::client_message_id(), json!({ "message": { "body": "We are closed tomorrow" } }));
    let is_message = |event: &protocol::Event| matches!(event, protocol::Event::OrderMessageUpdate { .. });
    for (chunk, after) in ids.chunks(20).zip([1, 7, 15]) {
        let request = json!({ "id": id, "conversationIds": chunk, "do": action });
        let ben = running.user("ben", Role::Admin).await;
        let desk = running.user("cleo", Role::Admin).await.connect().await;
        let process = &mut running.process;
        let kill = async {
            for _ in 0..after {
                desk.wait_for("a message", is_message).await;
            }
            process.kill().unwrap();
            process.wait().unwrap();
        };
        let _lost = tokio::join!(bulk(&running.url, &ben, &request), kill);
        running = Running::start(&Shop::root(), &arguments);
        let ben = running.user("ben", Role::Admin).await;
        let answer = bulk(&running.url, &ben, &request).await.expect("an answer");
        let failed = answer["results"].as_array().unwrap().iter().filter(|result| !result["problem"].is_null());
        assert_eq!(failed.count(), 0, "{answer}");
    }
    let ben = running.user("ben", Role::Admin).await;
    for id in &ids {
        let messages = ben.messages(id).await;
        assert_eq!(messages.iter().filter(|message| message.body == "We are closed tomorrow").count(), 1, "{id}");
    }
}

/// A gateway that was killed has not called `$disconnect`. The next start does.
#[tokio::test]
async fn nobody_stays_online_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["--port", "0", "--no-pages", "--data", data.path().to_str().unwrap()];
    let mut running = Running::start(&Shop::root(), &arguments);
    let (anna, ben) = (running.user("anna", Role::Customer).await, running.user("ben", Role::Admin).await);
    let id = anna.post("/api/sales", &tests::lamp()).await.expect::<OrderAnswer>(201).conversation.id;
    let began = tests::now_millis();
    let (phone, tablet) = (anna.connect_and_join(&id).await, anna.connect().await);
    let desk = ben.connect_and_join(&id).await;
    desk.say(&id, "I am here").await;
    desk.read(&id, 1).await;
    let participants = ben.conversation(&id).await.participants;
    assert!(participants.iter().all(|participant| participant.online == Some(true)), "{participants:?}");
    running.process.kill().unwrap();
    running.process.wait().unwrap();
    let killed = tests::now_millis();
    drop((phone, tablet, desk));

    // Two restarts: a connection that was ended once must not be ended again with a later time.
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut running = Running::start(&Shop::root(), &arguments);
        let (anna, cleo) = (running.user("anna", Role::Customer).await, running.user("cleo", Role::Admin).await);
        let conversation = cleo.conversation(&id).await;
        for participant in conversation.participants.iter().take(2) {
            assert_eq!(participant.online, Some(false), "{participant:?}");
            let at = participant.last_seen_at.expect("when they were last seen").millis();
            assert!((began..=killed).contains(&at), "{began} {at} {killed}");
        }
        seen.push(conversation.participants);
        assert_eq!(anna.conversation(&id).await.shop.map(|shop| shop.online), Some(false));
        cleo.say(&id, "anybody?").await;
        assert!(cleo.conversation(&id).await.participants.iter().all(|other| other.online == Some(false)));
        running.process.kill().unwrap();
        running.process.wait().unwrap();
    }
    assert_eq!(
        seen[0][..2].iter().map(|it| it.last_seen_at).collect::<Vec<_>>(),
        seen[1][..2].iter().map(|it| it.last_seen_at).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_data_folder_has_one_server_at_a_time() {
    let folder = folder();
    let arguments = ["--port", "0", "--data", "kept"];
    let mut first = Running::start(folder.path(), &arguments);
    let refusal = refused(folder.path(), &arguments);
    let address = first.url.strip_prefix("http://").unwrap();
    assert!(refusal.contains(&format!("process {}", first.process.id())), "{refusal}");
    assert!(refusal.contains(address), "{refusal}");
    // The same folder and the same port: the second one fails, and the first one continues.
    let port = address.rsplit(':').next().unwrap();
    assert!(refused(folder.path(), &["--port", port, "--data", "kept"]).contains(address));
    assert!(first.user("a", Role::Admin).await.token.is_some());
    first.process.kill().unwrap();
    first.process.wait().unwrap();
    Running::start(folder.path(), &arguments).end("-TERM");
    Running::start(folder.path(), &arguments).end("-TERM");
}

/// The program with these arguments and a limit for the size of its files, in blocks. It ignores
/// the signal, so a write beyond the limit fails as on a full disk.
#[cfg(unix)]
fn with_a_full_disk(folder: &Path, blocks: u32, arguments: &[&str]) -> Command {
    let runner = command(folder, arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
    shell.arg(runner.get_program()).args(runner.get_args()).current_dir(folder);
    shell.stdout(Stdio::piped()).stderr(Stdio::piped()).env_remove("RUST_LOG");
    shell
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_was_full_stops_no_later_start() {
    let arguments = ["--port", "0", "--data", "kept"];
    // Not enough space for the secret; enough for the secret only; enough for a part of the
    // database.
    for blocks in [0, 1, 20] {
        let folder = folder();
        for _ in 0..2 {
            let output = with_a_full_disk(folder.path(), blocks, &arguments).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{blocks} blocks: {stderr}");
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            let secret = std::fs::read(folder.path().join("kept/secret")).unwrap_or_default();
            assert!(secret.is_empty() && blocks == 0 || secret.len() == 64, "{blocks} blocks: {secret:?}");
        }
        let running = Running::start(folder.path(), &arguments);
        assert!(running.user("a", Role::Admin).await.token.is_some());
        running.end("-TERM");
    }
}

/// A file as the version before left it when the disk was full.
#[tokio::test]
async fn a_secret_that_was_never_written_is_replaced() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("kept")).unwrap();
    std::fs::write(folder.path().join("kept/secret"), "").unwrap();
    let running = Running::start(folder.path(), &["--port", "0", "--data", "kept"]);
    assert!(running.user("a", Role::Admin).await.token.is_some());
    running.end("-TERM");
    assert_eq!(std::fs::read(folder.path().join("kept/secret")).unwrap().len(), 64);
    std::fs::write(folder.path().join("kept/secret"), "correct horse").unwrap();
    assert!(refused(folder.path(), &["--port", "0", "--data", "kept"]).contains("fewer than 32 bytes"));
}
