//! The part of Lambda's Runtime API that one function needs: the function may register an extension
//! that gets no events, requests an event, gets it, and posts its answer.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// The timeout for everything that a function does here.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The environment variables that Lambda sets for every function.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_LAMBDA_FUNCTION_NAME", "function"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
];

/// The pause between two checks whether a process has connected or ended.
const TICK: Duration = Duration::from_micros(50);

/// A process of a function that waits for an event. It ends when the value is dropped.
pub(crate) struct Process {
    child: Child,
    /// The connection for events. The function sends its requests one after another.
    connection: Option<BufReader<TcpStream>>,
    /// The connection of an extension, which waits for an event that never comes.
    extension: Option<BufReader<TcpStream>>,
}

impl Process {
    /// Starts the process with Lambda's environment and `environment`. Returns the time until its
    /// first request for an event.
    pub(crate) fn start(mut command: Command, environment: &[(String, String)]) -> Result<(Duration, Self)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        command
            .env_clear()
            .envs(ENVIRONMENT)
            .envs(environment.iter().cloned())
            .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let began = Instant::now();
        let mut process = Self { child: command.spawn()?, connection: None, extension: None };
        process.accept(&listener)?;
        let (mut asked, _) = process.request()?;
        if asked.starts_with("POST /2020-01-01/extension/register ") {
            process.answer("HTTP/1.1 200 OK\r\nlambda-extension-identifier: 1\r\n", "{}")?;
            process.extension = process.connection.take();
            process.accept(&listener)?;
            (asked, _) = process.request()?;
        }
        let took = began.elapsed();
        ensure!(asked.starts_with("GET /2018-06-01/runtime/invocation/next "), "it asked {asked:?}");
        Ok((took, process))
    }

    /// Waits for the process to connect.
    fn accept(&mut self, listener: &TcpListener) -> Result<()> {
        let began = Instant::now();
        let stream = loop {
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            ensure!(self.child.try_wait()?.is_none() && began.elapsed() < TIMEOUT, "it does not connect");
            std::thread::sleep(TICK);
        };
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        self.connection = Some(BufReader::new(stream));
        Ok(())
    }

    /// Sends an event. Returns the time until the answer, and the answer. Waits until the process
    /// requests the next event.
    pub(crate) fn invoke(&mut self, event: &str) -> Result<(Duration, String)> {
        let deadline = "4102444800000";
        let head = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:function\r\n"
        );
        let began = Instant::now();
        self.answer(&head, event)?;
        let (answered, body) = self.request()?;
        let took = began.elapsed();
        ensure!(answered.starts_with("POST ") && answered.contains("/response "), "it answered {answered:?}: {body}");
        self.answer("HTTP/1.1 202 Accepted\r\n", "")?;
        self.request()?;
        Ok((took, body))
    }

    /// Closes the connection, so that the process ends itself, and waits for that.
    pub(crate) fn end(mut self) -> Result<()> {
        (self.connection, self.extension) = (None, None);
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(began.elapsed() < TIMEOUT, "it does not end");
            std::thread::sleep(TICK);
        }
        Ok(())
    }

    fn answer(&mut self, head: &str, body: &str) -> Result<()> {
        let connection = self.connection.as_mut().context("it has asked")?;
        let text = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        Ok(connection.get_mut().write_all(text.as_bytes())?)
    }

    /// The first line and the body of the next request.
    fn request(&mut self) -> Result<(String, String)> {
        let connection = self.connection.as_mut().context("it has asked")?;
        let (mut first, mut length, mut is_chunked) = (String::new(), 0, false);
        loop {
            let mut line = String::new();
            ensure!(connection.read_line(&mut line)? > 0, "it has closed its connection");
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(bytes) = lower.strip_prefix("content-length:") {
                length = bytes.trim().parse()?;
            }
            is_chunked |= lower.starts_with("transfer-encoding:") && lower.ends_with("chunked");
            if first.is_empty() {
                line.clone_into(&mut first);
            }
        }
        let mut body = read(connection, length)?;
        while is_chunked {
            let mut size = String::new();
            connection.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16)?;
            body.push_str(&read(connection, size)?);
            connection.read_line(&mut String::new())?;
            is_chunked = size > 0;
        }
        Ok((first, body))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if the process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(connection: &mut BufReader<TcpStream>, bytes: usize) -> Result<String> {
    let mut body = vec![0; bytes];
    connection.read_exact(&mut body)?;
    Ok(String::from_utf8(body)?)
}
