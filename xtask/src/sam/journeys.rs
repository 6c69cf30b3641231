//! The journeys of `tests/tests`, through the emulator's gateway.

use std::process::Command;

use anyhow::{Result, ensure};

use super::Stack;
use crate::shell::command;

/// The test binary whose tests need nothing but HTTP, a WebSocket and the table: the whole protocol.
const JOURNEYS: &str = "journeys";

/// Single tests of theirs that do not go there, and why. What the emulator does differently is in `docs/gateways.md`.
const NOT_THERE: &[(&str, &str)] = &[
    ("a_client_reconnects_after_a_restart", "it cannot be stopped and started with its data"),
    ("a_flood_of_frames_is_refused_one_by_one", "it takes a connection's frames one after the other, and so slowly"),
    ("a_restart_keeps_everything", "it cannot be stopped and started with its data"),
    ("deep_json_is_refused_and_the_connection_stays", "it never answers JSON that is 15,000 deep"),
    ("invalid_ids_are_not_found", "it looks for the route of `..%2f..` after decoding it, and so finds none"),
    ("issuer_and_audience_are_checked_where_configured", "this deployment has neither"),
    ("nothing_is_compressed", "its WebSockets are"),
    ("server_faults_are_internal_errors", "its DynamoDB does not fail at a word"),
    ("a_violation_closes_only_its_own_connection", "it takes frames of every size, and bytes for text"),
];

/// Runs them one after the other, since each wants the only table empty.
pub(crate) fn run(stack: &Stack<'_>) -> Result<()> {
    let mut tests = command("cargo", &["test", "--workspace", "--no-fail-fast"]);
    tests.args(["--test", JOURNEYS, "--"]);
    for (test, _) in NOT_THERE {
        tests.args(["--skip", test]);
    }
    point(&mut tests, stack);
    eprintln!("\n> the journeys, at {}", stack.http);
    ensure!(tests.status()?.success(), "not every journey passes at the deployed system");
    Ok(())
}

fn point(tests: &mut Command, stack: &Stack<'_>) {
    stack.ministack.address(tests);
    tests
        .env("ORDER_CHAT_HTTP", &stack.http)
        .env("ORDER_CHAT_JWT_SECRET", stack.secret)
        .env("ORDER_CHAT_ORIGIN", super::ORIGIN)
        .env("ORDER_CHAT_TABLE", &stack.table)
        .env("RUST_TEST_THREADS", "1");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::root;

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
