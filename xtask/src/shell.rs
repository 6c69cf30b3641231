//! Runs other programs from the root of the workspace.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Cargo's target directory. An environment variable or a configuration file can set it, so Cargo is
/// asked; `target` in the workspace if it does not answer.
pub(crate) fn target() -> PathBuf {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| configured_target().unwrap_or_else(|| root().join("target"))).clone()
}

fn configured_target() -> Option<PathBuf> {
    let metadata = command("cargo", &["metadata", "--no-deps", "--format-version", "1"]).output().ok()?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout).ok()?;
    Some(PathBuf::from(metadata["target_directory"].as_str()?))
}

/// A command that runs `program` with `arguments` at the root of the workspace.
pub(crate) fn command(program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(root());
    command
}

/// Takes a lock that other processes wait for. It is released when the returned file is dropped.
pub(crate) fn lock(name: &str) -> Result<File> {
    std::fs::create_dir_all(target())?;
    let file = File::create(target().join(format!("{name}.lock")))?;
    file.lock()?;
    Ok(file)
}

/// The `PATH` of this process with the folder `programs` before all others.
pub(crate) fn path_with(programs: &Path) -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths([programs.to_owned()].into_iter().chain(std::env::split_paths(&path)))?)
}

/// Prints a command, runs it, and returns an error if it fails.
pub(crate) fn run(program: impl AsRef<Path>, arguments: &[&str]) -> Result<()> {
    run_with(program, arguments, &[])
}

/// As [`run`], with more environment variables.
pub(crate) fn run_with(program: impl AsRef<Path>, arguments: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    let line = format!("{} {}", program.as_ref().display(), arguments.join(" "));
    eprintln!("\n> {line}");
    let status = command(program, arguments)
        .envs(variables.iter().copied())
        .status()
        .with_context(|| format!("`{line}` did not start"))?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}

/// Returns the folder with the programs of a crates.io package. Installs this version if it is
/// missing.
pub(crate) fn tools(package: &str, version: &str) -> Result<PathBuf> {
    let root = target().join("tools").join(format!("{package}-{version}"));
    let programs = root.join("bin");
    if !programs.exists() {
        // Without optimization: compiling with it would take longer than it saves.
        let unoptimized = ["--locked", "--debug"];
        let place = ["--version", version, "--root", &root.to_string_lossy()];
        run("cargo", &[["install", package].as_slice(), &unoptimized, &place].concat())?;
    }
    Ok(programs)
}
