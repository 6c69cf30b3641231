//! The web client's own tests: types, units, and two people in a real browser against the built system.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{gateway, shell};

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Installs what the tests need where that has changed, and runs them. Needs Node.js; they get Chromium themselves where they can.
pub(crate) fn test() -> Result<()> {
    let program = gateway::build()?;
    npm("web", &["ci", "--no-audit", "--no-fund"], |_| {})?;
    npm("web", &["test"], |command| {
        command.env("ORDER_CHAT_BIN", program);
    })
}

/// Runs npm in `folder`.
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
