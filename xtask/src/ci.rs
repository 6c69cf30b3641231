//! `cargo xtask ci`: all checks that a change must pass before it is reviewed.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::{shell, test, web};

/// The version of cargo-deny. It is installed if it is missing.
const CARGO_DENY: &str = "0.20.2";

/// Runs all checks.
pub(crate) fn run() -> Result<()> {
    lint()?;
    test::run(&[], false)
}

/// Runs the checks that need no tests, the fastest first.
pub(crate) fn lint() -> Result<()> {
    shell::run("cargo", &["fmt", "--all", "--check"])?;
    shell::run("cargo", &["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
    web::lint()?;
    dependencies()?;
    packages()
}

/// Checks licenses, sources and duplicates as `deny.toml` says, and known vulnerabilities if their
/// database can be reached.
fn dependencies() -> Result<()> {
    let deny = shell::tools("cargo-deny", CARGO_DENY)?.join("cargo-deny");
    shell::run(&deny, &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"])?;
    let fetched = shell::command(&deny, &["fetch", "db"]).output()?.status.success();
    if fetched {
        return shell::run(&deny, &["check", "--disable-fetch", "advisories"]);
    }
    unreachable("the database of advisories of Rust crates")
}

/// Checks the npm packages for known vulnerabilities if the registry offers the audit.
fn packages() -> Result<()> {
    for folder in ["web", "bench/peers/socketio"] {
        // The exit code does not tell apart a failed audit and one that found something, but only a
        // report has the list.
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

/// Reports a check that was skipped because it needs the network. On GitHub this is an error.
fn unreachable(what: &str) -> Result<()> {
    // GitHub's runners have network access, so something else is wrong.
    ensure!(std::env::var_os("GITHUB_ACTIONS").is_none(), "{what} cannot be reached");
    eprintln!("not checked: {what} cannot be reached from here");
    Ok(())
}
