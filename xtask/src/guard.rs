//! `cargo xtask guard`: counts the instructions of function calls and compares them with committed
//! numbers, so that a slowdown is noticed.
//!
//! callgrind counts what runs on Lambda: the program that `sam build` makes, from one event to its
//! next request for an event. Lambda, DynamoDB and `@connections` are other processes and are not
//! counted. The connections to them have no TLS, because its cost depends on the processor. A
//! number is for a call in a process that has answered calls before. Only the number of the start
//! is for a new process.

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::sam::Sam;
use crate::{debian, shell};

mod callgrind;
mod figures;
mod listener;
mod shop;

use figures::Figures;
use shop::Shop;

/// The calls that a process answers before the counted ones. It connects and fills its pools and
/// caches with them.
const WARM: u32 = 5;

/// The number of counted calls.
const CALLS: u32 = 20;

/// An operation of a function.
struct Operation {
    name: &'static str,
    function: &'static str,
    /// Creates an event that makes the operation succeed.
    event: fn(&mut Shop) -> Result<Value>,
    /// Whether the operation pushes an event to somebody else.
    is_heard: bool,
    /// Whether it has an answer.
    is_answered: bool,
}

const OPERATIONS: [Operation; 3] = [
    Operation { name: "send", function: "SendMessage", event: Shop::send, is_heard: true, is_answered: true },
    Operation { name: "read to the end", function: "Signals", event: Shop::read, is_heard: true, is_answered: false },
    Operation {
        name: "page of 50 messages",
        function: "Conversations",
        event: Shop::page,
        is_heard: false,
        is_answered: true,
    },
];

/// Builds the functions, counts, and compares. With `accept` the counted numbers are written to the
/// file instead.
pub(crate) fn run(accept: bool) -> Result<()> {
    let counted = count_all(&Sam::install()?.build()?)?;
    if accept { counted.commit() } else { Figures::committed()?.compare(&counted) }
}

/// Counts the programs that `sam build` made in the folder `built`, and prints the numbers. Fails
/// if an operation takes too many instructions.
pub(crate) fn check(built: &Path) -> Result<()> {
    Figures::committed()?.compare(&count_all(built)?)
}

fn count_all(built: &Path) -> Result<Figures> {
    debian::install("/usr/bin/valgrind", "valgrind")?;
    let mut shop = Shop::open()?;
    let mut counted = Figures::here()?;
    let program = |of: &Operation| built.join(of.function).join("bootstrap");
    // The start of `send-message`, because a person waits for it.
    let [send, ..] = &OPERATIONS;
    counted.set("start", u32::try_from(process(&program(send), send, &mut shop, 0)?)?);
    for operation in &OPERATIONS {
        counted.set(operation.name, count(&program(operation), operation, &mut shop)?);
    }
    Ok(counted)
}

/// Instructions of one call: the difference between a process with more calls and one with fewer,
/// divided by the number of calls.
fn count(program: &Path, operation: &Operation, shop: &mut Shop) -> Result<u32> {
    let few = process(program, operation, shop, WARM)?;
    let many = process(program, operation, shop, WARM + CALLS)?;
    Ok(u32::try_from(many.saturating_sub(few) / u64::from(CALLS))?)
}

/// Instructions of a process that answers `calls` calls. Fails if an answer is not a success.
fn process(program: &Path, operation: &Operation, shop: &mut Shop, calls: u32) -> Result<u64> {
    let folder = shell::target().join("guard");
    std::fs::create_dir_all(&folder)?;
    let mut process = callgrind::Counted::start(program, &folder, &shop.environment())?;
    for _ in 0..calls {
        let event = (operation.event)(shop)?;
        let answer = process.invoke(&event)?;
        ensure!(succeeded(&answer, operation.is_answered), "{}: {answer}", operation.name);
        if operation.is_heard {
            shop.listener.next_frame()?;
        }
    }
    process.end()
}

/// Returns true if the answer is an acknowledgement or a full page, or for an operation without an
/// answer none.
fn succeeded(answer: &Value, is_answered: bool) -> bool {
    if !is_answered {
        return answer["statusCode"] == 200 && answer["body"].is_null();
    }
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
    let is_full = body["messages"].as_array().is_some_and(|messages| messages.len() == shop::PAGE);
    answer["statusCode"] == 200 && (body["event"] == "ack" || is_full)
}
