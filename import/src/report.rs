//! The result of an import: counts for the summary, and the file of refusals.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::translate::Refused;

/// The outcome of importing an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrderOutcome {
    /// The order was created.
    Created,
    /// The order had been imported before, and its changes were imported now.
    Updated,
    /// The order had been imported before and has not changed.
    Unchanged,
}

/// The number of orders with each outcome.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ImportCounts {
    /// Orders read from the source.
    pub read: u64,
    /// Orders created, or that would be in a dry run.
    pub created: u64,
    /// Orders updated, or that would be in a dry run.
    pub updated: u64,
    /// Orders that have not changed.
    pub unchanged: u64,
    /// Orders that were refused.
    pub refused: u64,
    /// Messages that were refused although their orders were imported.
    pub refused_messages: u64,
}

impl ImportCounts {
    /// Counts one order with its outcome.
    pub fn count(&mut self, order_outcome: OrderOutcome) {
        match order_outcome {
            OrderOutcome::Created => self.created += 1,
            OrderOutcome::Updated => self.updated += 1,
            OrderOutcome::Unchanged => self.unchanged += 1,
        }
    }

    /// Returns true if nothing was refused.
    pub fn is_complete(&self) -> bool {
        self.refused == 0 && self.refused_messages == 0
    }

    /// The summary that is printed at the end.
    pub(crate) fn summary(&self, took: Duration, dry_run: bool, refusals: &Path) -> String {
        let rate = u128::from(self.read) * 1_000 / took.as_millis().max(1);
        let would = if dry_run { "would be " } else { "" };
        let mut lines = vec![
            format!("{:>10} orders read in {took:.1?}, {rate} a second", self.read),
            format!("{:>10} {would}created", self.created),
            format!("{:>10} {would}updated", self.updated),
            format!("{:>10} unchanged", self.unchanged),
            format!("{:>10} refused", self.refused),
        ];
        if self.refused_messages > 0 {
            lines.push(format!("{:>10} messages refused, of orders that were imported", self.refused_messages));
        }
        if !self.is_complete() {
            lines.push(format!("The reasons are in {}.", refusals.display()));
        }
        if self.created + self.updated == 0 && self.unchanged > 0 {
            lines.push("Nothing changed: everything that can be imported was imported before.".to_owned());
        }
        lines.join("\n")
    }
}

/// The file of refusals, one JSON object on each line. It does not exist if nothing was refused.
#[derive(Debug)]
pub(crate) struct Refusals {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Refusals {
    /// Removes the file of an earlier run at `path`. Fails if the file cannot be written.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
            _ => {}
        }
        // Creating the file once finds a missing folder or permission at the start instead of hours
        // later.
        File::create(path)?;
        std::fs::remove_file(path)?;
        Ok(Self { path: path.to_owned(), file: None })
    }

    /// Writes a refusal. The first one creates the file.
    pub(crate) fn note(&mut self, refused: &Refused) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BufWriter::new(File::create(&self.path)?)),
        };
        writeln!(file, "{}", json!({ "kind": refused.kind, "id": refused.id, "reason": refused.reason }))
    }

    /// Writes what is still buffered.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}
