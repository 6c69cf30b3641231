//! What became of everything: counts for the summary, and a file with what stays behind and why.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::translate::Refused;

/// The outcome of importing an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrderOutcome {
    /// It is here now.
    Created,
    /// It was here, and what changed in the old system has changed here.
    Updated,
    /// It was here as it is.
    Unchanged,
}

/// How many orders had each outcome.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ImportCounts {
    /// Orders found.
    pub read: u64,
    /// Orders that are here now, or would be.
    pub created: u64,
    /// Orders that changed, or would.
    pub updated: u64,
    /// Orders that were here as they are.
    pub unchanged: u64,
    /// Orders that stay behind.
    pub refused: u64,
    /// Messages that stay behind; their orders do not.
    pub refused_messages: u64,
}

impl ImportCounts {
    /// Counts an order.
    pub fn count(&mut self, order_outcome: OrderOutcome) {
        match order_outcome {
            OrderOutcome::Created => self.created += 1,
            OrderOutcome::Updated => self.updated += 1,
            OrderOutcome::Unchanged => self.unchanged += 1,
        }
    }

    /// Whether everything came along.
    pub fn is_complete(&self) -> bool {
        self.refused == 0 && self.refused_messages == 0
    }

    /// For people.
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
            lines.push(format!("{:>10} messages refused, of orders that came along", self.refused_messages));
        }
        if !self.is_complete() {
            lines.push(format!("Every refusal has its reason in {}.", refusals.display()));
        }
        if self.created + self.updated == 0 && self.unchanged > 0 {
            lines.push("Nothing changed: what could come along was here already.".to_owned());
        }
        lines.join("\n")
    }
}

/// The file of refusals: a line of JSON each. There is none where nothing was refused.
#[derive(Debug)]
pub(crate) struct Refusals {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Refusals {
    /// Takes away what an earlier run has left at `path`.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => return Err(problem),
            _ => {}
        }
        // Whether a file can be there is better known before the first hour than after.
        File::create(path)?;
        std::fs::remove_file(path)?;
        Ok(Self { path: path.to_owned(), file: None })
    }

    /// Notes a refusal.
    pub(crate) fn note(&mut self, refused: &Refused) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BufWriter::new(File::create(&self.path)?)),
        };
        writeln!(file, "{}", json!({ "kind": refused.kind, "id": refused.id, "reason": refused.reason }))
    }

    /// Nothing more comes.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}
