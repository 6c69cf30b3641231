//! A running gateway: how it is started and stopped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use runtime::{Function, SdkConfig};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::data::DataFolder;
use crate::dynamo::Engine;
use crate::event_source::{Poller, Progress};
use crate::http_api::HttpApi;
use crate::identity::Identity;
use crate::lambda::{Lambdas, MAX_TIMEOUT};
use crate::pages::Pages;
use crate::secrets::Secrets;
use crate::server::{Server, serve};
use crate::settings::{Settings, Template};
use crate::stopping::{Stop, Stopping};
use crate::template::{FunctionSpec, System, TemplateInputs, read};
use crate::transport::{Transport, sdk};
use crate::websocket::{Connections, Management, OpenConnections, WebSocketApi};
use crate::{Functions, StartupError, data, schedule, stopping};

/// The pause between two removals of expired items, and of old records of streams.
const EXPIRY_INTERVAL: Duration = Duration::from_mins(1);

/// The pause between two checkpoints of the database's write-ahead log.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(100);

/// The pause between two writes of the time at which the gateway runs. After a kill, a user's
/// last-seen time is at most this much too early.
const ALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// How long [`Gateway::stop`] waits for connections and invocations to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A running gateway. If it is dropped, it continues until the process ends. [`Gateway::stop`]
/// stops it.
pub struct Gateway {
    address: SocketAddr,
    secrets: Secrets,
    identity: Identity,
    folder: Option<DataFolder>,
    sdk: SdkConfig,
    websocket_url: Option<String>,
    has_pages: bool,
    tables: Vec<String>,
    progress: Progress,
    lambdas: Lambdas,
    stop: Stop,
    ended: mpsc::Receiver<()>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts the system that the template describes, with these functions.
///
/// # Errors
///
/// See [`StartupError`].
pub async fn start(settings: Settings, functions: Functions) -> Result<Gateway, StartupError> {
    let text = match &settings.template {
        Template::Text(text) => text.clone(),
        Template::File(path) => {
            let unreadable = |source| StartupError::Unreadable { path: path.clone(), source };
            tokio::fs::read_to_string(path).await.map_err(unreadable)?
        }
    };
    // Opened before the port: of two gateways with one folder, the second one should report the
    // folder in use, not the port.
    let folder = data::open(&settings.data)?;
    let requested = SocketAddr::new(settings.listen, settings.port);
    let failed = |source| StartupError::Address { address: requested, source };
    let listener = TcpListener::bind(requested).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let authority = reachable(address).to_string();

    if let Some(folder) = &folder {
        folder.listens_on(address);
    }
    let path = folder.as_ref().map(DataFolder::path);
    let secret = data::secret(folder.as_ref())?;
    let secrets = Secrets::new(&secret);
    let mut system = read(&text, &template_inputs(&settings, &authority))?;
    if !settings.triggers {
        system.without_triggers();
    }
    let engine = Engine::open(path, settings.sync)?;
    for table in &system.tables {
        engine.create_table(table)?;
    }
    let progress = Progress::open(path)?;

    let connections = Arc::new(Connections::default());
    let (kept, left_behind) = OpenConnections::open(path)?;
    let management = system
        .websocket
        .as_ref()
        .map(|websocket| Arc::new(Management::new(connections.clone(), &authority, &websocket.id, &websocket.stage)));
    let identity = Identity::new(&secret, &system);
    let owner = Transport::new("owner", engine.clone(), secrets.clone(), management.clone(), None);
    let System { functions: specs, http, websocket, tables, event_sources, schedules } = system;
    let started = start_functions(specs, &functions, &settings, &engine, &secrets, management.as_ref())?;

    let lambdas = Lambdas::new(started);
    let (stop, stopping) = stopping::stop();
    let (alive, ended) = mpsc::channel(1);
    let websocket_url = websocket.as_ref().map(|websocket| format!("ws://{authority}/{}", websocket.stage));
    let pages = settings.pages.clone().and_then(|folder| Pages::open(folder, address.port(), stopping.clone()));
    let (pages, building) = pages.unzip();
    let has_pages = pages.is_some();
    let websocket = websocket.map(|spec| {
        let (lambdas, stopping, alive) = (lambdas.clone(), stopping.clone(), alive.clone());
        Arc::new(WebSocketApi::new(spec, lambdas, connections, kept.clone(), settings.timers, stopping, alive))
    });
    // Done before the first request is answered: all connections of the earlier process are closed.
    if let Some(websocket) = &websocket {
        websocket.end_left_behind(left_behind).await;
    }
    kept.mark_alive();
    let server = Server {
        http: http.map(|http| HttpApi::new(http, lambdas.clone(), settings.timers)),
        websocket,
        management,
        engine: engine.clone(),
        identity: identity.clone(),
        pages,
        listen: settings.listen,
        request_timeout: settings.timers.request,
        _folder: folder.clone(),
    };
    let mut tasks = vec![
        tokio::spawn(serve(listener, Arc::new(server), stopping.clone(), alive)),
        tokio::spawn(every(EXPIRY_INTERVAL, engine.clone(), Engine::delete_expired, stopping.clone())),
    ];
    tasks.extend(event_sources.into_iter().map(|source| {
        let poller = Poller::new(source, engine.clone(), lambdas.clone(), progress.clone());
        tokio::spawn(poller.run(stopping.clone()))
    }));
    tasks.extend(schedules.into_iter().map(|schedule| {
        tokio::spawn(schedule::run(schedule, settings.timers.minute, lambdas.clone(), stopping.clone()))
    }));
    if folder.is_some() {
        tasks.push(tokio::spawn(every(EXPIRY_INTERVAL, engine.clone(), Engine::trim_streams, stopping.clone())));
        tasks.push(tokio::spawn(every(CHECKPOINT_INTERVAL, engine, Engine::checkpoint, stopping.clone())));
        tasks.push(tokio::spawn(every(ALIVE_INTERVAL, kept, OpenConnections::mark_alive, stopping)));
    }
    tasks.extend(building);
    Ok(Gateway {
        address,
        secrets,
        identity,
        folder,
        sdk: sdk("owner", SharedHttpClient::new(owner)),
        websocket_url,
        has_pages,
        tables: tables.into_iter().map(|table| table.name).collect(),
        progress,
        lambdas,
        stop,
        ended,
        tasks,
    })
}

impl Gateway {
    /// The address on which the gateway listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the HTTP API, such as `http://127.0.0.1:3000`.
    pub fn base_url(&self) -> String {
        format!("http://{}", reachable(self.address))
    }

