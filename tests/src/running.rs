//! The system in a process of its own, started like `cargo run`.

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
    // Each profile builds into the folder with its name, except `dev`.
    let profile = folder.file_name().and_then(|name| name.to_str()).expect("a profile's name");
    let profile = if profile == "debug" { "dev" } else { profile };
    let mut build = Command::new(env!("CARGO"));
    // Naming a test gives dependencies the same features as in a build of the tests. Without it cargo
    // compiles the engine again.
    build.args(["build", "--quiet", "--workspace", "--bin", "order-chat", "--test", "logs", "--profile", profile]);
    assert!(build.status().expect("cargo runs").success(), "the program order-chat does not build");
    folder.join(format!("order-chat{}", std::env::consts::EXE_SUFFIX))
});

/// The program with these arguments, in this folder.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(&*BINARY);
    command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).env_remove("RUST_LOG");
    command
}

/// A running gateway.
pub struct Running {
    /// Its process.
    pub process: Child,
    /// The address in its first line of output.
    pub url: String,
    http: reqwest::Client,
}

impl Running {
    /// Starts the program and waits until it listens.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut process = command(folder, arguments).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        let url = first.trim_end().strip_prefix("listening on ").expect("the first line has the address").to_owned();
        Self { process, url, http: reqwest::Client::new() }
    }

    /// A user with a token from `/dev/token`.
    pub async fn user(&self, id: &str, role: Role) -> User {
        let request = self.http.post(format!("{}/dev/token", self.url));
        let request = request.json(&json!({ "sub": id, "role": role, "name": id }));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let token = answer["token"].as_str().map(str::to_owned);
        let (base, http) = (self.url.clone(), self.http.clone());
        User { id: id.to_owned(), role, name: id.to_owned(), token, base, http }
    }

    /// Its resident memory in bytes, if the operating system reports it.
    pub fn resident(&self) -> Option<u64> {
        memory(self.process.id(), "VmRSS:")
    }

    /// Ends the process with a signal, as a terminal or a service manager does, and expects exit
    /// code 0.
    pub fn end(mut self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < TEST_TIMEOUT, "the process does not exit");
            std::thread::yield_now();
        };
        assert_eq!(status.code(), Some(0));
    }
}

/// A field of `/proc/PID/status` in bytes: `VmRSS:` is the current memory, `VmHWM:` the peak.
pub(crate) fn memory(process: u32, which: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(which))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

impl Drop for Running {
    fn drop(&mut self) {
        // Leaves no process behind after a failed test. Killing an ended process only returns an
        // error.
        let _ended = self.process.kill();
    }
}
