//! Reads a MySQL or MariaDB database in the order of the primary key of its orders.
//!
//! Only complete pages are sent. If the connection is lost during a page, that page is read again
//! on a new connection, starting after the last order of the page before. The receiver does not
//! notice.

mod names;
mod queries;
mod values;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Value};

use super::{PAGE, Page, Pages, SourceError};
use crate::legacy::{LegacyConversation, LegacyOrder, LegacyParticipant};
use crate::progress::Notices;
use crate::retry::wait_before_retry;
use crate::settings::Names;
use crate::translate::Refused;
use names::SchemaNames;
pub(super) use names::check;
use queries::Queries;
use values::{Cells, MessageRow, ParticipantRow, order};

/// The maximum size of a page's messages in bytes. A page with more is read again with fewer
/// orders, down to one order.
const MAX_PAGE_BYTES: usize = 4 << 20;

const NO_URL: &str = "the source is not a database URL; in a user name and a password, write # as %23, / as %2F, \
    : as %3A, ? as %3F and @ as %40";

/// The time limit of a connection's handshake.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// Reads one database from its first order to its last.
pub(crate) struct Reader {
    connection: RetryingConnection,
    queries: Queries,
    total: u64,
}

/// A connection to the database that is opened again when it is lost.
struct RetryingConnection {
    opts: Opts,
    retries: u32,
    notices: Notices,
    conn: Option<Conn>,
}

impl Reader {
    /// Connects, finds the tables, and counts the orders.
    pub(super) async fn open(
        url: &str,
        configured: &Names,
        retries: u32,
        notices: Notices,
    ) -> Result<Self, SourceError> {
        // The driver's error message could contain the password.
        let opts = Opts::from_url(url).map_err(|_| SourceError(NO_URL.to_owned()))?;
        if opts.db_name().is_none() {
            return Err(SourceError(
                "the source's URL has no database name: add it at the end, after a slash".to_owned(),
            ));
        }
        let setup = vec!["SET NAMES utf8mb4, time_zone = '+00:00'"];
        let opts = OptsBuilder::from_opts(opts).init(setup).tcp_keepalive(Some(Duration::from_secs(30)));
        let mut connection = RetryingConnection { opts: opts.into(), retries, notices, conn: None };
        let columns = "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()";
        let rows: Vec<(String, String)> = connection
            .ask(async |mut conn| {
                let rows = conn.query(columns).await?;
                Ok((conn, rows))
            })
            .await?;
        let mut there: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (table, column) in rows {
            there.entry(table).or_default().push(column);
        }
        let queries = Queries::of(&SchemaNames::among(&there, configured)?);
        let count = &queries.count;
        let total: Option<u64> = connection
            .ask(async |mut conn| {
                let count = conn.query_first(count).await?;
                Ok((conn, count))
            })
            .await?;
        Ok(Self { connection, queries, total: total.unwrap_or_default() })
    }

    /// The number of orders when the database was opened.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Sends page after page until there are no more orders or nobody receives them.
    pub(super) async fn read(mut self, pages: Pages) {
        let (mut behind, mut size) = (None, PAGE);
        loop {
            match self.page(behind.as_ref(), size).await {
                Ok(Some(PageRead::Page(page, last))) => {
                    behind = Some(last);
                    size = (size * 2).min(PAGE);
                    if pages.send(Ok(page)).await.is_err() {
                        return;
                    }
                }
                Ok(Some(PageRead::TooLarge(orders))) => size = orders.div_ceil(2),
                Ok(None) => return,
                Err(broken) => {
                    let _ = pages.send(Err(broken)).await;
                    return;
                }
            }
        }
    }

    /// Reads the page after the order with this key, or the first page. Returns `None` if there are
    /// no more orders.
    async fn page(&mut self, behind: Option<&Value>, size: usize) -> Result<Option<PageRead>, SourceError> {
        let queries = &self.queries;
        self.connection.ask(|conn| page(conn, queries, behind, size)).await
    }
}

enum PageRead {
    /// A page, and the key of its last order.
    Page(Page, Value),
    /// The messages of this many orders are too large for one page.
    TooLarge(usize),
}

async fn page(
    mut conn: Conn,
    queries: &Queries,
    behind: Option<&Value>,
    size: usize,
) -> mysql_async::Result<(Conn, Option<PageRead>)> {
    let size = size.max(1);
    let limit = Value::from(size as u64);
    let rows: Vec<mysql_async::Row> = match behind {
        None => conn.exec(&queries.first, vec![limit]).await?,
        Some(behind) => conn.exec(&queries.next, vec![behind.clone(), limit]).await?,
    };
    let mut orders: Vec<(Value, LegacyOrder)> = rows.into_iter().map(|row| order(Cells::of(row))).collect();
    let (Some((first, _)), Some((last, _))) = (orders.first().cloned(), orders.last().cloned()) else {
        return Ok((conn, None));
    };
    let mut conversation_rows = ConversationRows::default();
    if let Some(participants) = &queries.participants {
        let mut rows = conn.exec_iter(participants, vec![first.clone(), last.clone()]).await?;
        while let Some(row) = rows.next().await? {
            conversation_rows.participant(ParticipantRow::of(Cells::of(row)));
        }
    }
    if let Some(messages) = &queries.messages {
        let mut rows = conn.exec_iter(messages, vec![first, last.clone()]).await?;
        while let Some(row) = rows.next().await? {
            conversation_rows.message(MessageRow::of(Cells::of(row)));
            if conversation_rows.bytes > MAX_PAGE_BYTES && orders.len() > 1 {
                rows.drop_result().await?;
                return Ok((conn, Some(PageRead::TooLarge(orders.len()))));
            }
        }
    }
    for (_, order) in &mut orders {
        order.conversations = conversation_rows.of(order.id.as_deref().unwrap_or_default());
    }
    let mut page = Page::new();
    let mut before = None;
    for (key, order) in orders {
        // If a joined table has two rows for an order, the order appears twice. That happens if the
        // joined column is not unique.
        page.push(if before.as_ref() == Some(&key) {
            Err(Refused::order(order.id.unwrap_or_default(), "a joined table has several rows for this order"))
        } else {
            Ok(Box::new(order))
        });
        before = Some(key);
    }
    Ok((conn, Some(PageRead::Page(page, last))))
}

