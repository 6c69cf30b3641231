//! The local gateway in a process of its own. The process ends when the value is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::process_group::Group;
use crate::shell::command;

/// How long the gateway may take to print its first line.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running `order-chat` with an empty table in memory.
pub(crate) struct Gateway {
    _group: Group,
    address: SocketAddr,
}

impl Gateway {
    /// Starts `program`, and waits until it listens.
    pub(crate) fn start(program: &Path) -> Result<Self> {
        let mut command = Group::command(program);
        command.args(["--port", "0", "--memory", "--no-pages"]).stdout(Stdio::piped());
        let mut group = Group::start(&mut command)?;
        let started = first_line(&mut group).and_then(|line| address(&line));
        Ok(Self { address: started.context("the local gateway did not start")?, _group: group })
    }

    /// The address on which it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A JWT for a user.
    pub(crate) fn token(&self, user_id: &str, role: &str) -> Result<String> {
        let answer = self.post("/dev/token", "", &json!({ "sub": user_id, "role": role, "name": user_id }))?;
        Ok(answer["token"].as_str().with_context(|| format!("no token but {answer}"))?.to_owned())
    }

    /// Posts `body` to `path` with a JWT. Returns the JSON of the answer.
    pub(crate) fn post(&self, path: &str, token: &str, body: &Value) -> Result<Value> {
        let body = body.to_string();
        let head = [
            format!("POST {path} HTTP/1.1"),
            format!("host: {}", self.address),
            format!("authorization: Bearer {token}"),
            "content-type: application/json".to_owned(),
            format!("content-length: {}", body.len()),
            "connection: close".to_owned(),
        ];
        let mut socket = TcpStream::connect(self.address)?;
        socket.set_read_timeout(Some(TIMEOUT))?;
        socket.write_all(format!("{}\r\n\r\n{body}", head.join("\r\n")).as_bytes())?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an HTTP answer has a body")?;
        serde_json::from_str(body).with_context(|| format!("no JSON but {body:?}"))
    }
}

/// Builds the program. Returns its path from cargo's output.
pub(crate) fn build() -> Result<PathBuf> {
    // Naming a test gives dependencies the same features as in a build of the tests. Without it cargo
    // compiles the engine again.
    let what = ["build", "--workspace", "--bin", "order-chat", "--test", "logs"];
    let mut cargo = command("cargo", &what);
    let output = cargo.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("the local gateway does not build");
    }
    let messages = String::from_utf8(output.stdout)?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let path = messages.filter(|message| message["target"]["name"] == "order-chat");
    let path = path.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    path.context("cargo built no order-chat")
}

fn first_line(group: &mut Group) -> Result<String> {
    let output = group.output().context("its output is piped")?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = String::new();
        // The receiver is gone if the timeout was reached.
        let _ = output.read_line(&mut line).map(|_| tell.send(line));
        // Reads and drops all later output, so that the pipe does not fill up.
        let _ = std::io::copy(&mut output, &mut std::io::sink());
    });
    told.recv_timeout(TIMEOUT).context("it printed nothing")
}

fn address(line: &str) -> Result<SocketAddr> {
    let address = line.trim().strip_prefix("listening on http://");
    let address = address.with_context(|| format!("it printed {line:?} instead of its address"))?;
    Ok(address.parse()?)
}
