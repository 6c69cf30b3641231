//! What whoever starts a gateway can choose.

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
    /// A file.
    File(PathBuf),
    /// The text itself.
    Text(String),
}

/// Where the data lives.
#[derive(Clone, Debug)]
pub enum Data {
    /// In this folder, which is made if it is absent; it survives a restart.
    Folder(PathBuf),
    /// In memory; it is gone with the gateway.
    Memory,
}

/// The gateway's clocks. The defaults are AWS's quotas; tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Timers {
    /// A WebSocket connection without data in either direction is closed after this.
    pub idle: Duration,
    /// A WebSocket connection is closed at this age.
    pub lifetime: Duration,
    /// An HTTP request waits this long for its function.
    pub http: Duration,
    /// A WebSocket frame or handshake waits this long for its function.
    pub websocket: Duration,
    /// A client takes at most this long to send a request's line and headers, and again to send its body.
    pub request: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(10),
            lifetime: Duration::from_hours(2),
            http: Duration::from_secs(30),
            websocket: Duration::from_secs(29),
            request: Duration::from_secs(30),
        }
    }
}

/// Wraps the transport of one function's AWS SDK, given the name of the function's binary.
pub type Wrap = Arc<dyn Fn(&str, SharedHttpClient) -> SharedHttpClient + Send + Sync>;

/// Everything a gateway is started with.
#[derive(Clone)]
pub struct Settings {
    /// The system to serve.
    pub template: Template,
    /// The address to listen on.
    pub listen: IpAddr,
    /// The port to listen on; 0 picks a free one.
    pub port: u16,
    /// Where the data lives.
    pub data: Data,
    /// Whether each write in a folder reaches the disk before it is answered.
    pub sync: bool,
    /// Values of the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// The npm project whose pages are served at `/`; `None` serves the API only.
    pub pages: Option<PathBuf>,
    /// The gateway's clocks.
    pub timers: Timers,
    /// Stands between each function's SDK and the engine: to count requests, or to make them fail.
    pub wrap: Option<Wrap>,
}

impl Settings {
    /// This template on a free port of this machine, with nothing kept: what a test wants.
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
