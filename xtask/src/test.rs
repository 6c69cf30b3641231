//! `cargo xtask test`: runs every test.

use anyhow::{Result, bail};

use crate::sam::{self, Sam};
use crate::side_by_side::{self, Part};
use crate::{api_conformance, fuzz, generate, guard, mariadb, shell, starts, web};

/// The factor of `--deep` for everything that is random: schedules, property tests, the fuzzer's
/// time.
const DEEP: u32 = 20;

/// Proptest's default number of cases.
const PROPERTY_CASES: u32 = 256;

/// How many schedules of the simulation and cases of convergence are drawn, by variable. `cargo test`
/// alone draws fewer, and puts a fault at one in four places, to stay short.
const DRAWN: [(&str, u32); 3] = [("FAULT_SCHEDULES", 2_000), ("CURSOR_SCHEDULES", 150), ("CONVERGENCE_CASES", 200)];

/// The environment variable with the factor for parts and tests.
const DEPTH: &str = "TEST_DEPTH";

/// Long parts come first. The functions are linked while the tests are compiled, because each of
/// them leaves a core idle at times.
static PARTS: [Part; 11] = [
    part("generated", &[], generate::check),
    part("compile", &[], || shell::run("cargo", &["test", "--workspace", "--no-run"])),
    part("functions", &[], functions),
    part("rust", &["compile"], rust),
    part("journeys", &["compile", "functions"], sam::journeys),
    Part { in_web: true, ..part("deployed", &["compile", "functions"], sam::deployed) },
    Part { in_web: true, ..part("web", &["compile"], web::test) },
    part("api", &["compile"], || api_conformance::check(depth())),
    part("fuzz", &[], || fuzz::run(fuzz::SHORT * depth())),
    part("guard", &["compile", "functions"], || guard::check(&sam::built())),
    part("sizes", &["functions"], || starts::check(&sam::built())),
];

const fn part(name: &'static str, needs: &'static [&'static str], run: fn() -> Result<()>) -> Part {
    Part { name, needs, in_web: false, run }
}

/// Runs all parts, or only the parts in `only` with those they need.
pub(crate) fn run(only: &[String], deep: bool) -> Result<()> {
    let mut names: Vec<&str> = only.iter().map(String::as_str).collect();
    if names.is_empty() {
        names.extend(PARTS.iter().map(|part| part.name));
    }
    let mut at = 0;
    while at < names.len() {
        names.extend(find(names[at])?.needs);
        at += 1;
    }
    let parts: Vec<&Part> = PARTS.iter().filter(|part| names.contains(&part.name)).collect();
    let variables = [(DEPTH, DEEP.to_string()), ("PROPTEST_CASES", (PROPERTY_CASES * DEEP).to_string())];
    side_by_side::run(&parts, if deep { &variables } else { &[] })
}

/// Runs one part in this process, without those it needs.
pub(crate) fn run_part(name: &str) -> Result<()> {
    (find(name)?.run)()
}

fn find(name: &str) -> Result<&'static Part> {
    if let Some(part) = PARTS.iter().find(|part| part.name == name) {
        return Ok(part);
    }
    bail!("no part is called {name:?}; there are {}", PARTS.each_ref().map(|part| part.name).join(", "))
}

/// The factor for everything that is random.
fn depth() -> u32 {
    std::env::var(DEPTH).ok().and_then(|depth| depth.parse().ok()).unwrap_or(1)
}

fn rust() -> Result<()> {
    mariadb::install()?;
    let drawn = DRAWN.map(|(variable, count)| (variable, (count * depth()).to_string()));
    let drawn = drawn.iter().map(|(variable, count)| (*variable, count.as_str()));
    let variables: Vec<_> = drawn.chain([("EVERY_FAULT", "1")]).collect();
    shell::run_with("cargo", &["test", "--workspace", "--no-fail-fast"], &variables)
}

fn functions() -> Result<()> {
    starts::empty()?;
    Sam::install()?.build().map(drop)
}
