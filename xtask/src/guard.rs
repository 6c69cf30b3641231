//! `cargo xtask guard`: how many instructions a call of a function takes, beside what is committed, so that speed is not lost
//! unnoticed.
//!
//! What is counted is what runs on Lambda: the program that `sam build` makes, from the event to its next question for one, by callgrind.
//! Lambda, the table and the connections are other processes, and so are in no number. Their sockets are plain: what TLS takes
//! depends on the processor. A number is what a call takes in a process that has answered some before, but for the start's,
//! which is of a process that has not yet been called.

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

/// A process answers this many calls before those that count: it connects, and fills its pools and caches.
const WARM: u32 = 5;

/// How many calls count.
const CALLS: u32 = 20;

/// Something that a function does.
struct Operation {
    name: &'static str,
    function: &'static str,
    /// An event that asks for it, and has it succeed.
    event: fn(&mut Shop) -> Result<Value>,
    /// Whether somebody else hears of it.
    is_heard: bool,
}

const OPERATIONS: [Operation; 3] = [
    Operation { name: "send", function: "SendMessage", event: Shop::send, is_heard: true },
    Operation { name: "read to the end", function: "Signals", event: Shop::read, is_heard: true },
    Operation { name: "page of 50 messages", function: "Conversations", event: Shop::page, is_heard: false },
];

/// Builds the functions and counts; `accept` makes what was counted the measure from now on.
pub(crate) fn run(accept: bool) -> Result<()> {
    let counted = count_all(&Sam::install()?.build()?)?;
    if accept { counted.commit() } else { Figures::committed()?.compare(&counted) }
}

/// Counts what `sam build` made in the folder `built`, says it, and fails where an operation takes too much.
pub(crate) fn check(built: &Path) -> Result<()> {
    Figures::committed()?.compare(&count_all(built)?)
}

fn count_all(built: &Path) -> Result<Figures> {
    debian::install("/usr/bin/valgrind", "valgrind")?;
    let mut shop = Shop::open()?;
    let mut counted = Figures::here()?;
    let program = |of: &Operation| built.join(of.function).join("bootstrap");
    // Of the function that somebody waits for.
    let [send, ..] = &OPERATIONS;
    counted.set("start", u32::try_from(process(&program(send), send, &mut shop, 0)?)?);
    for operation in &OPERATIONS {
        counted.set(operation.name, count(&program(operation), operation, &mut shop)?);
    }
    Ok(counted)
}

/// Instructions of one call: those of a process that answers the more, without those of one that answers the fewer.
fn count(program: &Path, operation: &Operation, shop: &mut Shop) -> Result<u32> {
    let few = process(program, operation, shop, WARM)?;
    let many = process(program, operation, shop, WARM + CALLS)?;
    Ok(u32::try_from(many.saturating_sub(few) / u64::from(CALLS))?)
}

/// Instructions of a whole process that answers `calls`, each as it should.
fn process(program: &Path, operation: &Operation, shop: &mut Shop, calls: u32) -> Result<u64> {
    let folder = shell::target().join("guard");
    std::fs::create_dir_all(&folder)?;
    let mut process = callgrind::Counted::start(program, &folder, &shop.environment())?;
    for _ in 0..calls {
        let event = (operation.event)(shop)?;
        let answer = process.invoke(&event)?;
        ensure!(succeeded(&answer), "{}: {answer}", operation.name);
        if operation.is_heard {
            shop.listener.next_frame()?;
        }
    }
    process.end()
}

/// Whether it is an acknowledgement, or a full page.
fn succeeded(answer: &Value) -> bool {
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
    let is_full = body["messages"].as_array().is_some_and(|messages| messages.len() == shop::PAGE);
    answer["statusCode"] == 200 && (body["event"] == "ack" || is_full)
}
