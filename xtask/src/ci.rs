//! `cargo xtask ci`: what a change must pass before anybody looks at it.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{shell, test, web};

/// The version of cargo-deny that is installed where it is missing.
const CARGO_DENY: &str = "0.20.2";

/// Everything.
pub(crate) fn run() -> Result<()> {
    lint()?;
    test::run(&[], false)
}

/// What needs no test to run, cheapest first.
pub(crate) fn lint() -> Result<()> {
    shell::run("cargo", &["fmt", "--all", "--check"])?;
    shell::run("cargo", &["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
    web::lint()?;
    dependencies()?;
    packages()
}

/// Licenses, sources and duplicates by `deny.toml`; known vulnerabilities where their database can be had.
fn dependencies() -> Result<()> {
    let deny = shell::tools("cargo-deny", CARGO_DENY)?.join("cargo-deny");
    shell::run(&deny, &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"])?;
    let fetched = shell::command(&deny, &["fetch", "db"]).output()?.status.success();
    if fetched {
        return shell::run(&deny, &["check", "--disable-fetch", "advisories"]);
    }
    unreachable("the database of advisories of Rust crates")
}

/// Known vulnerabilities of the packages from npm, where the registry says.
fn packages() -> Result<()> {
    for folder in ["web", "bench/peers/socketio"] {
        // Without a report there is no list of them in its answer, and with one it fails where the list is not empty.
        let report = web::npm_output(folder, &["audit", "--json"])?;
        let report: Value = serde_json::from_slice(&report.stdout).unwrap_or_default();
        let Some(found) = report["vulnerabilities"].as_object() else {
            return unreachable("the audit of npm");
        };
        ensure!(found.is_empty(), "{folder}: {report:#}");
        eprintln!("{folder}: no known vulnerability in packages from npm");
    }
    Ok(())
}

/// Something that is asked over the network cannot be asked from here.
fn unreachable(what: &str) -> Result<()> {
    // There it can, so something is wrong.
    ensure!(std::env::var_os("GITHUB_ACTIONS").is_none(), "{what} cannot be reached");
    eprintln!("not checked: {what} cannot be reached from here");
    Ok(())
}
