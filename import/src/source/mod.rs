//! Reads orders from a database or a file. Each source sends pages of a bounded size, so that at
//! most a few pages are in memory.

mod csv;
mod json_lines;
pub(crate) mod sql;

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use crate::legacy::LegacyOrder;
use crate::progress::Notices;
use crate::settings::Names;
use crate::translate::Refused;

/// An order as it was read, or the reason why it cannot be read.
pub(crate) type Row = Result<Box<LegacyOrder>, Refused>;

/// Rows that were read together.
pub(crate) type Page = Vec<Row>;

/// The sender of pages. If reading fails, the last item is the error.
pub(crate) type Pages = mpsc::Sender<Result<Page, SourceError>>;

/// The maximum number of rows on a page.
pub(crate) const PAGE: usize = 100;

/// The source cannot be read any further; the text is the reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// An error with the name of the file.
fn file_error(path: &Path, problem: &dyn std::fmt::Display) -> SourceError {
    SourceError(format!("{}: {problem}", path.display()))
}

/// The source of an import.
#[derive(Clone, Debug)]
pub enum Source {
    /// A MySQL or MariaDB database.
    Database {
        /// `mysql://user:password@host:port/database`.
        url: String,
        /// The configured names of tables and columns.
        names: Names,
        /// How often to reconnect in a row before giving up.
        retries: u32,
    },
    /// A file with a JSON object on each line.
    JsonLines(PathBuf),
    /// A file of comma-separated values with a header.
    Csv(PathBuf),
}

impl Source {
    /// Parses the source given on the command line. Fails if it is neither a database URL nor a
    /// file name with a known ending, or if a configured name is not valid.
    pub fn parse(text: &str, names: Names, retries: u32) -> Result<Self, SourceError> {
        sql::check(&names)?;
        if let Some((scheme @ ("mysql" | "mariadb"), rest)) = text.split_once("://") {
            let _ = scheme;
            return Ok(Self::Database { url: format!("mysql://{rest}"), names, retries });
        }
        let path = PathBuf::from(text);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl" | "ndjson") => Ok(Self::JsonLines(path)),
            Some("csv") => Ok(Self::Csv(path)),
            _ => Err(SourceError(
                "the source must be mysql://user:password@host/database, or a file that ends in .jsonl, .ndjson or .csv"
                    .to_owned(),
            )),
        }
    }

    /// Opens the source. Returns the number of orders if it is known, and the pages, which are read
    /// as they are received.
    pub(crate) async fn open(
        self,
        notices: Notices,
    ) -> Result<(Option<u64>, mpsc::Receiver<Result<Page, SourceError>>), SourceError> {
        let (pages, received) = mpsc::channel(1);
        let total = match self {
            Self::Database { url, names, retries } => {
                let reader = sql::Reader::open(&url, &names, retries, notices).await?;
                let total = reader.total();
                tokio::spawn(reader.read(pages));
                Some(total)
            }
            Self::JsonLines(path) => {
                let total = counted(&path, json_lines::count)?;
                let file = json_lines::open(&path)?;
                tokio::task::spawn_blocking(move || json_lines::read(file, &pages));
                total
            }
            Self::Csv(path) => {
                let total = counted(&path, csv::count)?;
                let file = csv::open(&path)?;
                tokio::task::spawn_blocking(move || csv::read(file, &pages));
                total
            }
        };
        Ok((total, received))
    }
}

/// Counts the orders of a file for the progress display. A pipe can be read only once, so it is not
/// counted.
fn counted(path: &Path, count: fn(&Path) -> Result<u64, SourceError>) -> Result<Option<u64>, SourceError> {
    path.is_file().then(|| count(path)).transpose()
}

/// Collects rows into pages, and refuses an order whose id appeared before: in a file, nothing
/// keeps ids unique.
struct Paging<'a> {
    pages: &'a Pages,
    page: Page,
    seen: std::collections::HashSet<u64>,
}

impl<'a> Paging<'a> {
    fn new(pages: &'a Pages) -> Self {
        Self { pages, page: Vec::new(), seen: std::collections::HashSet::new() }
    }

    /// Adds a row. Returns false if nobody receives pages any more.
    fn take(&mut self, row: Row, place: &str) -> bool {
        use std::hash::BuildHasher;
        // Hashes need 8 bytes an order instead of the whole id. That two ids have the same hash is
        // so improbable that it may refuse an order.
        let hash = |id: &String| std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().hash_one(id);
        let row = match row {
            Ok(old) if old.id.as_ref().is_some_and(|id| !self.seen.insert(hash(id))) => {
                let id = old.id.unwrap_or_default();
                Err(Refused::order(id, format!("an earlier order has the same id ({place})")))
            }
            Ok(old) if old.id.as_ref().is_none_or(|id| id.trim().is_empty()) => {
                Err(Refused::order(place, "it has no id"))
            }
            row => row,
        };
        self.page.push(row);
        self.page.len() < PAGE || self.flush()
    }

    fn flush(&mut self) -> bool {
        let page = std::mem::take(&mut self.page);
        page.is_empty() || self.pages.blocking_send(Ok(page)).is_ok()
    }
}