/// The conversations of a page's orders, collected from the rows of the queries.
#[derive(Default)]
struct ConversationRows {
    conversations: HashMap<String, Vec<(String, LegacyConversation)>>,
    bytes: usize,
}

impl ConversationRows {
    fn conversation(&mut self, sale: &str, id: &str) -> &mut LegacyConversation {
        let theirs = self.conversations.entry(sale.to_owned()).or_default();
        let at = theirs.iter().position(|(other, _)| other == id).unwrap_or_else(|| {
            theirs.push((id.to_owned(), LegacyConversation::default()));
            theirs.len() - 1
        });
        &mut theirs[at].1
    }

    fn participant(&mut self, row: ParticipantRow) {
        let conversation = self.conversation(&row.sale, &row.conversation);
        conversation.status = row.status;
        if row.person.id.is_some() {
            conversation.participants.push(LegacyParticipant { person: row.person, last_read_at: row.read_up_to });
        }
    }

    fn message(&mut self, row: MessageRow) {
        let mut bytes = 0;
        let conversation = self.conversation(&row.sale, &row.conversation);
        // The query returns a message once for each user who has read it.
        if conversation.messages.last().is_none_or(|last| last.id != row.message.id) {
            bytes = row.message.body.as_ref().map_or(0, String::len) + 200;
            conversation.messages.push(row.message);
        }
        if let (Some(reader), Some(last)) = (&row.reader.id, conversation.messages.last_mut()) {
            last.read_by.push(reader.clone());
            if !conversation.participants.iter().any(|it| it.person.id == row.reader.id) {
                conversation.participants.push(LegacyParticipant { person: row.reader, last_read_at: None });
            }
        }
        self.bytes += bytes;
    }

    fn of(&mut self, sale: &str) -> Vec<LegacyConversation> {
        let theirs = self.conversations.remove(sale).unwrap_or_default();
        theirs.into_iter().map(|(_, conversation)| conversation).collect()
    }
}

impl RetryingConnection {
    /// Runs a query, and repeats it on a new connection if the connection is lost. Fails if the
    /// database refuses the query, or after the configured number of retries.
    async fn ask<T, Answer>(&mut self, query: impl Fn(Conn) -> Answer) -> Result<T, SourceError>
    where
        Answer: Future<Output = mysql_async::Result<(Conn, T)>>,
    {
        let mut attempt = 0;
        loop {
            let answered = match self.conn.take() {
                Some(conn) => Ok(conn),
                None => self.connect().await,
            };
            let problem = match answered {
                Ok(conn) => match query(conn).await {
                    Ok((conn, answer)) => {
                        self.conn = Some(conn);
                        return Ok(answer);
                    }
                    Err(problem) => problem,
                },
                Err(problem) => problem,
            };
            if !is_transient(&problem) {
                return Err(SourceError(format!("the database returned an error: {}", describe(&problem))));
            }
            if attempt == self.retries {
                let problem = describe(&problem);
                return Err(SourceError(format!("the database cannot be reached, after {attempt} retries: {problem}")));
            }
            attempt += 1;
            let (problem, retries) = (describe(&problem), self.retries);
            self.notices.say(format!("the database cannot be reached ({problem}): retry {attempt} of {retries}"));
            wait_before_retry(attempt, Duration::from_millis(250), Duration::from_secs(10)).await;
        }
    }

    async fn connect(&self) -> mysql_async::Result<Conn> {
        let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "the handshake timed out");
        tokio::time::timeout(HANDSHAKE, Conn::new(self.opts.clone())).await.unwrap_or_else(|_| Err(late().into()))
    }
}

/// The error message without the driver's own prefix.
fn describe(problem: &mysql_async::Error) -> String {
    match problem {
        mysql_async::Error::Io(mysql_async::IoError::Io(problem)) => problem.to_string(),
        mysql_async::Error::Server(problem) => format!("{} ({})", problem.message, problem.code),
        problem => problem.to_string(),
    }
}

/// Returns true if the same query may succeed a little later.
fn is_transient(problem: &mysql_async::Error) -> bool {
    /// Error codes: too many connections (two codes), shutting down, interrupted, connection
    /// killed, gone, lost, lock wait timeout, deadlock, idle for too long.
    const TRANSIENT: [u16; 10] = [1040, 1203, 1053, 1317, 1927, 2006, 2013, 1205, 1213, 4031];
    match problem {
        mysql_async::Error::Server(problem) => TRANSIENT.contains(&problem.code),
        mysql_async::Error::Io(_) | mysql_async::Error::Other(_) => true,
        mysql_async::Error::Driver(problem) => {
            use mysql_async::DriverError::{ConnectionClosed, PacketOutOfOrder, UnexpectedPacket};
            matches!(problem, ConnectionClosed | PacketOutOfOrder | UnexpectedPacket { .. })
        }
        mysql_async::Error::Url(_) => false,
    }
}
