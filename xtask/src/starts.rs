//! `cargo xtask starts`: measures the size of the functions, their start, and their first request
//! to DynamoDB.
//!
//! A start lasts from the start of the process to its first request for an event. It is compared
//! with the start of a function that does nothing. All functions are started in turn, many times,
//! and the shortest times are compared, because other work on the machine can only make a start
//! longer. Only ratios of times of one run are checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::runtime_api::Process;
use crate::sam::{Ministack, Sam};
use crate::shell;

/// How often each function is started in a round. One start takes milliseconds.
const STARTS: usize = 300;

/// How many processes make a first and a second request.
const REQUESTS: usize = 100;

/// The limit for the zip file of a function, in bytes.
const LARGEST: u64 = 5_000_000;

/// The limit for a start, as a multiple of the start of a function that does nothing.
const SLOWEST_START: f64 = 1.5;

/// The limit for the first request to DynamoDB, as a multiple of the second.
const SLOWEST_FIRST: f64 = 3.0;

/// A function and an event that makes one request to DynamoDB.
const ONE_REQUEST: (&str, &str) = ("Orders", "tests/events/19-Orders-stats.json");

/// The environment variables of a function, in addition to Lambda's.
const SETTINGS: [(&str, &str); 6] = [
    ("ARCHIVE_AFTER_DAYS", "30"),
    ("EDIT_MINUTES", "15"),
    ("LOG_SAMPLING", "20"),
    ("TABLE_NAME", "order-chat"),
    ("WEBSOCKET_URL", "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod"),
    ("JWT_SECRET_ID", "order-chat/jwt"),
];

/// The measured times.
pub(crate) struct Starts {
    nothing: Function,
    functions: Vec<Function>,
    first: Vec<Duration>,
    second: Vec<Duration>,
}

struct Function {
    name: String,
    program: PathBuf,
    zip: u64,
    starts: Vec<Duration>,
}

/// Builds the functions, measures and prints everything, and fails if a limit is exceeded.
pub(crate) fn run() -> Result<()> {
    let starts = Starts::measure(&Sam::install()?.build()?)?;
    starts.say();
    let (first, second) = (shortest(&starts.first), shortest(&starts.second));
    let ratio = first / second;
    println!("first DynamoDB request {first:.2} ms, second {second:.2} ms, ratio {ratio:.2}");
    let mut wrong = [starts.too_large(), starts.too_slow()].concat();
    if ratio > SLOWEST_FIRST {
        wrong.push(format!("the first request takes {ratio:.2} times as long as the second"));
    }
    ensure!(wrong.is_empty(), "above the limit: {wrong:#?}");
    Ok(())
}

/// Prints the starts of the functions that `sam build` made in the folder `built`. Fails if a zip
/// file is too large. A start depends on what else the machine does, so it has no limit here:
/// `cargo xtask guard` counts its instructions.
pub(crate) fn check(built: &Path) -> Result<()> {
    let mut starts = Starts::of(built)?;
    starts.run_round()?;
    starts.say();
    let wrong = starts.too_large();
    ensure!(wrong.is_empty(), "above the limit: {wrong:#?}");
    Ok(())
}

impl Starts {
    /// Measures the functions that `sam build` made in the folder `built`.
    pub(crate) fn measure(built: &Path) -> Result<Self> {
        let mut starts = Self::of(built)?;
        starts.run_round()?;
        let orders =
            starts.functions.iter().find(|function| function.name == ONE_REQUEST.0).context("no such function")?;
        (starts.first, starts.second) = requests(&orders.program)?;
        Ok(starts)
    }

    fn of(built: &Path) -> Result<Self> {
        let nothing = Function::new("(nothing)".to_owned(), &empty()?)?;
        Ok(Self { nothing, functions: functions(built)?, first: Vec::new(), second: Vec::new() })
    }

    fn run_round(&mut self) -> Result<()> {
        let settings = settings();
        for _ in 0..STARTS {
            for function in std::iter::once(&mut self.nothing).chain(&mut self.functions) {
                function.starts.push(Process::start(Command::new(&function.program), &settings)?.0);
            }
        }
        Ok(())
    }

