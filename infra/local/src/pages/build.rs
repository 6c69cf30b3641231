//! Builds the pages with npm if their sources have changed since the last build.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::State;
use super::files::{Files, names};

/// The files and folders that the pages are built from.
const SOURCES: [&str; 7] =
    ["index.html", "package-lock.json", "package.json", "public", "src", "tsconfig.json", "vite.config.ts"];

/// The file beside the built pages with the hash of their sources.
const BUILT_FROM: &str = ".inputs";

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

const NO_NODE: &str = "Building the pages needs Node.js (20.19 or newer, with npm), which is not installed. \
                       Install it from https://nodejs.org and start again.";
const FAILED: &str = "The build failed. The terminal shows the error.";

/// Returns the pages of the npm project in `folder`. Builds them first if their sources have
/// changed.
pub(super) async fn built(folder: &Path) -> State {
    match build(folder).await {
        Ok(state) => state,
        Err(problem) => {
            eprintln!("pages: {problem}");
            State::Absent(FAILED)
        }
    }
}

async fn build(folder: &Path) -> io::Result<State> {
    let (dist, began) = (folder.join("dist"), Instant::now());
    let inputs = digest_of(folder.to_owned(), &SOURCES).await?;
    if matches(&dist.join(BUILT_FROM), &inputs) {
        return Ok(State::Ready(Files::read(&dist)?));
    }
    if !runs(NPM).await {
        eprintln!("pages: not served. {NO_NODE}");
        return Ok(State::Absent(NO_NODE));
    }
    if !installed(folder) {
        eprintln!("pages: installing npm packages (npm ci) …");
        npm(folder, &["ci", "--include=dev", "--no-audit", "--no-fund"]).await?;
    }
    eprintln!("pages: building (npm run build) …");
    // Built in a temporary folder and then renamed, so that another gateway never serves a partial
    // build.
    let name = format!(".dist-{}", std::process::id());
    npm(folder, &["run", "build", "--", "--outDir", &name, "--emptyOutDir"]).await?;
    let fresh = folder.join(name);
    std::fs::write(fresh.join(BUILT_FROM), &inputs)?;
    let files = Files::read(&fresh)?;
    replace(&dist, &fresh, &inputs)?;
    eprintln!("pages: ready after {:.1} s", began.elapsed().as_secs_f32());
    Ok(State::Ready(files))
}

/// Runs npm in `folder`. Its output is only part of the error.
async fn npm(folder: &Path, arguments: &[&str]) -> io::Result<()> {
    let mut command = Command::new(NPM);
    // Set whatever the environment of this process says: the development builds of libraries are
    // larger and slower.
    command.args(arguments).current_dir(folder).env("NODE_ENV", "production");
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    let line = arguments.join(" ");
    Err(io::Error::other(format!("`npm {line}` failed:\n{}", String::from_utf8_lossy(&printed).trim())))
}

/// Returns true if the installed packages have the versions of the lock file, according to npm's
/// own list. Optional packages for other platforms may be missing.
fn installed(folder: &Path) -> bool {
    let packages = |path: &str| -> Option<Value> {
        let lock: Value = serde_json::from_slice(&std::fs::read(folder.join(path)).ok()?).ok()?;
        Some(lock["packages"].clone())
    };
    let (Some(wanted), Some(held)) = (packages("package-lock.json"), packages("node_modules/.package-lock.json"))
    else {
        return false;
    };
    let mut wanted = wanted.as_object().into_iter().flatten().filter(|(path, _)| !path.is_empty());
    wanted.all(|(path, package)| match &held[path] {
        Value::Null => package["optional"] == true,
        here => here["version"] == package["version"],
    })
}

async fn runs(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output().await;
    version.is_ok_and(|output| output.status.success())
}

/// A hash of the names and contents of `sources`.
async fn digest_of(folder: PathBuf, sources: &'static [&'static str]) -> io::Result<String> {
    tokio::task::spawn_blocking(move || digest(&folder, sources)).await.map_err(io::Error::other)?
}

fn digest(folder: &Path, sources: &[&str]) -> io::Result<String> {
    let mut hash = Sha256::new();
    for source in sources {
        let path = folder.join(source);
        let files = if path.is_dir() {
            names(&path)?.into_iter().map(|name| format!("{source}/{name}")).collect()
        } else {
            vec![(*source).to_owned()]
        };
        for name in files {
            let content = std::fs::read(folder.join(&name))?;
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(content.len().to_be_bytes());
            hash.update(content);
        }
    }
    Ok(data_encoding::HEXLOWER.encode(&hash.finalize()))
}

fn matches(file: &Path, expected: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|held| held == expected)
}

/// Moves `fresh` to `dist`. If another gateway does the same at this moment, the second one keeps
/// the files of the first. Both were built from the same sources.
fn replace(dist: &Path, fresh: &Path, inputs: &str) -> io::Result<()> {
    let aside = fresh.with_extension("old");
    match std::fs::rename(dist, &aside) {
        Ok(()) => std::fs::remove_dir_all(&aside)?,
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => {}
        Err(problem) => return Err(problem),
    }
    match std::fs::rename(fresh, dist) {
        Err(_) if matches(&dist.join(BUILT_FROM), inputs) => std::fs::remove_dir_all(fresh),
        moved => moved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_installed_again_when_the_lock_file_names_others() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
        std::fs::create_dir(folder.path().join("node_modules")).unwrap();
        let lock = |version: &str| {
            format!(
                r#"{{"packages": {{"": {{}}, "node_modules/a": {{"version": "{version}"}},
                "node_modules/elsewhere": {{"version": "1.0.0", "optional": true}}}}}}"#
            )
        };
        write("package-lock.json", &lock("1.0.0"));
        assert!(!installed(folder.path()));
        write("node_modules/.package-lock.json", r#"{"packages": {"node_modules/a": {"version": "1.0.0"}}}"#);
        assert!(installed(folder.path()));
        write("package-lock.json", &lock("1.0.1"));
        assert!(!installed(folder.path()));
    }

    #[test]
    fn every_change_of_a_source_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
        let digest = || digest(folder.path(), &["package.json", "src"]).unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        write("package.json", "{}");
        write("src/a.ts", "one");
        let first = digest();
        assert_eq!(digest(), first);
        write("notes.txt", "no source");
        assert_eq!(digest(), first);
        write("src/a.ts", "two");
        let changed = digest();
        assert_ne!(changed, first);
        write("src/b.ts", "");
        assert_ne!(digest(), changed);
    }
}
