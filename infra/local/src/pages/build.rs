//! Builds the pages where something has changed since the last time: Node's own tools do it, this only calls them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::State;
use super::files::{Files, names};

/// What the pages are made from; everything else in the folder has no part in them.
const SOURCES: [&str; 7] =
    ["index.html", "package-lock.json", "package.json", "public", "src", "tsconfig.json", "vite.config.ts"];

/// Beside the built files: what they were built from.
const BUILT_FROM: &str = ".inputs";

/// Beside the installed packages: the lock file by which they were installed.
const INSTALLED_BY: &str = ".lockfile";

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

const NO_NODE: &str = "They are built by Node.js (20.19 or newer, with npm), which is not installed here: \
                       install it from https://nodejs.org and start again.";
const FAILED: &str = "Building them failed; the terminal says why.";

/// The pages of the npm project in `folder`, built first if their sources have changed.
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
    let (dist, begun) = (folder.join("dist"), Instant::now());
    let inputs = digest_of(folder.to_owned(), &SOURCES).await?;
    if matches(&dist.join(BUILT_FROM), &inputs) {
        return Ok(State::Ready(Files::read(&dist)?));
    }
    if !runs(NPM).await {
        eprintln!("pages: not served. {NO_NODE}");
        return Ok(State::Absent(NO_NODE));
    }
    let lock = digest_of(folder.to_owned(), &["package-lock.json"]).await?;
    let installed = folder.join("node_modules").join(INSTALLED_BY);
    if !matches(&installed, &lock) {
        eprintln!("pages: installing what they are built with (npm ci) …");
        npm(folder, &["ci", "--include=dev", "--no-audit", "--no-fund"]).await?;
        std::fs::write(installed, &lock)?;
    }
    eprintln!("pages: building (npm run build) …");
    // Into a folder of its own and then into place, so that another gateway never serves half of it.
    let name = format!(".dist-{}", std::process::id());
    npm(folder, &["run", "build", "--", "--outDir", &name, "--emptyOutDir"]).await?;
    let fresh = folder.join(name);
    std::fs::write(fresh.join(BUILT_FROM), &inputs)?;
    replace(&dist, &fresh)?;
    let files = Files::read(&dist)?;
    eprintln!("pages: ready after {:.1} s", begun.elapsed().as_secs_f32());
    Ok(State::Ready(files))
}

/// Runs npm in `folder`; what it says is only of interest if it fails.
async fn npm(folder: &Path, arguments: &[&str]) -> io::Result<()> {
    let mut command = Command::new(NPM);
    // Whatever the shell says: libraries are built for use, not for finding their faults.
    command.args(arguments).current_dir(folder).env("NODE_ENV", "production");
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let line = arguments.join(" ");
    Err(io::Error::other(format!("`npm {line}` failed:\n{}", String::from_utf8_lossy(&said).trim())))
}

async fn runs(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdin(Stdio::null()).kill_on_drop(true).output().await;
    version.is_ok_and(|output| output.status.success())
}

/// Says the same of two versions only if they are the same: a hash over the names and contents of `sources`.
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

fn replace(old: &Path, fresh: &Path) -> io::Result<()> {
    if old.exists() {
        std::fs::remove_dir_all(old)?;
    }
    std::fs::rename(fresh, old)
}

#[cfg(test)]
mod tests {
    use super::*;

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
