//! The end of a function's process, as Lambda does it: `SIGTERM` to a process that has registered an
//! extension. The process is this program once more.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]
#![expect(clippy::unnecessary_wraps, reason = "the signature of the start of a function")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use runtime::{Environment, Function, SdkConfig, StartError};
use serde_json::Value;

/// What the function writes at its end.
const LAST_WORDS: &str = "everything is written";

const PROCESS: &str = "the_process_of_a_function";

fn start(_: &Environment, _: &SdkConfig) -> Result<Function, StartError> {
    Ok(Function::new(|_| async { Ok(Value::Null) }).with_end(|| println!("{LAST_WORDS}")))
}

/// Is started by the tests below, and does nothing without them.
#[tokio::test]
#[ignore = "it is the process of the other tests"]
async fn the_process_of_a_function() {
    runtime::run(start).await.unwrap();
}

fn process(api: &TcpListener) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", PROCESS, "--nocapture"]).stdout(Stdio::piped());
    command.env("AWS_LAMBDA_RUNTIME_API", api.local_addr().unwrap().to_string()).env("AWS_REGION", "us-east-1");
    for (name, value) in [("NAME", "function"), ("MEMORY_SIZE", "256"), ("VERSION", "$LATEST")] {
        command.env(format!("AWS_LAMBDA_FUNCTION_{name}"), value);
    }
    command.env("AWS_LAMBDA_LOG_GROUP_NAME", "group").env("AWS_LAMBDA_LOG_STREAM_NAME", "stream").spawn().unwrap()
}

/// The next connection to the API, and the head of its first request.
fn request(api: &TcpListener) -> (BufReader<TcpStream>, String) {
    let mut connection = BufReader::new(api.accept().unwrap().0);
    let head = head(&mut connection);
    (connection, head)
}

fn head(connection: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(connection.read_line(&mut head).unwrap() > 0, "{head}");
    }
    head.to_ascii_lowercase()
}

fn answer(connection: &mut BufReader<TcpStream>, head: &str) {
    connection.get_mut().write_all(format!("{head}\r\ncontent-length: 2\r\n\r\n{{}}").as_bytes()).unwrap();
}

#[test]
fn a_process_that_is_ended_does_what_is_left_to_do() {
    let api = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = process(&api);
    let (mut extension, registered) = request(&api);
    assert!(registered.starts_with("post /2020-01-01/extension/register http/1.1\r\n"), "{registered}");
    assert!(registered.contains("\r\nlambda-extension-name: order-chat\r\n"), "{registered}");
    let mut body = [0; r#"{"events":[]}"#.len()];
    extension.read_exact(&mut body).unwrap();
    assert_eq!(body, *br#"{"events":[]}"#);
    answer(&mut extension, "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: e-1");
    let next = head(&mut extension);
    assert!(next.starts_with("get /2020-01-01/extension/event/next http/1.1\r\n"), "{next}");
    assert!(next.contains("\r\nlambda-extension-identifier: e-1\r\n"), "{next}");
    let (_events, asked) = request(&api);
    assert!(asked.starts_with("get /2018-06-01/runtime/invocation/next "), "{asked}");

    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let mut written = String::new();
    child.stdout.take().unwrap().read_to_string(&mut written).unwrap();
    assert!(written.contains(LAST_WORDS), "{written}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_process_that_cannot_register_an_extension_runs_all_the_same() {
    let api = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = process(&api);
    let (mut extension, _) = request(&api);
    answer(&mut extension, "HTTP/1.1 403 Forbidden");
    let (_events, asked) = request(&api);
    assert!(asked.starts_with("get /2018-06-01/runtime/invocation/next "), "{asked}");
    child.kill().unwrap();
    child.wait().unwrap();
}
