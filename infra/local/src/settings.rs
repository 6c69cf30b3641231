//! The settings with which a gateway is started.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Where the template comes from.
#[derive(Clone, Debug)]
pub enum Template {
    /// A path.
    File(PathBuf),
    /// The text itself.
    Text(String),
}

/// Where the data is stored.
#[derive(Clone, Debug)]
pub enum Data {
    /// In this folder, which is created if it is absent. The data survives a restart.
    Folder(PathBuf),
    /// In memory. The data is lost when the gateway stops.
    Memory,
}

/// The gateway's timeouts. The defaults are AWS's quotas; tests use shorter ones.
#[derive(Clone, Copy, Debug)]
pub struct Timers {
    /// A WebSocket connection is closed after this long without data in either direction.
    pub idle: Duration,
    /// A WebSocket connection is closed when it is this old.
    pub lifetime: Duration,
    /// How long an HTTP request waits for its function.
    pub http: Duration,
    /// How long a WebSocket frame or handshake waits for its function.
    pub websocket: Duration,
    /// How long a client may take to send a request's line and headers, and again to send its body.
    pub request: Duration,
    /// How long a minute of a schedule takes.
    pub minute: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(10),
            lifetime: Duration::from_hours(2),
            http: Duration::from_secs(30),
            websocket: Duration::from_secs(29),
            request: Duration::from_secs(30),
            minute: Duration::from_mins(1),
        }
    }
}

/// Wraps the HTTP client of one function's AWS SDK. The first argument is the name of the
/// function's binary.
pub type Wrap = Arc<dyn Fn(&str, SharedHttpClient) -> SharedHttpClient + Send + Sync>;

/// The settings of one gateway.
#[derive(Clone)]
pub struct Settings {
    /// The template.
    pub template: Template,
    /// The address to listen on.
    pub listen: IpAddr,
    /// The port to listen on; 0 chooses a free port.
    pub port: u16,
    /// Where the data is stored.
    pub data: Data,
    /// Whether each write is synced to the disk before it is answered. Has no effect in memory.
    pub sync: bool,
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// The npm project whose pages are served at `/`; `None` serves only the API.
    pub pages: Option<PathBuf>,
    /// The gateway's timeouts.
    pub timers: Timers,
    /// Whether the tables' streams and the schedules call their functions. Without this the tables
    /// have no stream. A test that calls every function itself leaves it out.
    pub triggers: bool,
    /// Wraps the HTTP client of each function's SDK. Tests count requests with it, or make them
    /// fail.
    pub wrap: Option<Wrap>,
}

impl Settings {
    /// Settings for a test: a free port of this machine, all data in memory, no pages, no triggers.
    pub fn in_memory(template: Template) -> Self {
        Self {
            template,
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            data: Data::Memory,
            sync: false,
            parameters: BTreeMap::new(),
            pages: None,
            timers: Timers::default(),
            triggers: false,
            wrap: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("listen", &self.listen)
            .field("port", &self.port)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}
