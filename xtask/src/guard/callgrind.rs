//! A process of a function whose instructions are counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::runtime_api::Process;

/// The process ends when the value is dropped.
pub(super) struct Counted {
    process: Process,
    counts: PathBuf,
}

impl Counted {
    /// Starts `program` and waits until it requests an event. Callgrind writes its file to
    /// `folder`.
    pub(super) fn start(program: &Path, folder: &Path, environment: &[(String, String)]) -> Result<Self> {
        let counts = folder.join("callgrind.out");
        // Removes the file of an earlier process.
        let _ = fs::remove_file(&counts);
        let mut command = Command::new("/usr/bin/valgrind");
        let out = format!("--callgrind-out-file={}", counts.display());
        command.args(["--tool=callgrind", &out]).arg(program);
        let (_, process) = Process::start(command, environment)?;
        Ok(Self { process, counts })
    }

    /// Sends an event and returns the answer.
    pub(super) fn invoke(&mut self, event: &Value) -> Result<Value> {
        let (_, answer) = self.process.invoke(&event.to_string())?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// Ends the process. Returns the number of instructions of its whole run.
    pub(super) fn end(self) -> Result<u64> {
        self.process.end()?;
        let counts = fs::read_to_string(&self.counts).context("callgrind has written nothing")?;
        let totals =
            counts.lines().find_map(|line| line.strip_prefix("totals: ")).context("callgrind has not ended")?;
        Ok(totals.trim().parse()?)
    }
}
