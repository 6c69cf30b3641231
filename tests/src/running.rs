//! The system in a process of its own, as `cargo run` starts it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

use domain::Role;
use serde_json::{Value, json};

use crate::User;
use crate::gateway::TEST_TIMEOUT;

/// The binary of `cargo run`, in the same profile as this test.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let this = std::env::current_exe().expect("a path");
    let folder = this.ancestors().nth(2).expect("a target folder");
    // Profiles build into a folder of their name, all but one.
    let profile = folder.file_name().and_then(|name| name.to_str()).expect("a profile's name");
    let profile = if profile == "debug" { "dev" } else { profile };
    let mut build = Command::new(env!("CARGO"));
    // With the features of the whole workspace, as these tests: nothing is built twice.
    build.args(["build", "--quiet", "--workspace", "--bin", "order-chat", "--profile", profile]);
    assert!(build.status().expect("cargo runs").success(), "the runner does not build");
    folder.join(format!("order-chat{}", std::env::consts::EXE_SUFFIX))
});

/// The runner with these arguments, in this folder.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(&*BINARY);
    command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).env_remove("RUST_LOG");
    command
}

/// A running gateway.
pub struct Running {
    /// Its process.
    pub process: Child,
    /// The address of its first line.
    pub url: String,
    http: reqwest::Client,
}

impl Running {
    /// Starts it, and waits until it listens.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut process = command(folder, arguments).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        let url = first.trim_end().strip_prefix("listening on ").expect("the first line tells the address").to_owned();
        Self { process, url, http: reqwest::Client::new() }
    }

    /// Somebody with a token of its own making.
    pub async fn user(&self, id: &str, role: Role) -> User {
        let request = self.http.post(format!("{}/dev/token", self.url));
        let request = request.json(&json!({ "sub": id, "role": role, "name": id }));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let token = answer["token"].as_str().map(str::to_owned);
        let (base, http) = (self.url.clone(), self.http.clone());
        User { id: id.to_owned(), role, name: id.to_owned(), token, base, http }
    }

    /// Its resident memory in bytes, where the system tells.
    pub fn resident(&self) -> Option<u64> {
        memory(self.process.id(), "VmRSS:")
    }

    /// Ends it as a terminal or a service manager would.
    pub fn end(mut self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < TEST_TIMEOUT, "it does not end");
            std::thread::yield_now();
        };
        assert_eq!(status.code(), Some(0));
    }
}

/// What the kernel says of a process's memory, in bytes: `VmRSS:` is what it has now, `VmHWM:` the most it has had.
pub(crate) fn memory(process: u32, which: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(which))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves no process behind; one that has ended cannot be killed again.
        let _ended = self.process.kill();
    }
}
