//! Reads and writes the results in `docs/benchmarks.json`. Each part can be measured again without
//! the others.

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::compare::Comparison;
use crate::growth::Growth;
use crate::importing::Import;
use crate::limit::Limit;
use crate::operations::Operations;
use crate::profile::Profile;
use crate::starts::Starts;
use crate::system::root;
use crate::tab::Tabs;

/// The results of a part, with the date and the machine.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Part<T> {
    /// The date of the measurement.
    pub(crate) date: String,
    /// Processor, memory and kernel.
    pub(crate) machine: String,
    /// Whether it was a quick trial, whose numbers mean little.
    pub(crate) quick: bool,
    #[serde(flatten)]
    pub(crate) measured: T,
}

/// All parts that have been measured so far.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Results {
    pub(crate) comparison: Option<Part<Comparison>>,
    pub(crate) operations: Option<Part<Operations>>,
    pub(crate) limit: Option<Part<Limit>>,
    pub(crate) starts: Option<Part<Starts>>,
    pub(crate) growth: Option<Part<Growth>>,
    pub(crate) profile: Option<Part<Profile>>,
    pub(crate) import: Option<Part<Import>>,
    pub(crate) tabs: Option<Part<Tabs>>,
}

impl<T> Part<T> {
    /// Results measured today on this machine.
    pub(crate) fn new(measured: T, quick: bool) -> Self {
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        Self { date, machine: machine(), quick, measured }
    }

    /// One line that says how, when and where a part was measured.
    pub(crate) fn origin(&self, part: &str) -> String {
        let trial = if self.quick { " **A quick trial: the numbers mean little.**" } else { "" };
        format!("`cargo xtask bench --only {part}`, {}, {}.{trial}", self.date, self.machine)
    }
}

impl Results {
    /// Reads the file. Without a file there are no results.
    pub(crate) fn read() -> Result<Self> {
        let Ok(text) = std::fs::read_to_string(path()) else { return Ok(Self::default()) };
        Ok(serde_json::from_str(&text)?)
    }

    pub(crate) fn write(&self) -> Result<()> {
        Ok(std::fs::write(path(), serde_json::to_string_pretty(self)? + "\n")?)
    }
}

fn path() -> PathBuf {
    root().join("docs/benchmarks.json")
}

fn machine() -> String {
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
        line.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field(&file("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or_default();
    let (processor, kernel) = (field(&file("/proc/cpuinfo"), "model name"), file("/proc/sys/kernel/osrelease"));
    let kernel = kernel.trim().split('-').next().unwrap_or_default().to_owned();
    format!("{processor}, {cores} cores, {} GB, Linux {kernel}", memory / 1_000_000)
}
