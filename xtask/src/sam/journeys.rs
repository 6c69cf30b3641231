//! Runs the journeys of `tests/tests` at deployed stacks.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use super::Stack;
use crate::shell::{command, root};

/// The test binary that needs only HTTP, a WebSocket and the table.
const JOURNEYS: &str = "journeys";

/// Tests that cannot pass at the emulator, with the reason. `docs/gateways.md` has the differences
/// between the emulator and AWS.
const NOT_THERE: &[(&str, &str)] = &[
    ("a_client_reconnects_after_a_restart", "it cannot be stopped and started with its data"),
    (
        "a_flood_of_frames_is_refused_one_by_one",
        "it handles the frames of a connection one after another, which is slow",
    ),
    ("a_restart_keeps_everything", "it cannot be stopped and started with its data"),
    ("deep_json_is_refused_and_the_connection_stays", "it never answers JSON that is 15,000 deep"),
    ("invalid_ids_are_not_found", "it decodes `..%2f..` before it looks for the route, and finds none"),
    ("issuer_and_audience_are_checked_where_configured", "this deployment has neither"),
    ("nothing_is_compressed", "its WebSockets are compressed"),
    ("server_faults_are_internal_errors", "its DynamoDB cannot be made to fail"),
    ("a_violation_closes_only_its_own_connection", "it accepts frames of every size, and binary frames as text"),
];

/// The number of cases of a property test. At the emulator the tests check that it behaves as the
/// local gateway does, so a few cases are enough.
const CASES: &str = "5";

/// Runs the journeys. The tests at one stack run one after another, because each needs an empty
/// table.
pub(crate) fn run(stacks: &[Stack<'_>]) -> Result<()> {
    let program = program()?;
    let names = names(&program)?;
    eprintln!("\n> {} journeys, at {} systems", names.len(), stacks.len());
    let waiting = Mutex::new(names);
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let at = |stack: &Stack<'_>| -> Result<Vec<String>> {
        let mut failed = Vec::new();
        while let Some(name) = next() {
            let began = Instant::now();
            let mut test = Command::new(&program);
            point(test.args(["--exact", &name]).current_dir(root().join("tests")), stack);
            let ended = test.output()?;
            let word = if ended.status.success() { "ok" } else { "FAILED" };
            eprintln!("{name} ... {word} in {:.1} s", began.elapsed().as_secs_f64());
            if !ended.status.success() {
                let (said, complained) =
                    (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
                eprintln!("{said}{complained}");
                failed.push(name);
            }
        }
        Ok(failed)
    };
    let failed = thread::scope(|scope| -> Result<Vec<String>> {
        let running: Vec<_> = stacks.iter().map(|stack| scope.spawn(|| at(stack))).collect();
        let ended = running.into_iter().map(|it| it.join().map_err(|_| anyhow!("a thread has panicked"))?);
        Ok(ended.collect::<Result<Vec<_>>>()?.concat())
    })?;
    ensure!(failed.is_empty(), "these journeys do not pass at the deployed system: {failed:#?}");
    Ok(())
}

/// Builds the journeys as `cargo test` does. Returns the path of the test binary.
fn program() -> Result<PathBuf> {
    let arguments =
        ["test", "--workspace", "--test", JOURNEYS, "--no-run", "--message-format", "json-render-diagnostics"];
    let built = command("cargo", &arguments).stderr(Stdio::inherit()).output()?;
    ensure!(built.status.success(), "the journeys do not build");
    let messages = String::from_utf8(built.stdout)?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs = messages.filter(|message| message["target"]["name"] == JOURNEYS);
    let path = programs.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    path.context("cargo built no journeys")
}

/// The names of the tests that run at the emulator.
fn names(program: &Path) -> Result<Vec<String>> {
    let listed = Command::new(program).args(["--list", "--format", "terse"]).output()?;
    let listed = String::from_utf8(listed.stdout)?;
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let goes_there = |name: &&str| !NOT_THERE.iter().any(|(test, _)| name.ends_with(&format!("::{test}")));
    let names: Vec<String> = names.filter(goes_there).map(str::to_owned).collect();
    ensure!(!names.is_empty(), "there are no journeys");
    Ok(names)
}

fn point(test: &mut Command, stack: &Stack<'_>) {
    stack.ministack.address(test);
    test.env("ORDER_CHAT_HTTP", &stack.http)
        .env("ORDER_CHAT_JWT_SECRET", stack.secret)
        .env("ORDER_CHAT_ORIGIN", super::ORIGIN)
        .env("ORDER_CHAT_TABLE", &stack.table)
        .env("JOURNEY_CASES", CASES);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_go_there_is_a_test() {
        let folder = root().join("tests/tests").join(JOURNEYS);
        let files =
            std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let source: String = files.collect();
        for (test, _) in NOT_THERE {
            assert!(source.contains(&format!("async fn {test}()")), "no journey is called {test}");
        }
    }
}
