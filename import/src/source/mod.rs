//! Where orders come from: a database, or a file. Each source hands on pages of a bounded size, so that no more than a
//! few of them are ever in memory.

mod csv;
mod json_lines;
pub(crate) mod sql;

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use crate::legacy::LegacyOrder;
use crate::progress::Notices;
use crate::settings::Names;
use crate::translate::Refused;

/// A row as it was found: an order, or why it is none.
pub(crate) type Row = Result<Box<LegacyOrder>, Refused>;

/// Rows that came together.
pub(crate) type Page = Vec<Row>;

/// Where pages go, and in the end the reason why no more come, if it is not that there are none.
pub(crate) type Pages = mpsc::Sender<Result<Page, SourceError>>;

/// The most rows on a page.
pub(crate) const PAGE: usize = 100;

/// A source that cannot be read any further.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// A file that cannot be read, named.
fn broken(path: &Path, problem: &dyn std::fmt::Display) -> SourceError {
    SourceError(format!("{}: {problem}", path.display()))
}

/// A source.
#[derive(Clone, Debug)]
pub enum Source {
    /// A MySQL or MariaDB database by its URL, with the names of its tables and columns.
    Database {
        /// `mysql://user:password@host:port/database`.
        url: String,
        /// Configured names.
        names: Names,
        /// How often in a row a lost connection is tried again.
        retries: u32,
    },
    /// A file with a JSON object on each line.
    JsonLines(PathBuf),
    /// A file of comma-separated values with a header.
    Csv(PathBuf),
}

impl Source {
    /// From what somebody writes on a command line.
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
                "a source is mysql://user:password@host/database, or a file that ends in .jsonl, .ndjson or .csv"
                    .to_owned(),
            )),
        }
    }

    /// Opens it: how many orders there are, where that is known, and the pages, read as they are taken.
    pub(crate) async fn open(
        self,
        notices: Notices,
    ) -> Result<(Option<u64>, mpsc::Receiver<Result<Page, SourceError>>), SourceError> {
        let (pages, taken) = mpsc::channel(1);
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
        Ok((total, taken))
    }
}

/// How many orders are in a file, for the time that is left. What is no file, such as a pipe, can be read only once.
fn counted(path: &Path, count: fn(&Path) -> Result<u64, SourceError>) -> Result<Option<u64>, SourceError> {
    path.is_file().then(|| count(path)).transpose()
}

/// Collects rows to pages, and refuses an id that came before: in a file nothing keeps it from coming twice.
struct Paging<'a> {
    pages: &'a Pages,
    page: Page,
    seen: std::collections::HashSet<u64>,
}

impl<'a> Paging<'a> {
    fn new(pages: &'a Pages) -> Self {
        Self { pages, page: Vec::new(), seen: std::collections::HashSet::new() }
    }

    /// Takes a row; whether anybody still wants more.
    fn take(&mut self, row: Row, place: &str) -> bool {
        use std::hash::BuildHasher;
        // Eight bytes an order stay in memory, not its id. Two ids of one hash are a refusal too many in a lifetime.
        let hash = |id: &String| std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().hash_one(id);
        let row = match row {
            Ok(old) if old.id.as_ref().is_some_and(|id| !self.seen.insert(hash(id))) => {
                let id = old.id.unwrap_or_default();
                Err(Refused::order(id, format!("its id came before ({place})")))
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
