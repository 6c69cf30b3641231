//! The runner: what `cargo run` says, where it stops, and that data outlives it.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Role;
use futures_util::future::join_all;
use local::{Data, Functions, Settings};
use protocol::OrderAnswer;
use serde_json::{Value, json};
use tests::gateway::{SOON, Sketch};
use tests::{Shop, User};

/// The binary, built as `cargo run` would.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = Command::new(env!("CARGO")).args(["build", "--quiet", "-p", "local", "--bin", "order-chat"]).status();
    assert!(built.expect("cargo runs").success(), "the runner does not build");
    let this = std::env::current_exe().expect("a path");
    let debug = this.ancestors().nth(2).expect("a target folder");
    debug.join(format!("order-chat{}", std::env::consts::EXE_SUFFIX))
});

/// A folder with a template that needs no function.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("template.yaml"), Sketch::new().table().text()).unwrap();
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(&*BINARY);
    command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).env_remove("RUST_LOG");
    command
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = command(folder, arguments).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert_eq!(stdout, b"", "it listened");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

/// A running gateway, and the address of its first line.
struct Running(Child, String);

impl Running {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = command(folder, arguments).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        let url = first.trim_end().strip_prefix("listening on ").expect("the first line tells the address").to_owned();
        Self(child, url)
    }

    async fn token(&self) -> String {
        self.token_of("a").await
    }

    async fn token_of(&self, admin: &str) -> String {
        let request = reqwest::Client::new().post(format!("{}/dev/token", self.1));
        let request = request.json(&json!({ "sub": admin, "role": "admin", "name": "A" }));
        request.send().await.unwrap().json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    /// Ends it as a terminal or a service manager would.
    fn end(mut self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < SOON, "it does not end");
            std::thread::yield_now();
        };
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves no process behind; one that has ended cannot be killed again.
        let _ended = self.0.kill();
    }
}

#[tokio::test]
async fn it_tells_where_it_listens_and_ends_when_told() {
    let folder = folder();
    for signal in ["-INT", "-TERM"] {
        let running = Running::start(folder.path(), &["--port", "0", "--memory"]);
        assert!(running.1.starts_with("http://127.0.0.1:"), "{}", running.1);
        assert!(!running.token().await.is_empty());
        running.end(signal);
    }
    assert!(!folder.path().join("data").exists(), "--memory wrote to the disk");
}

#[tokio::test]
async fn tokens_and_tables_outlive_it() {
    let folder = folder();
    let secret = || std::fs::read_to_string(folder.path().join("kept/secret")).unwrap();
    let running = Running::start(folder.path(), &["--port", "0", "--data", "kept"]);
    let (token, before) = (running.token().await, secret());
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

/// Posts until nobody answers any more; what was acknowledged.
async fn talk(url: String, token: String, stored: &AtomicUsize) -> Vec<Value> {
    let http = reqwest::Client::new();
    let mut acknowledged = Vec::new();
    loop {
        let message = json!({ "clientMessageId": tests::client_message_id(), "body": "still there?" });
        let Ok(answer) = http.post(&url).bearer_auth(&token).json(&message).send().await else { return acknowledged };
        if answer.status() != 201 {
            // Past the rate: the others go on.
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
    let admin = |running: &Running, token: String| User::at(&running.1, "a", Role::Admin, token);
    let placed: OrderAnswer = admin(&running, running.token().await).post("/api/sales", &order).await.expect(201);
    let id = placed.conversation.id;

    let mut acknowledged = Vec::new();
    for round in 1..=5 {
        let stored = AtomicUsize::new(0);
        let url = format!("{}/api/chat/conversations/{id}/messages", running.1);
        let mut tokens = Vec::new();
        for number in 0..8 {
            tokens.push(running.token_of(&format!("admin{round}-{number}")).await);
        }
        let talking = join_all(tokens.into_iter().map(|token| talk(url.clone(), token, &stored)));
        let killing = async {
            while stored.load(Ordering::Relaxed) < 20 * round {
                tokio::task::yield_now().await;
            }
            running.0.kill().unwrap();
        };
        let (heard, ()) = tokio::join!(talking, killing);
        running.0.wait().unwrap();
        acknowledged.extend(heard.into_iter().flatten());

        running = start();
        let messages = admin(&running, running.token().await).messages(&id).await;
        assert!(messages.iter().map(|message| message.seq).eq(1..=messages.len() as u64), "a gap");
        let stored: Vec<_> = messages.iter().map(|message| serde_json::to_value(message).unwrap()).collect();
        for message in &acknowledged {
            let at = usize::try_from(message["seq"].as_u64().unwrap()).unwrap() - 1;
            assert_eq!(stored.get(at), Some(message), "acknowledged before kill {round}");
        }
    }
    println!("5 kills, {} acknowledged messages, all there", acknowledged.len());
}

#[test]
fn a_refusal_is_one_line_and_exit_code_2() {
    let folder = folder();
    assert!(refused(folder.path(), &["--template", "none.yaml"]).contains("none.yaml"));
    std::fs::write(folder.path().join("odd.yaml"), "Resources: { X: { Type: AWS::SQS::Queue } }").unwrap();
    assert!(refused(folder.path(), &["--template", "odd.yaml", "--port", "0", "--memory"]).contains("AWS::SQS::Queue"));
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
    let sketch = Sketch::new().table();
    let settings = || Settings { data: Data::Folder(folder.path().to_owned()), ..sketch.settings() };

    let first = local::start(settings(), Functions::new()).await.unwrap();
    let put = dynamodb::Client::new(first.sdk()).put_item().table_name(first.table().unwrap());
    put.item("pk", text()).item("sk", text()).send().await.unwrap();
    first.stop().await;

    let second = local::start(settings(), Functions::new()).await.unwrap();
    let get = dynamodb::Client::new(second.sdk()).get_item().table_name(second.table().unwrap());
    let found = get.key("pk", text()).key("sk", text()).send().await.unwrap();
    assert!(found.item().is_some());
    second.stop().await;

    let other = sketch.text().replace("\"other\"", "\"another\"");
    let settings = Settings { template: local::Template::Text(other), ..settings() };
    let refusal = local::start(settings, Functions::new()).await.unwrap_err().to_string();
    assert!(refusal.contains("other keys or indexes"), "{refusal}");
}
