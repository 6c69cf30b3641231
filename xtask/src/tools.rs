//! Programs from crates that chores need, each in a folder of its own below the target folder.

use std::path::PathBuf;

use anyhow::Result;

use crate::chore;

/// The path of `program`, which comes with this version of `package`. Installs it where it is missing: minutes, once.
pub(crate) fn cargo_tool(package: &str, version: &str, program: &str) -> Result<PathBuf> {
    let tools = chore::target().join("tools").join(format!("{package}-{version}"));
    let program = tools.join("bin").join(program);
    if !program.exists() {
        let root = tools.to_string_lossy();
        chore::run("cargo", &["install", package, "--locked", "--version", version, "--root", &root])?;
    }
    Ok(program)
}
