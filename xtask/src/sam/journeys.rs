//! The journeys of `tests/tests`, through the emulator's gateway.

use std::process::Command;

use anyhow::{Result, ensure};

use super::Stack;
use crate::chore::command;

/// Those that need nothing but HTTP, a WebSocket and the table: the whole protocol.
const JOURNEYS: [&str; 12] = [
    "access",
    "authorizer",
    "errors",
    "history",
    "inbox",
    "orders",
    "presence",
    "receipts",
    "repeats",
    "resume",
    "talking",
    "typing",
];

/// What does not go there, and why. What the emulator does differently is in `docs/gateways.md`.
const NOT_THERE: &[(&str, &str)] =
    &[("ids_that_are_none_are_not_found", "it looks for the route of `..%2f..` after decoding it, and so finds none")];

/// Runs them one after the other, since each wants the only table empty.
pub(crate) fn run(stack: &Stack<'_>) -> Result<()> {
    let mut tests = command("cargo", &["test", "--package", "tests", "--no-fail-fast"]);
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
