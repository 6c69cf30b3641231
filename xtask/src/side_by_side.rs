//! Runs the parts of a long test run, two at a time. Each part is a process of its own with its own
//! output file. Prints how long each took.

use std::fs::{self, File};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::shell;

/// How many parts run at a time. While one waits, the other can use its core. With more parts each
/// would only take longer.
const AT_ONCE: usize = 2;

/// A part that can run alone.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// The parts that must have passed before.
    pub(crate) needs: &'static [&'static str],
    /// Whether the part uses `web/node_modules`. Such parts run one at a time, because `npm ci`
    /// replaces that folder.
    pub(crate) in_web: bool,
    pub(crate) run: fn() -> Result<()>,
}

enum Outcome {
    Passed,
    Failed,
    /// A part that it needs has failed.
    NotRun,
}

struct Report {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// Runs each part as soon as the parts that it needs have passed and fewer than [`AT_ONCE`] are
/// running. Earlier parts come first. `variables` are added to the environment. Prints the output
/// of each failed part, and at the end the time of each. Fails if a part failed.
pub(crate) fn run(parts: &[&Part], variables: &[(&str, String)]) -> Result<()> {
    // Read now: a build during the run may replace the file.
    let program = std::env::current_exe()?;
    let folder = shell::target().join("test-logs");
    fs::create_dir_all(&folder)?;
    let log = |name: &str| folder.join(format!("{name}.txt"));
    eprintln!("the parts write to {}", folder.display());

    let began = Instant::now();
    let (tell, told) = mpsc::channel();
    let (mut waiting, mut running, mut reports) = (parts.to_vec(), Vec::<&Part>::new(), Vec::<Report>::new());
    loop {
        skip(&mut waiting, &mut reports);
        while running.len() < AT_ONCE
            && let Some(next) = waiting.iter().position(|part| may_start(part, &running, &reports, &waiting))
        {
            let part = waiting.remove(next);
            eprintln!("{:>6}  {} …", clock(began.elapsed()), part.name);
            let output = File::create(log(part.name))?;
            let mut child = Command::new(&program)
                .args(["part", part.name])
                .envs(variables.iter().map(|(name, value)| (name, value)))
                .stdout(output.try_clone()?)
                .stderr(output)
                .spawn()
                .with_context(|| format!("`{}` did not start", part.name))?;
            let (tell, started) = (tell.clone(), Instant::now());
            let name = part.name;
            thread::spawn(move || {
                let passed = child.wait().is_ok_and(|status| status.success());
                // The receiver is gone if another part could not be started.
                let _ = tell.send((name, passed, started.elapsed()));
            });
            running.push(part);
        }
        if running.is_empty() {
            break;
        }
        let (name, passed, took) = told.recv()?;
        running.retain(|part| part.name != name);
        let outcome = if passed { Outcome::Passed } else { Outcome::Failed };
        eprintln!("{:>6}  {name}: {} in {}", clock(began.elapsed()), outcome.word(), clock(took));
        reports.push(Report { name, outcome, took });
        if !passed {
            eprintln!("{}", fs::read_to_string(log(name)).unwrap_or_default());
        }
    }
    conclude(&reports, began.elapsed())
}

/// Moves the parts that cannot run to the reports.
fn skip(waiting: &mut Vec<&Part>, reports: &mut Vec<Report>) {
    let failed = |name: &&str, reports: &[Report]| {
        reports.iter().any(|report| report.name == *name && !matches!(report.outcome, Outcome::Passed))
    };
    while let Some(at) = waiting.iter().position(|part| part.needs.iter().any(|name| failed(name, reports))) {
        let name = waiting.remove(at).name;
        reports.push(Report { name, outcome: Outcome::NotRun, took: Duration::ZERO });
    }
}

fn may_start(part: &Part, running: &[&Part], reports: &[Report], waiting: &[&Part]) -> bool {
    let has_passed = |name: &&str| reports.iter().any(|report| report.name == *name);
    // A needed part that was not requested is ignored.
    let is_asked_for = |name: &&str| running.iter().chain(waiting).any(|other| other.name == *name);
    let is_ready = part.needs.iter().all(|name| has_passed(name) || !is_asked_for(name));
    is_ready && !(part.in_web && running.iter().any(|other| other.in_web))
}

fn conclude(reports: &[Report], took: Duration) -> Result<()> {
    println!("\n{:<12} {:>6}", "part", "time");
    for Report { name, outcome, took } in reports {
        println!("{name:<12} {:>6}  {}", clock(*took), outcome.word());
    }
    println!("{:<12} {:>6}", "all", clock(took));
    let names = reports.iter().filter(|it| !matches!(it.outcome, Outcome::Passed)).map(|it| it.name);
    let names: Vec<_> = names.collect();
    ensure!(
        names.is_empty(),
        "not passed: {}; to run one again: `cargo xtask test --only {}`",
        names.join(", "),
        names[0]
    );
    Ok(())
}

/// Minutes and seconds, as `m:ss`.
fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        }
    }
}
