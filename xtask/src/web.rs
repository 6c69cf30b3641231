//! The tests of the web client: types, unit tests, and two people in a real browser with the built
//! system.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::{debian, gateway, shell};

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Installs what the tests need, and runs them. Needs Node.js.
pub(crate) fn test() -> Result<()> {
    let program = gateway::build()?;
    install_browser()?;
    install()?;
    npm("web", &["test"], |command| {
        command.env("ORDER_CHAT_BIN", program);
    })
}

/// Checks the rules of `.oxlintrc.json` and the types.
pub(crate) fn lint() -> Result<()> {
    install()?;
    npm("web", &["run", "lint"], |_| {})
}

/// Installs Chromium if it is missing.
pub(crate) fn install_browser() -> Result<()> {
    match std::env::var_os("CHROMIUM") {
        Some(_) => Ok(()),
        None => debian::install("/usr/bin/chromium", "chromium"),
    }
}

/// Installs the packages of `web/package-lock.json`.
pub(crate) fn install() -> Result<()> {
    npm("web", &["ci", "--no-audit", "--no-fund"], |_| {})
}

/// Runs npm in `folder` and returns its output, also if it fails.
pub(crate) fn npm_output(folder: &str, arguments: &[&str]) -> Result<Output> {
    let mut command = shell::command(NPM, arguments);
    command.current_dir(shell::root().join(folder)).output().context("npm did not start")
}

/// Runs npm in `folder` and fails if it does.
pub(crate) fn npm(folder: &str, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> Result<()> {
    let line = format!("npm {}", arguments.join(" "));
    eprintln!("\n> {line} (in {folder}/)");
    let mut command = shell::command(NPM, arguments);
    command.current_dir(shell::root().join(folder));
    prepare(&mut command);
    let status =
        command.status().with_context(|| format!("`{line}` did not start: it needs Node.js 20.19 or newer"))?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}
