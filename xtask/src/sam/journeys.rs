//! The journeys of `tests/tests`, through the emulator's gateway.

use std::process::Command;

use anyhow::{Result, ensure};

use super::Stack;
use crate::shell::command;

/// Those that need nothing but HTTP, a WebSocket and the table: the whole protocol.
const JOURNEYS: [&str; 14] = [
    "access",
    "attacks",
    "authorizer",
    "errors",
    "history",
    "inbox",
    "orders",
    "presence",
    "receipts",
    "idempotency",
    "reconnect",
    "messaging",
    "typing",
    "user_id_isolation",
];

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
    for journey in JOURNEYS {
        tests.args(["--test", journey]);
    }
    tests.arg("--");
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

    /// The other tests, and what they need that a deployed system does not have.
    const HERE: [(&str, &str); 19] = [
        ("convergence", "hundreds of schedules, a second each"),
        ("costs", "a meter between the functions and the table"),
        ("broken_connections", "sockets that it breaks by itself"),
        ("example_events", "is run there by `sam remote invoke`"),
        ("faults", "requests that get lost when it says so"),
        ("gateway_connections", "the local gateway"),
        ("gateway_http", "the local gateway"),
        ("gateway_websocket", "the local gateway"),
        ("unstable_connections", "a server that it stops and starts"),
        ("jwks", "an identity provider of its own, and settings for it"),
        ("layout", "the sources"),
        ("load", "more of a machine than an emulator leaves"),
        ("logs", "all that the functions write"),
        ("operating", "the templates"),
        ("policies", "a meter between the functions and AWS"),
        ("secret_rotation", "a secret that it rotates"),
        ("command_line", "the runner"),
        ("template", "the local gateway"),
        ("importing", "the importer and MariaDB"),
    ];

    #[test]
    fn every_test_runs_there_or_has_a_reason() {
        let named = JOURNEYS.into_iter().chain(HERE.map(|(name, _)| name));
        let named: std::collections::BTreeSet<String> = named.map(str::to_owned).collect();
        let files = std::fs::read_dir(root().join("tests/tests")).unwrap();
        let name = |file: std::io::Result<std::fs::DirEntry>| {
            file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(named, files.map(name).collect());
    }
}
