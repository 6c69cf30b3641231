//! `cargo xtask starts`: how large the functions are, how fast they start, and what their first request to DynamoDB costs.
//!
//! A start is the time from the start of the process to its first question for an event, beside that of a function which
//! does nothing; all in turn, many times, and the shortest compared: whatever else the machine does only ever makes one
//! longer. Times are the machine's and asserted nowhere; ratios of one run are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::runtime_api::Process;
use crate::sam::{Ministack, Sam};
use crate::shell;

/// How often each function is started in a round, in milliseconds each time.
const STARTS: usize = 300;

/// How often a started function is asked for its first and second request.
const REQUESTS: usize = 100;

/// A function's zip file stays below this many bytes.
const LARGEST: u64 = 5_000_000;

/// A function takes at most so many times as long to start as one that does nothing.
const SLOWEST_START: f64 = 1.5;

/// The first request to DynamoDB takes at most so many times as long as the second.
const SLOWEST_FIRST: f64 = 3.0;

/// The event whose answer is one request to DynamoDB, with its function.
const ONE_REQUEST: (&str, &str) = ("Orders", "tests/events/16-Orders-stats.json");

/// What a function finds in its environment beside what Lambda says.
const SETTINGS: [(&str, &str); 3] = [
    ("TABLE_NAME", "order-chat"),
    ("WEBSOCKET_URL", "wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod"),
    ("JWT_SECRET_ID", "order-chat/jwt"),
];

/// What was measured, round by round.
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

/// Builds the functions, measures all of it, says it, and fails where it is too much.
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
    ensure!(wrong.is_empty(), "too much: {wrong:#?}");
    Ok(())
}

/// Prints the starts of what `sam build` made in the folder `built`, and fails where a zip file is too large. How long a start
/// takes depends on what else the machine does, so a limit would fail without a change: `cargo xtask guard` counts its instructions.
pub(crate) fn check(built: &Path) -> Result<()> {
    let mut starts = Starts::of(built)?;
    starts.run_round()?;
    starts.say();
    let wrong = starts.too_large();
    ensure!(wrong.is_empty(), "too much: {wrong:#?}");
    Ok(())
}

impl Starts {
    /// Measures what `sam build` made in the folder `built`.
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

    /// Milliseconds of each round, for the page of the benchmarks.
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
    /// Of a copy: Lambda unpacks a program too, and the very same one starts a fifth slower as the linker has written it.
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

/// The first and the second request, over TLS, by what an event takes that needs one.
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

/// Builds the function that does nothing as the others are built.
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

/// The size of a zip file with this program in it, as `sam deploy` uploads it.
fn zipped(program: &Path) -> Result<u64> {
    let zip = shell::target().join("sam/bootstrap.zip");
    let script = "import sys, zipfile
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as file: file.write(sys.argv[1], 'bootstrap')";
    let made = shell::command("python3", &["-c", script]).arg(program).arg(&zip).status()?;
    ensure!(made.success(), "python3 makes no zip file");
    Ok(fs::metadata(zip)?.len())
}

/// In milliseconds.
fn shortest(times: &[Duration]) -> f64 {
    times.iter().min().copied().unwrap_or_default().as_secs_f64() * 1e3
}