    fn say(&self) {
        println!("{:<14} {:>9} {:>10} {:>6}", "function", "zip bytes", "start", "ratio");
        for function in std::iter::once(&self.nothing).chain(&self.functions) {
            let (start, ratio) = (shortest(&function.starts), self.ratio(function));
            println!("{:<14} {:>9} {start:>7.2} ms {ratio:>6.2}", function.name, function.zip);
        }
    }

    fn too_large(&self) -> Vec<String> {
        let too_large = self.functions.iter().filter(|function| function.zip >= LARGEST);
        too_large.map(|Function { name, zip, .. }| format!("{name}: {zip} bytes")).collect()
    }

    fn too_slow(&self) -> Vec<String> {
        let ratios = self.functions.iter().map(|function| (&function.name, self.ratio(function)));
        let too_slow = ratios.filter(|(_, ratio)| *ratio > SLOWEST_START);
        too_slow.map(|(name, ratio)| format!("{name}: {ratio:.2} times an empty function's start")).collect()
    }

    fn ratio(&self, function: &Function) -> f64 {
        shortest(&function.starts) / shortest(&self.nothing.starts)
    }

    /// The times of each round in milliseconds, for `docs/benchmarks.md`.
    pub(crate) fn to_json(&self) -> Value {
        let times = |times: &[Duration]| times.iter().map(|time| time.as_secs_f64() * 1e3).collect::<Vec<_>>();
        let function = |it: &Function| json!({ "name": it.name, "zip": it.zip, "starts": times(&it.starts) });
        let functions: Vec<Value> = self.functions.iter().map(function).collect();
        json!({
            "nothing": times(&self.nothing.starts),
            "functions": functions,
            "first": times(&self.first),
            "second": times(&self.second),
        })
    }
}

impl Function {
    /// Copies the program. Lambda also runs a copy, and a freshly linked file starts about 20 %
    /// slower.
    fn new(name: String, built: &Path) -> Result<Self> {
        let folder = shell::target().join("starts");
        fs::create_dir_all(&folder)?;
        let program = folder.join(&name);
        fs::copy(built, &program)?;
        let zip = zipped(&program)?;
        Ok(Self { name, program, zip, starts: Vec::new() })
    }
}

fn settings() -> Vec<(String, String)> {
    SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// The times of the first and the second request over TLS. Each is the time of an invocation with
/// one request.
fn requests(program: &Path) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let event = fs::read_to_string(shell::root().join(ONE_REQUEST.1))?;
    let ministack = Ministack::start_with_tls()?;
    ministack.make_table("order-chat")?;
    let environment = [settings(), ministack.environment()].concat();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS {
        let (_, mut process) = Process::start(Command::new(program), &environment)?;
        for times in [&mut first, &mut second] {
            let (took, answer) = process.invoke(&event)?;
            let answer: Value = serde_json::from_str(&answer)?;
            ensure!(answer["statusCode"] == 200, "{answer}");
            times.push(took);
        }
    }
    Ok((first, second))
}

/// Builds the function that does nothing, with the same profile as the others.
pub(crate) fn empty() -> Result<PathBuf> {
    shell::run("cargo", &["build", "--release", "--package", "empty"])?;
    Ok(shell::target().join("release/empty"))
}

/// The built functions, by their names in the template.
fn functions(built: &Path) -> Result<Vec<Function>> {
    let mut functions = Vec::new();
    for folder in fs::read_dir(built)? {
        let program = folder?.path().join("bootstrap");
        if program.exists() {
            let name = program.parent().and_then(Path::file_name).context("a folder has a name")?;
            functions.push(Function::new(name.to_string_lossy().into_owned(), &program)?);
        }
    }
    functions.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(functions)
}

/// The size, in bytes, of the zip file that `sam deploy` would upload for this program.
fn zipped(program: &Path) -> Result<u64> {
    let zip = shell::target().join("sam/bootstrap.zip");
    let script = "import sys, zipfile
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as file: file.write(sys.argv[1], 'bootstrap')";
    let made = shell::command("python3", &["-c", script]).arg(program).arg(&zip).status()?;
    ensure!(made.success(), "python3 cannot write the zip file");
    Ok(fs::metadata(zip)?.len())
}

/// The shortest time in milliseconds.
fn shortest(times: &[Duration]) -> f64 {
    times.iter().min().copied().unwrap_or_default().as_secs_f64() * 1e3
}
