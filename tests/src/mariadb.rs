//! A real MariaDB server, installed from Debian's package, with its data in a temporary folder. It
//! ends with the process that started it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};

/// How long to wait for the server's start.
const START: Duration = Duration::from_mins(1);

/// A shell script that starts a server and ends it when stdin ends, which happens however this
/// process ends. It deletes the folder then. If it reads a word from stdin, it stops the server
/// cleanly and keeps the folder.
const SCRIPT: &str = r#"folder=$1; shift; /usr/sbin/mariadbd "$@" 2>"$folder/log" & server=$!
    if read -r word; then kill $server; wait $server; else kill -9 $server; wait $server; rm -rf "$folder"; fi"#;

/// A MariaDB server.
pub struct MariaDb {
    port: u16,
    folder: PathBuf,
    /// The shell that runs [`SCRIPT`].
    guard: Mutex<Child>,
}

impl MariaDb {
    /// The server of this process, started with the first call.
    pub fn running() -> &'static Self {
        static SERVER: OnceLock<MariaDb> = OnceLock::new();
        SERVER.get_or_init(Self::start)
    }

    /// A server for one test, which may stop it.
    pub fn start() -> Self {
        let there = |program: &str| Command::new("which").arg(program).output().is_ok_and(|it| it.status.success());
        assert!(
            there("mariadb-install-db") && Path::new("/usr/sbin/mariadbd").exists(),
            "MariaDB is not installed: apt-get install mariadb-server, or run `cargo xtask test` as root"
        );
        let folder = tempfile::tempdir().unwrap().keep();
        let installed = Command::new("mariadb-install-db")
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .args([data(&folder), user()])
            .env("TMPDIR", &folder)
            .output()
            .unwrap();
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));

        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let guard = Mutex::new(serve(port, &folder));
        Self { port, folder, guard }
    }

    /// Stops the server cleanly, as a shutdown of the machine does. Its data stays.
    pub fn stop(&self) {
        let mut guard = self.guard.lock().unwrap();
        writeln!(guard.stdin.as_ref().unwrap(), "stop").unwrap();
        guard.wait().unwrap();
    }

    /// Starts the stopped server again on the same data and port.
    pub fn start_again(&self) {
        *self.guard.lock().unwrap() = serve(self.port, &self.folder);
    }

    /// Creates a new database.
    pub async fn database(&self) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("old{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut conn = Conn::new(self.opts()).await.unwrap();
        conn.query_drop(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await.unwrap();
        conn.query_drop(format!("USE {name}")).await.unwrap();
        Database { url: format!("mysql://root@127.0.0.1:{}/{name}", self.port), name, conn }
    }

    /// Closes all other connections to this database. Returns their number.
    pub async fn kick(&self, database: &mut Database) -> usize {
        let theirs = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()";
        let ids: Vec<u64> = database.conn.query(theirs).await.unwrap();
        for id in &ids {
            // The connection may have closed already.
            let _ = database.conn.query_drop(format!("KILL {id}")).await;
        }
        ids.len()
    }

    /// Kills the server and deletes its data.
    pub fn end(&self) {
        let mut guard = self.guard.lock().unwrap();
        drop(guard.stdin.take());
        guard.wait().unwrap();
    }

    fn opts(&self) -> OptsBuilder {
        OptsBuilder::default().ip_or_hostname("127.0.0.1").tcp_port(self.port).user(Some("root")).prefer_socket(false)
    }
}

fn serve(port: u16, folder: &Path) -> Child {
    let guard = Command::new("sh")
        .args(["-c", SCRIPT, "mariadb"])
        .arg(folder)
        .args(["--no-defaults", "--skip-networking=0", "--bind-address=127.0.0.1", "--skip-log-bin"])
        .args(["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--max-connections=50"])
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .args([data(folder), user()])
        // A server deletes the temporary tables it finds when it starts, so each has its own folder
        // for them.
        .env("TMPDIR", folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map(|mut it| it.read(&mut [0])).is_err() {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(began.elapsed() < START, "MariaDB does not start: {log}");
        std::thread::sleep(Duration::from_millis(20));
    }
    guard
}

fn data(folder: &Path) -> String {
    format!("--datadir={}", folder.join("data").display())
}

fn user() -> String {
    format!("--user={}", std::env::var("USER").unwrap_or_else(|_| "root".to_owned()))
}

/// A database for one test.
pub struct Database {
    /// The URL for the importer.
    pub url: String,
    /// Its name.
    pub name: String,
    conn: Conn,
}

impl Database {
    /// Runs a statement.
    pub async fn run(&mut self, statement: &str) {
        self.conn.query_drop(statement).await.unwrap_or_else(|problem| panic!("{problem}: {statement:.300}"));
    }
}
