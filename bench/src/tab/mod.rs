//! What an open tab uses in which nothing happens: the web client itself runs for a working day of
//! virtual time, against the functions. Their clock moves with the client's.

mod clock;
mod functions;

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jsonwebtoken::{EncodingKey, Header};
use local::{Gateway, Settings, Template};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use self::clock::MovedClock;
use self::functions::Invocations;
use crate::interceptor::{Interceptor, Traffic};
use crate::system::root;

/// The length of a working day.
pub(crate) const HOURS: u32 = 8;
/// The working days of a month.
pub(crate) const DAYS: u32 = 22;

/// How many conversations the shop has, one for each order.
const CONVERSATIONS: usize = 30;
/// How many of them are the customer's.
const OF_THE_CUSTOMER: usize = 3;

/// Whose tab it is, and whether it is visible.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kind {
    pub(crate) is_admin: bool,
    pub(crate) is_visible: bool,
}

/// The tabs, in the order in which they are measured.
const KINDS: [Kind; 4] = [
    Kind { is_admin: false, is_visible: true },
    Kind { is_admin: false, is_visible: false },
    Kind { is_admin: true, is_visible: true },
    Kind { is_admin: true, is_visible: false },
];

/// What a tab used on a day.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Day {
    pub(crate) kind: Kind,
    pub(crate) counts: Counts,
    pub(crate) invocations: u32,
    pub(crate) traffic: Traffic,
}

/// What the client counts.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    /// REST requests.
    pub(crate) requests: u32,
    /// Preflights of a browser for these requests.
    pub(crate) preflights: u32,
    /// Opened WebSocket connections.
    pub(crate) connections: u32,
    /// Frames from the client.
    pub(crate) sent: u32,
    /// Frames to the client.
    pub(crate) received: u32,
    /// Bytes to the client.
    pub(crate) bytes: u32,
    /// Minutes of open connections.
    pub(crate) minutes: f64,
    /// The longest time in which an open connection had no frame, in milliseconds.
    pub(crate) longest_silence: u32,
}

/// The day of each kind of tab.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Tabs {
    pub(crate) days: Vec<Day>,
}

/// A line of the client's program.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Line {
    /// The clock has to be this many milliseconds after the start.
    Now(u64),
    /// The day is over.
    Counts(Counts),
}

/// Measures all tabs.
pub(crate) async fn measure() -> Result<Tabs> {
    let mut days = Vec::new();
    for kind in KINDS {
        days.push(day(kind).await?);
    }
    Ok(Tabs { days })
}

async fn day(kind: Kind) -> Result<Day> {
    let (interceptor, clock, invocations) = (Interceptor::counting(), MovedClock::default(), Invocations::default());
    let functions = functions::counted(&clock, &invocations);
    let template = Template::File(root().join("template.yaml"));
    let settings = Settings { wrap: Some(interceptor.wrap()), ..Settings::in_memory(template) };
    let gateway = local::start(settings, functions).await?;
    let conversation = seed(&gateway).await?;
    // What the seed has done is no longer news, and longer ago than a sync looks back.
    clock.advance_to(Duration::from_hours(1));
    interceptor.take();
    invocations.take();

    let start = clock.elapsed();
    let mut client = Command::new("node");
    client.args(["--experimental-websocket", "scripts/run.mjs", "idle-day"]).current_dir(root().join("web"));
    client.env("API", gateway.base_url()).env("SECRET", gateway.secret()).env("HOURS", HOURS.to_string());
    client.env("ROLE", if kind.is_admin { "admin" } else { "customer" });
    client.env("USER_ID", if kind.is_admin { ADMIN } else { CUSTOMER });
    client.env("VISIBLE", kind.is_visible.to_string()).env("CONVERSATION", conversation);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut input = client.stdin.take().context("no input")?;
    let mut lines = BufReader::new(client.stdout.take().context("no output")?).lines();
    let counts = loop {
        let line = lines.next_line().await?.context("the client ended before its day")?;
        match serde_json::from_str(&line).with_context(|| line.clone())? {
            Line::Now(now) => {
                clock.advance_to(start + Duration::from_millis(now));
                input.write_all(b"\n").await?;
            }
            Line::Counts(counts) => break counts,
        }
    };
    ensure!(client.wait().await?.success(), "the client failed");
    // The last `$disconnect` ends after the socket.
    gateway.stop().await;
    Ok(Day { kind, counts, invocations: invocations.take(), traffic: interceptor.take() })
}

const ADMIN: &str = "grace";
const CUSTOMER: &str = "mia";

/// Places the orders. Returns the conversation that is open in the tab.
async fn seed(gateway: &Gateway) -> Result<String> {
    let key = EncodingKey::from_secret(gateway.secret().as_bytes());
    let expires = jiff::Timestamp::now().as_second() + 3600;
    let (http, address) = (reqwest::Client::new(), format!("{}/api/sales", gateway.base_url()));
    let mut first = None;
    for number in 0..CONVERSATIONS {
        let customer = if number < OF_THE_CUSTOMER { CUSTOMER.to_owned() } else { format!("customer{number}") };
        let claims = json!({"sub": customer, "role": "customer", "name": customer, "exp": expires});
        let token = jsonwebtoken::encode(&Header::default(), &claims, &key)?;
        let order = json!({"items": [{"title": "Lamp", "quantity": 1, "unitPrice": 1250}], "currency": "EUR"});
        let placed = http.post(&address).bearer_auth(token).json(&order).send().await?;
        let placed: serde_json::Value = placed.error_for_status()?.json().await?;
        let id = placed["conversation"]["id"].as_str().context("no conversation")?;
        first.get_or_insert_with(|| id.to_owned());
    }
    first.context("no orders")
}
