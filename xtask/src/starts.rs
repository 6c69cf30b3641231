//! `cargo xtask starts`: how large the functions are, how fast they start, and what their first request to DynamoDB costs.
//!
//! A start is the time from the start of the process to its first question for an event, beside that of a function which
//! does nothing; all in turn, many times, and the shortest compared: whatever else the machine does only ever makes one
//! longer. Times are the machine's and asserted nowhere: ratios are.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::chore;
use crate::sam::{Ministack, Sam};

mod runtime_api;

use runtime_api::Process;

/// How often each function is started, in milliseconds each time.
const STARTS: usize = 100;

/// How often a started function is asked for its first and second request.
const REQUESTS: usize = 30;

/// A function's zip file stays below this many bytes.
const LARGEST: u64 = 5_000_000;

/// A function takes at most so many times as long to start as one that does nothing.
const SLOWEST_START: f64 = 1.5;

/// The first request to DynamoDB takes at most so many times as long as the second.
const SLOWEST_FIRST: f64 = 3.0;

/// The event whose answer is one request to DynamoDB, with its function.
const ONE_REQUEST: (&str, &str) = ("Orders", "tests/events/17-Orders-one.json");

/// Builds the functions and measures them.
pub(crate) fn measure() -> Result<()> {
    check(&Sam::install()?.build()?)
}

/// Measures what `sam build` made in the folder `built`, says it, and fails where it is too much.
pub(crate) fn check(built: &Path) -> Result<()> {
    let empty = empty()?;
    let functions = functions(built)?;
    let mut wrong = Vec::new();

    let mut starts: Vec<(&str, &Path, Vec<Duration>)> = vec![("(nothing)", &empty, Vec::new())];
    starts.extend(functions.iter().map(|(name, program)| (name.as_str(), program.as_path(), Vec::new())));
    for _ in 0..STARTS {
        for (_, program, times) in &mut starts {
            times.push(Process::start(program, &[])?.0);
        }
    }
    let nothing = shortest(&starts[0].2);
    println!("{:<14} {:>9} {:>10} {:>6}", "function", "zip bytes", "start", "ratio");
    for (name, program, times) in &starts {
        let (start, zip) = (shortest(times), zipped(program)?);
        let ratio = start.as_secs_f64() / nothing.as_secs_f64();
        println!("{name:<14} {zip:>9} {:>7.2} ms {ratio:>6.2}", start.as_secs_f64() * 1000.0);
        if zip >= LARGEST || ratio > SLOWEST_START {
            wrong.push(format!("{name}: {zip} bytes, {ratio:.2} times an empty function's start"));
        }
    }

    let (_, orders) = functions.iter().find(|(name, _)| name == ONE_REQUEST.0).context("no such function")?;
    let (first, second) = requests(orders)?;
    let ratio = first.as_secs_f64() / second.as_secs_f64();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "first DynamoDB request {:.2} ms, second {:.2} ms, ratio {ratio:.2}",
        milliseconds(first),
        milliseconds(second)
    );
    if ratio > SLOWEST_FIRST {
        wrong.push(format!("the first request takes {ratio:.2} times as long as the second"));
    }
    ensure!(wrong.is_empty(), "too much: {wrong:#?}");
    Ok(())
}

/// The shortest of the first and of the second requests, over TLS, by what an event takes that needs one.
fn requests(program: &Path) -> Result<(Duration, Duration)> {
    let event = fs::read_to_string(chore::root().join(ONE_REQUEST.1))?;
    let ministack = Ministack::start_with_tls()?;
    ministack.make_table("order-chat")?;
    let environment = ministack.environment();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        let (_, mut process) = Process::start(program, &environment)?;
        for times in [&mut first, &mut second] {
            let (took, answer) = process.invoke(&event)?;
            let answer: Value = serde_json::from_str(&answer)?;
            // The table is empty: what was asked for is not there.
            ensure!(answer["statusCode"] == 404, "{answer}");
            times.push(took);
        }
    }
    Ok((shortest(&first), shortest(&second)))
}

/// Builds the function that does nothing as the others are built.
fn empty() -> Result<PathBuf> {
    chore::run("cargo", &["build", "--release", "--package", "empty"])?;
    Ok(chore::target().join("release/empty"))
}

/// The built functions, by their names in the template.
fn functions(built: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut functions = Vec::new();
    for folder in fs::read_dir(built)? {
        let program = folder?.path().join("bootstrap");
        if program.exists() {
            let name = program.parent().and_then(Path::file_name).context("a folder has a name")?;
            functions.push((name.to_string_lossy().into_owned(), program));
        }
    }
    functions.sort();
    Ok(functions)
}

/// The size of a zip file with this program in it, as `sam deploy` uploads it.
fn zipped(program: &Path) -> Result<u64> {
    let zip = chore::target().join("sam/bootstrap.zip");
    let script = "import sys, zipfile
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as file: file.write(sys.argv[1], 'bootstrap')";
    let made = chore::command("python3", &["-c", script]).arg(program).arg(&zip).status()?;
    ensure!(made.success(), "python3 makes no zip file");
    Ok(fs::metadata(zip)?.len())
}

fn shortest(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}
