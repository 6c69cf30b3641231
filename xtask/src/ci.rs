//! `cargo xtask ci`: what a change must pass before anybody looks at it.

use anyhow::{Result, ensure};

use crate::{shell, test};

/// The version of cargo-deny that is installed where it is missing.
const CARGO_DENY: &str = "0.20.2";

/// Cheapest first.
pub(crate) fn run() -> Result<()> {
    shell::run("cargo", &["fmt", "--all", "--check"])?;
    shell::run("cargo", &["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])?;
    dependencies()?;
    test::run()
}

/// Licenses, sources and duplicates by `deny.toml`; known vulnerabilities where their database can be had.
fn dependencies() -> Result<()> {
    let deny = shell::tools("cargo-deny", CARGO_DENY)?.join("cargo-deny");
    shell::run(&deny, &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"])?;
    let fetched = shell::command(&deny, &["fetch", "db"]).output()?.status.success();
    if fetched {
        return shell::run(&deny, &["check", "--disable-fetch", "advisories"]);
    }
    // There it can, so something is wrong.
    ensure!(std::env::var_os("GITHUB_ACTIONS").is_none(), "the database of advisories cannot be fetched");
    eprintln!("advisories: not checked, their database cannot be fetched from here");
    Ok(())
}
