//! `cargo xtask test`: everything that can say whether the system works.

use anyhow::{Result, bail};

use crate::sam::{self, Sam};
use crate::side_by_side::{self, Part};
use crate::{api_conformance, fuzz, generate, guard, mariadb, shell, starts, web};

/// How many times as much of what grows by seeds: schedules, random cases, time of the fuzzer.
const DEEP: u32 = 20;

/// The cases of each property test of a crate, where nobody says otherwise.
const PROPERTY_CASES: u32 = 256;

/// The variable that hands the depth to the parts and to the tests.
const DEPTH: &str = "TEST_DEPTH";

/// Long ones first. The functions are linked beside the tests, since both leave a core idle now and then.
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

/// Runs all parts, or `only` those of these names with what they need.
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

/// Runs one part here, without what it needs.
pub(crate) fn run_part(name: &str) -> Result<()> {
    (find(name)?.run)()
}

fn find(name: &str) -> Result<&'static Part> {
    if let Some(part) = PARTS.iter().find(|part| part.name == name) {
        return Ok(part);
    }
    bail!("no part is called {name:?}; there are {}", PARTS.each_ref().map(|part| part.name).join(", "))
}

/// How many times as much of what grows by seeds.
fn depth() -> u32 {
    std::env::var(DEPTH).ok().and_then(|depth| depth.parse().ok()).unwrap_or(1)
}

fn rust() -> Result<()> {
    mariadb::install()?;
    shell::run("cargo", &["test", "--workspace", "--no-fail-fast"])
}

fn functions() -> Result<()> {
    starts::empty()?;
    Sam::install()?.build().map(drop)
}
