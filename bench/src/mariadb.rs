//! The peer's database: Debian's MariaDB, with its data in a folder of its own. It ends with the
//! process that started it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How long to wait for the server's start.
const START: Duration = Duration::from_mins(1);

/// A shell script that starts the server and kills it when stdin ends, which happens however this
/// process ends.
const SCRIPT: &str =
    r#"log=$1; shift; /usr/sbin/mariadbd "$@" 2>"$log" & echo $!; cat >/dev/null; kill -9 $!; wait $!"#;

/// A MariaDB server.
pub(crate) struct MariaDb {
    folder: PathBuf,
    pub(crate) process: u32,
    guard: Child,
}

impl MariaDb {
    /// Creates an empty database with the name `chat` in `folder`.
    pub(crate) fn create(folder: &Path, sync: bool) -> Result<Self> {
        ensure!(Path::new("/usr/sbin/mariadbd").exists(), "MariaDB is not installed: apt-get install mariadb-server");
        let installed = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .args([data(folder), user()])
            .output()?;
        ensure!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        let server = Self::open(folder, sync)?;
        let made = Command::new("mariadb")
            .args(["--no-defaults", "--user=root", "--execute=CREATE DATABASE chat CHARACTER SET utf8mb4"])
            .arg(format!("--socket={}", server.socket().display()))
            .output()?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Ok(server)
    }

    /// Starts the server on the data in `folder`. Without `sync`, a commit is passed to the
    /// operating system and reaches the disk within a second. It survives the end of the server but
    /// not a crash of the machine, like a write of our engine.
    pub(crate) fn open(folder: &Path, sync: bool) -> Result<Self> {
        let mut guard = Command::new("sh")
            .args(["-c", SCRIPT, "mariadb"])
            .arg(folder.join("log"))
            .args(["--no-defaults", "--skip-networking", "--skip-name-resolve", "--skip-log-bin"])
            .args(["--innodb-buffer-pool-size=256M", "--max-connections=50"])
            .arg(format!("--innodb-flush-log-at-trx-commit={}", if sync { 1 } else { 2 }))
            .arg(format!("--socket={}", folder.join("socket").display()))
            .args([data(folder), user()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(guard.stdout.take().context("no output")?).read_line(&mut line)?;
        let server = Self { folder: folder.to_owned(), process: line.trim().parse()?, guard };
        let began = Instant::now();
        while std::os::unix::net::UnixStream::connect(server.socket()).is_err() {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            ensure!(began.elapsed() < START, "MariaDB does not start: {log}");
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(server)
    }

    /// The path of the server's socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ended = self.guard.wait();
    }
}

fn data(folder: &Path) -> String {
    format!("--datadir={}", folder.join("data").display())
}

fn user() -> String {
    format!("--user={}", std::env::var("USER").unwrap_or_else(|_| "root".to_owned()))
}
