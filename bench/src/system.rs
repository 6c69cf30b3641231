//! A running system to measure: this project's, or the peer.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jsonwebtoken::{EncodingKey, Header};
use local::{Data, Gateway, Settings, Template};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::interceptor::Interceptor;
use crate::mariadb::MariaDb;
use crate::process;

/// The key of both systems' tokens.
const SECRET: &str = "a-secret-for-both-systems-of-a-benchmark";

/// Which of the two.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    Ours,
    Peer,
}

/// Both, in the order in which they take turns.
pub(crate) const BOTH: [Kind; 2] = [Kind::Ours, Kind::Peer];

/// A running system. Dropping it ends it.
pub(crate) struct System {
    pub(crate) kind: Kind,
    /// `http://127.0.0.1:PORT`.
    pub(crate) base: String,
    /// What is measured: the server, and its database where that is another process.
    pub(crate) processes: Vec<u32>,
    pub(crate) http: reqwest::Client,
    _server: Option<Child>,
    _database: Option<MariaDb>,
}

impl System {
    /// Starts `kind` with its data in `folder`, which is new or an earlier one's. With `sync` each write reaches the disk.
    pub(crate) async fn start(kind: Kind, folder: &Path, sync: bool) -> Result<Self> {
        match kind {
            Kind::Ours => Self::ours(folder, sync).await,
            Kind::Peer => {
                let is_new = !folder.join("data").exists();
                let database = if is_new { MariaDb::create(folder, sync) } else { MariaDb::open(folder, sync) };
                Self::peer(database?, false).await
            }
        }
    }

    async fn ours(folder: &Path, sync: bool) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("secret"), SECRET)?;
        let program = std::env::current_exe()?.with_file_name("order-chat");
        let mut command = Command::new(&program);
        command.args(["--port", "0", "--no-pages", "--data"]).arg(folder);
        command.arg("--template").arg(root().join("template.yaml"));
        command.args(sync.then_some("--sync"));
        Self::listening(Kind::Ours, command, None).await
    }

    /// Ours in this very process, to count or delay what passes between its functions and the table.
    pub(crate) async fn inside(folder: &Path, interceptor: &Interceptor) -> Result<(Self, Gateway)> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("secret"), SECRET)?;
        let template = Template::File(root().join("template.yaml"));
        let (data, wrap) = (Data::Folder(folder.to_owned()), Some(interceptor.wrap()));
        let gateway =
            local::start(Settings { data, wrap, ..Settings::in_memory(template) }, local::functions()).await?;
        let (kind, base, processes) = (Kind::Ours, gateway.base_url(), vec![std::process::id()]);
        Ok((Self { kind, base, processes, http: http()?, _server: None, _database: None }, gateway))
    }

    /// The peer's server on a database that runs; with `models`, its send is written with Sequelize's models.
    pub(crate) async fn peer(database: MariaDb, models: bool) -> Result<Self> {
        let mut command = Command::new("node");
        command.arg("src/server.js").current_dir(root().join("bench/peers/socketio"));
        command.env("NODE_ENV", "production").env("JWT_SECRET", SECRET).env("DATABASE_SOCKET", database.socket());
        command.envs(models.then_some(("SEND", "models")));
        Self::listening(Kind::Peer, command, Some(database)).await
    }

    async fn listening(kind: Kind, mut command: Command, database: Option<MariaDb>) -> Result<Self> {
        let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut lines = BufReader::new(server.stdout.take().context("no output")?).lines();
        let Some(line) = lines.next_line().await? else { bail!("{command:?} ended before it listened") };
        let base = line.strip_prefix("listening on ").context("the first line says where it listens")?.to_owned();
        let processes = server.id().into_iter().chain(database.as_ref().map(|it| it.process)).collect();
        // What else it has to say is read, so that it never waits for somebody to do so.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { kind, base, processes, http: http()?, _server: Some(server), _database: database })
    }

    /// Processor time used so far, database included.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        process::cpu(&self.processes)
    }

    /// Memory in use, database included, in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        process::resident(&self.processes)
    }

    /// A token for an hour.
    pub(crate) fn token(user: &str, role: &str) -> Result<String> {
        let expires = jiff::Timestamp::now().as_second() + 3600;
        let claims = json!({"sub": user, "role": role, "name": user, "exp": expires});
        Ok(jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))?)
    }
}

fn http() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().timeout(Duration::from_mins(1)).build()?)
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}
