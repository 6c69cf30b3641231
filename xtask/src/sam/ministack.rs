//! The emulator of AWS.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::process_group::Group;
use crate::{python, shell};

/// How long the emulator may take until it listens.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The region of all resources in the emulator.
pub(crate) const REGION: &str = "us-east-1";

/// The access key of the account's owner in the emulator. Functions get keys of their own roles.
const KEY: &str = "test";

const MAKE_TABLE: &str = "import boto3, sys
names = ['pk', 'sk']
boto3.client('dynamodb').create_table(
    TableName=sys.argv[1], BillingMode='PAY_PER_REQUEST',
    AttributeDefinitions=[{'AttributeName': name, 'AttributeType': 'S'} for name in names],
    KeySchema=[{'AttributeName': name, 'KeyType': kind} for name, kind in zip(names, ['HASH', 'RANGE'])])";

/// A running emulator. When the value is dropped, the emulator and all functions that it has
/// started end.
pub(crate) struct Ministack {
    _group: Group,
    name: String,
    port: u16,
    scheme: &'static str,
    pub(crate) programs: PathBuf,
    folder: PathBuf,
    log: PathBuf,
}

impl Ministack {
    /// Starts an emulator that enforces the template's roles on a free port, and waits until it
    /// listens. Its files are in a folder called `name`.
    pub(crate) fn start(name: &str) -> Result<Self> {
        // `AUTH` makes the emulator's IAM refuse what the roles do not allow.
        Self::start_as(name, "http", &[("AUTH", "true")])
    }

    /// Starts an emulator with TLS, as AWS has, that allows every request.
    pub(crate) fn start_with_tls() -> Result<Self> {
        Self::start_as("tls", "https", &[("USE_SSL", "1")])
    }

    fn start_as(name: &str, scheme: &'static str, how: &[(&str, &str)]) -> Result<Self> {
        let programs = python::environment("ministack", "xtask/sam/ministack.txt")?;
        let folder = shell::target().join("ministack").join(name);
        std::fs::create_dir_all(&folder)?;
        let log = folder.join("log.txt");
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = Group::command(programs.join("ministack"));
        command
            .current_dir(&folder)
            .env("TMPDIR", &folder)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .envs(how.iter().copied())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?);
        // The functions get this variable too, so their SDKs reach the emulator.
        let address = format!("{scheme}://127.0.0.1:{port}");
        command.envs(environment(&address));
        for name in ELSEWHERE {
            command.env_remove(name);
        }
        let ministack =
            Self { _group: Group::start(&mut command)?, name: name.to_owned(), port, scheme, programs, folder, log };
        ministack.wait()?;
        Ok(ministack)
    }

    /// The name of this emulator among those that run at the same time.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The emulator's URL.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Sets the environment of `command` so that an AWS SDK in it uses the emulator.
    pub(crate) fn address(&self, command: &mut Command) {
        command.envs(self.environment());
        for name in ELSEWHERE {
            command.env_remove(name);
        }
    }

    /// The environment variables with which an AWS SDK uses the emulator and trusts its
    /// certificate.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut variables = environment(&self.endpoint());
        if self.scheme == "https" {
            let certificate = self.folder.join("ministack-tls/server.crt").to_string_lossy().into_owned();
            variables.extend(["SSL_CERT_FILE", "AWS_CA_BUNDLE"].map(|name| (name.to_owned(), certificate.clone())));
        }
        variables
    }

    /// Creates a table with the keys of the template's table.
    pub(crate) fn make_table(&self, name: &str) -> Result<()> {
        let mut make = shell::command(self.programs.join("python"), &["-c", MAKE_TABLE, name]);
        self.address(&mut make);
        ensure!(make.status()?.success(), "the table cannot be made");
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if began.elapsed() > TIMEOUT {
                bail!("ministack does not listen, see {}", self.log.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        eprintln!("\n> ministack listens on {}, and writes to {}", self.endpoint(), self.log.display());
        Ok(())
    }
}

/// Variables that are removed, so that no command can use a real account.
const ELSEWHERE: [&str; 2] = ["AWS_PROFILE", "AWS_SESSION_TOKEN"];

fn environment(endpoint: &str) -> Vec<(String, String)> {
    let variables = [
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", KEY),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_REGION", REGION),
        ("AWS_ENDPOINT_URL", endpoint),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}
