//! Sends the example events in `tests/events` in their order. None of them may be refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Sam, Stack, script, stack};
use crate::runtime_api::Process;
use crate::shell;

/// Deletes all items, so that the events can be sent again.
const EMPTY_TABLE: &str = "import boto3, sys
table = boto3.resource('dynamodb').Table(sys.argv[1])
for item in table.scan()['Items']:
    table.delete_item(Key={name: item[name] for name in ['pk', 'sk']})";

/// The functions that answer nobody.
const BACKGROUND: [&str; 2] = ["Deadlines", "Notify"];

/// An event and its function.
struct Event {
    file: PathBuf,
    name: String,
    function: String,
}

/// Sends the events to the deployed stack with `sam remote invoke`.
pub(super) fn invoke_remotely(stack: &Stack<'_>, sam: &Sam) -> Result<()> {
    let events = events()?;
    eprintln!("\n> sam remote invoke, with each of {} events", events.len());
    for event in events {
        let options = ["--stack-name", stack::NAME, "--output", "json", "--event-file"];
        let mut invoke = sam.command(&[["remote", "invoke", &event.function].as_slice(), &options].concat())?;
        stack.ministack.address(invoke.arg(&event.file));
        let output = invoke.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let answer: Value = serde_json::from_str(&said)
            .with_context(|| format!("{}: {said}{}", event.name, String::from_utf8_lossy(&output.stderr)))?;
        ensure!(answer["FunctionError"].is_null(), "{}: {answer}", event.name);
        event.accepts(answer["Payload"].as_str().unwrap_or_default())?;
    }
    Ok(())
}

/// Does what `sam local invoke` does, but without a container. Each function gets its events from a
/// Runtime API. Its environment is the one that SAM CLI sets if a person follows
/// `docs/deploying.md`.
pub(super) fn invoke_locally(stack: &Stack<'_>, sam: &Sam, built: &Path) -> Result<()> {
    let mut empty = shell::command(stack.ministack.programs.join("python"), &["-c", EMPTY_TABLE, &stack.table]);
    stack.ministack.address(&mut empty);
    ensure!(empty.status()?.success(), "the table cannot be emptied");

    let mut ask = shell::command(sam.programs.join("python"), &[]);
    ask.arg(script("local_environment.py")).arg(built.join("template.yaml"));
    stack.ministack.address(&mut ask);
    let asked = ask.env("TABLE_NAME", &stack.table).env("WEBSOCKET_URL", &stack.websocket_url).output()?;
    ensure!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let environments: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_slice(&asked.stdout)?;

    let events = events()?;
    eprintln!("\n> as `sam local invoke`, but without a container, with each of {} events", events.len());
    for event in events {
        let environment = environments.get(&event.function).with_context(|| event.function.clone())?;
        let variables = environment.clone().into_iter().chain(stack.ministack.environment());
        let program = Command::new(built.join(&event.function).join("bootstrap"));
        let (_, mut process) =
            Process::start(program, &variables.collect::<Vec<_>>()).with_context(|| event.name.clone())?;
        let (_, answer) = process.invoke(&fs::read_to_string(&event.file)?)?;
        event.accepts(&answer)?;
    }
    Ok(())
}

/// The events in their order.
fn events() -> Result<Vec<Event>> {
    let files = fs::read_dir(shell::root().join("tests/events"))?.map(|file| Ok(file?.path()));
    let mut files: Vec<PathBuf> = files.collect::<Result<_>>()?;
    files.sort();
    ensure!(!files.is_empty(), "there are no event files");
    let event = |file: PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let function = name.split('-').nth(1).context("NN-Function-what.json")?.to_owned();
        Ok(Event { file, name, function })
    };
    files.into_iter().map(event).collect()
}

impl Event {
    /// Fails if the answer is not the expected one. The authorizer must refuse, because a token or
    /// a ticket in a file has expired.
    fn accepts(&self, answer: &str) -> Result<()> {
        let Self { name, .. } = self;
        let answer: Value = serde_json::from_str(answer).with_context(|| format!("{name}: {answer:?}"))?;
        if self.function == "Authorizer" {
            let is_denied =
                answer["principalId"] == "nobody" && answer["policyDocument"]["Statement"][0]["Effect"] == "Deny";
            ensure!(answer["isAuthorized"] == false || is_denied, "{name}: {answer}");
            return Ok(());
        }
        if BACKGROUND.contains(&self.function.as_str()) {
            ensure!(answer.is_null(), "{name}: {answer}");
            return Ok(());
        }
        if name.contains("that-is-gone") {
            ensure!(answer["statusCode"] == 404, "{name}: {answer}");
            return Ok(());
        }
        ensure!(answer["statusCode"] == 200 || answer["statusCode"] == 201, "{name}: {answer}");
        let body = answer["body"].as_str().unwrap_or("{}");
        let body: Value = serde_json::from_str(body).with_context(|| format!("{name}: {body}"))?;
        ensure!(body["event"] != "error", "{name}: {body}");
        Ok(())
    }
}
