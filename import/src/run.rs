//! Runs an import: reads, translates, looks up and writes orders. Each order is written on its own,
//! many of them concurrently.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::SharedId;
use futures_util::{StreamExt, stream};
use store::{CreateOutcome, ImportRecord, Store};

use crate::progress::{Notices, Progress};
use crate::report::{ImportCounts, OrderOutcome, Refusals};
use crate::retry::wait_before_retry;
use crate::settings::Rules;
use crate::source::{Page, Source, SourceError};
use crate::translate::{Plan, Refused, translate};
use crate::update::{UpdateOutcome, update};

/// The options of an import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// How rows are translated.
    pub rules: Rules,
    /// How many orders are written concurrently.
    pub concurrency: usize,
    /// Whether to report only and write nothing.
    pub dry_run: bool,
}

/// An import that stopped early. Starting it again continues it.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Stopped {
    /// The reason.
    pub why: StopReason,
    /// The counts up to that point.
    pub counts: ImportCounts,
}

/// Why an import stopped early.
#[derive(Debug, thiserror::Error)]
pub enum StopReason {
    /// The source could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The table could not be read or written.
    #[error(transparent)]
    Table(#[from] store::Error),
    /// The file of refusals could not be written.
    #[error(transparent)]
    Refusals(#[from] std::io::Error),
    /// A task of this program panicked.
    #[error(transparent)]
    Broken(#[from] tokio::task::JoinError),
}

/// What is needed to write an order.
struct Importer {
    store: Store,
    options: ImportOptions,
    /// Identifies this run, so that it can be told from others that import into the same table.
    claim: String,
    notices: Notices,
}

/// A translated order, with its import record if it was imported before.
type LookedUp = Result<(Box<Plan>, Option<ImportRecord>), Refused>;

/// The result of one row: the order's outcome, and the messages that were refused.
struct Done {
    order_outcome: Result<OrderOutcome, Refused>,
    messages: Vec<Refused>,
}

/// How often one request to the table is tried: for about two minutes in total.
const MAX_TRIES: u32 = 12;
/// The first attempts that fail without a notice, because short throttling is normal.
const QUIET_TRIES: u32 = 4;

/// Imports everything that `source` has.
pub async fn run(
    source: Source,
    store: Store,
    options: ImportOptions,
    refusals: &Path,
) -> Result<ImportCounts, Stopped> {
    let mut counts = ImportCounts::default();
    match import_all(source, store, options, refusals, &mut counts).await {
        Ok(()) => Ok(counts),
        Err(why) => Err(Stopped { why, counts }),
    }
}

async fn import_all(
    source: Source,
    store: Store,
    options: ImportOptions,
    refusals: &Path,
    counts: &mut ImportCounts,
) -> Result<(), StopReason> {
    let mut refusals = Refusals::at(refusals)?;
    // A missing table should be reported at once, not as the reason why each order is refused.
    let no_order = [SharedId::from_legacy(&options.rules.namespace, "")];
    store.import_records(&no_order).await?;
    let mut progress = Progress::new();
    let notices = progress.notices();
    let (total, pages) = source.open(notices.clone()).await?;
    progress.begin(total);
    let concurrency = options.concurrency.max(1);
    let claim = format!("{}-{:?}", std::process::id(), std::time::SystemTime::now());
    let importer = Arc::new(Importer { store, options, claim, notices });

    let pages = stream::unfold(pages, async |mut pages| pages.recv().await.map(|page| (page, pages)));
    let looked_up = pages.map(|page| {
        let importer = importer.clone();
        async move { importer.look_up(page?).await }
    });
    let rows = looked_up.buffered(2).flat_map(|page| match page {
        Ok(rows) => stream::iter(rows.into_iter().map(Ok).collect::<Vec<_>>()),
        Err(why) => stream::iter(vec![Err(why)]),
    });
    let written = rows.map(|row| {
        let importer = importer.clone();
        async move { tokio::spawn(async move { importer.import_row(row?).await }).await? }
    });
    let mut written = std::pin::pin!(written.buffer_unordered(concurrency));
    let mut outcome = Ok(());
    while let Some(done) = written.next().await {
        let Done { order_outcome, messages } = match done {
            Ok(done) => done,
            // The source ended early. Orders that were read before are still written.
            Err(why @ StopReason::Source(_)) => {
                outcome = Err(why);
                continue;
            }
            Err(why) => {
                outcome = Err(why);
                break;
            }
        };
        counts.read += 1;
        progress.one();
        match order_outcome {
            Ok(order_outcome) => counts.count(order_outcome),
            Err(refused) => {
                counts.refused += 1;
                refusals.note(&refused)?;
            }
        }
        for refused in messages {
            counts.refused_messages += 1;
            refusals.note(&refused)?;
        }
    }
    progress.finish();
    refusals.finish()?;
    outcome
}

impl Importer {
    /// Translates a page of rows and reads the import records of its orders.
    async fn look_up(&self, page: Page) -> Result<Vec<LookedUp>, StopReason> {
        let plans: Vec<Result<Plan, Refused>> =
            page.into_iter().map(|row| row.and_then(|old| translate(*old, &self.options.rules))).collect();
        let shared_ids: Vec<SharedId> = plans.iter().flatten().map(|plan| plan.shared_id().clone()).collect();
        let mut import_records: HashMap<SharedId, ImportRecord> =
            self.with_retries(|| self.store.import_records(&shared_ids)).await?;
        let known = plans.into_iter().map(|plan| {
            let plan = Box::new(plan?);
            let import_record = import_records.remove(plan.shared_id());
            Ok((plan, import_record))
        });
        Ok(known.collect())
    }

    /// Writes one order.
    async fn import_row(&self, looked_up: LookedUp) -> Result<Done, StopReason> {
        let (mut plan, import_record) = match looked_up {
            Ok(known) => known,
            Err(refused) => return Ok(Done { order_outcome: Err(refused), messages: Vec::new() }),
        };
        let messages = std::mem::take(&mut plan.refused);
        let order_outcome = match self.write_order(&plan, import_record).await {
            Ok(Ok(order_outcome)) => Ok(order_outcome),
            Ok(Err(reason)) => Err(Refused::order(&plan.legacy_id, reason)),
            Err(problem) if is_fault_of_order(&problem) => Err(Refused::order(&plan.legacy_id, problem.to_string())),
            Err(problem) => return Err(problem.into()),
        };
        Ok(Done { order_outcome, messages })
    }

    /// Creates the order, or updates it if it was imported before. The inner error is the reason
    /// why the order is refused.
    async fn write_order(
        &self,
        plan: &Plan,
        import_record: Option<ImportRecord>,
    ) -> Result<Result<OrderOutcome, String>, store::Error> {
        let ImportOptions { rules, dry_run, .. } = &self.options;
        let mut import_record = import_record;
        if import_record.is_none() {
            if *dry_run {
                return Ok(Ok(OrderOutcome::Created));
            }
            let order_import = plan.order_import();
            if let CreateOutcome::Created =
                self.with_retries(|| self.store.import_order(&order_import, &self.claim)).await?
            {
                return Ok(Ok(OrderOutcome::Created));
            }
            // The order exists by now: written by another run, or by an earlier request of this run
            // whose answer was lost.
            let shared_ids = std::slice::from_ref(plan.shared_id());
            import_record = self.with_retries(|| self.store.import_records(shared_ids)).await?.remove(plan.shared_id());
        }
        let Some(import_record) = import_record else {
            return Ok(Err("the table has an order with this id that was not imported".to_owned()));
        };
        if import_record == plan.import_record() {
            return Ok(Ok(OrderOutcome::Unchanged));
        }
        let change = || update(&self.store, plan, &import_record, &rules.shop, &rules.namespace, *dry_run);
        let updated = self.with_retries(change).await?;
        Ok(match updated {
            UpdateOutcome::Done(order_outcome) => Ok(order_outcome),
            UpdateOutcome::Refused(reason) => Err(reason),
        })
    }

    /// Repeats a request with back-off while the error is temporary: throttling, a conflict with
    /// another write, or a lost network.
    async fn with_retries<T, Answer>(&self, ask: impl Fn() -> Answer) -> Result<T, store::Error>
    where
        Answer: Future<Output = Result<T, store::Error>>,
    {
        let mut attempt = 1;
        loop {
            match ask().await {
                Err(problem) if attempt < MAX_TRIES && is_transient(&problem) => {
                    if attempt > QUIET_TRIES {
                        self.notices.say(format!("the table cannot be reached ({problem}): it is tried again"));
                    }
                    wait_before_retry(attempt, Duration::from_millis(50), Duration::from_secs(20)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

fn is_transient(problem: &store::Error) -> bool {
    match problem {
        store::Error::Contended => true,
        store::Error::Dynamo(_) => !is_fault_of_order(problem) && !problem.is_permanent(),
        store::Error::Item(_) | store::Error::Corrupt(_) => false,
    }
}

/// Returns true if the error is caused by this order alone, so that the import can refuse it and
/// continue with the others.
fn is_fault_of_order(problem: &store::Error) -> bool {
    match problem {
        store::Error::Dynamo(_) => problem.is_invalid_item(),
        store::Error::Item(_) | store::Error::Corrupt(_) => true,
        store::Error::Contended => false,
    }
}