    /// The address of the WebSocket API, such as `ws://127.0.0.1:3000/prod`; `None` if the template
    /// has none.
    pub fn websocket_url(&self) -> Option<&str> {
        self.websocket_url.as_deref()
    }

    /// Returns true if the gateway serves the web client, or will serve it when it is built.
    pub fn has_pages(&self) -> bool {
        self.has_pages
    }

    /// The name of the template's first table.
    pub fn table(&self) -> Option<&str> {
        self.tables.first().map(String::as_str)
    }

    /// An SDK configuration for the same tables and connections that the functions use, without a
    /// policy that restricts it.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The current version of the secret, which signs local tokens. It replaces every secret of AWS
    /// Secrets Manager.
    pub fn secret(&self) -> String {
        self.secrets.current()
    }

    /// Makes `secret` the current version of every secret. The version that was current becomes the
    /// previous one. [`Gateway::token`] and `POST /dev/token` always sign with the first version.
    pub fn rotate_secret(&self, secret: &str) {
        self.secrets.rotate(secret);
    }

    /// A token as from `POST /dev/token`, valid for one hour.
    ///
    /// # Errors
    ///
    /// If the token cannot be encoded.
    pub fn token(&self, sub: &str, role: &str, name: &str) -> Result<String, jsonwebtoken::errors::Error> {
        self.identity.token(sub, role, name, 60 * 60)
    }

    /// Sends `event` to the function that the template names `function`, as `sam local invoke`
    /// does, and returns its answer.
    ///
    /// # Errors
    ///
    /// What Lambda calls a function error, as text.
    pub async fn invoke(&self, function: &str, event: serde_json::Value) -> Result<serde_json::Value, String> {
        self.lambdas.call(function, event, MAX_TIMEOUT).await.map_err(|failure| failure.to_string())
    }

    /// The messages in the queue with this name, oldest first: which records of a stream were given
    /// up. Nothing takes messages out of a queue.
    pub fn queue(&self, name: &str) -> Vec<serde_json::Value> {
        self.progress.messages(name).unwrap_or_default()
    }

    /// Closes every connection with code 1001, waits at most five seconds for connections and
    /// invocations to end, and releases the data folder.
    pub async fn stop(mut self) {
        self.stop.now();
        for task in self.tasks.drain(..) {
            if let Err(problem) = task.await {
                tracing::error!(%problem, "a task of the gateway has panicked");
            }
        }
        let all_ended = async {
            while self.ended.recv().await.is_some() {}
            self.lambdas.drained().await;
        };
        if tokio::time::timeout(STOP_TIMEOUT, all_ended).await.is_err() {
            tracing::warn!("some connections or invocations did not end in time");
        }
        self.lambdas.end();
        if let Some(folder) = &self.folder {
            folder.release();
        }
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Starts every function of the template with its own environment and its own SDK configuration.
fn start_functions(
    specs: BTreeMap<String, FunctionSpec>,
    functions: &Functions,
    settings: &Settings,
    engine: &Engine,
    secrets: &Secrets,
    management: Option<&Arc<Management>>,
) -> Result<Vec<(FunctionSpec, Function)>, StartupError> {
    let mut started = Vec::new();
    for (name, spec) in specs {
        let start = functions
            .of(&spec.binary)
            .ok_or_else(|| StartupError::NoHandler { function: name.clone(), binary: spec.binary.clone() })?;
        let transport =
            Transport::new(&name, engine.clone(), secrets.clone(), management.cloned(), Some(spec.policy.clone()));
        let mut client = SharedHttpClient::new(transport);
        if let Some(wrap) = &settings.wrap {
            client = wrap(&spec.binary, client);
        }
        let environment = spec.environment.clone().into_iter().collect();
        let function = start(&environment, &sdk(&name, client));
        let function = function.map_err(|source| StartupError::Function { function: name, source })?;
        started.push((spec, function));
    }
    Ok(started)
}

/// The inputs of the template that differ between this machine and AWS.
fn template_inputs(settings: &Settings, authority: &str) -> TemplateInputs {
    let port = authority.rsplit(':').next().unwrap_or_default();
    let own_pages = format!("http://127.0.0.1:{port},http://localhost:{port}");
    TemplateInputs {
        authority: authority.to_owned(),
        parameters: settings.parameters.clone(),
        // On this machine a line of the log costs nothing.
        defaults: [("AllowedOrigins", own_pages.as_str()), ("LogSampling", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

/// The address with which a client on this machine reaches a listener on `address`.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    address
}

/// Calls `task` with `subject` on a blocking thread after every `pause`, until the gateway stops.
async fn every<T: Clone + Send + 'static>(pause: Duration, subject: T, task: fn(&T), stopping: Stopping) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopping.wait() => return,
        }
        let subject = subject.clone();
        if let Err(problem) = tokio::task::spawn_blocking(move || task(&subject)).await {
            tracing::error!(%problem, "a periodic task has panicked");
        }
    }
}
