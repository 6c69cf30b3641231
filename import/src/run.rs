//! The way of an order from its source to its place: read, translated, looked up, written; many at a time, each on its own.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Twin;
use futures_util::{StreamExt, stream};
use store::{Adopted, Birth, Store};

use crate::catch_up::{CaughtUp, catch_up};
use crate::progress::{Progress, Voice};
use crate::report::{Fate, Refusals, Tally};
use crate::retry::pause;
use crate::settings::Rules;
use crate::source::{Broken, Page, Source};
use crate::translate::{Plan, Refused, translate};

/// How an import is done.
#[derive(Clone, Debug)]
pub struct Manner {
    /// How rows are translated.
    pub rules: Rules,
    /// How many orders are written at a time.
    pub concurrency: usize,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// An import that ended before its end. It can be started again, and goes on.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Stopped {
    /// Why.
    pub why: Why,
    /// What became of everything until then.
    pub tally: Tally,
}

/// Why an import ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// The source ended it.
    #[error(transparent)]
    Source(#[from] Broken),
    /// The table ended it.
    #[error(transparent)]
    Table(#[from] store::Error),
    /// The file of refusals ended it.
    #[error(transparent)]
    Refusals(#[from] std::io::Error),
    /// A part of this program did.
    #[error(transparent)]
    Broken(#[from] tokio::task::JoinError),
}

/// Everything that writing an order takes.
struct Importer {
    store: Store,
    manner: Manner,
    /// Of this run, to tell it from others on the same table.
    claim: String,
    voice: Voice,
}

/// An order on its way: its plan, and what was imported of it last.
type Known = Result<(Box<Plan>, Option<Adopted>), Refused>;

/// What became of a row.
struct Done {
    fate: Result<Fate, Refused>,
    messages: Vec<Refused>,
}

/// Tries of one request to the table: about two minutes altogether.
const TRIES: u32 = 12;
/// That many say nothing: a table that throttles is no news.
const QUIET: u32 = 4;

/// Imports everything that `source` has.
pub async fn run(source: Source, store: Store, manner: Manner, refusals: &Path) -> Result<Tally, Stopped> {
    let mut tally = Tally::default();
    match go(source, store, manner, refusals, &mut tally).await {
        Ok(()) => Ok(tally),
        Err(why) => Err(Stopped { why, tally }),
    }
}

async fn go(source: Source, store: Store, manner: Manner, refusals: &Path, tally: &mut Tally) -> Result<(), Why> {
    let mut refusals = Refusals::at(refusals)?;
    // A table that is not there is better known before the first order than as the reason why it is refused, and soon.
    let nobody = [Twin::from_old(&manner.rules.namespace, "")];
    store.adopted(&nobody).await?;
    let mut progress = Progress::new();
    let voice = progress.voice();
    let (total, pages) = source.open(voice.clone()).await?;
    progress.begin(total);
    let concurrency = manner.concurrency.max(1);
    let claim = format!("{}-{:?}", std::process::id(), std::time::SystemTime::now());
    let importer = Arc::new(Importer { store, manner, claim, voice });

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
        async move { tokio::spawn(async move { importer.bring(row?).await }).await? }
    });
    let mut written = std::pin::pin!(written.buffer_unordered(concurrency));
    let mut outcome = Ok(());
    while let Some(done) = written.next().await {
        let Done { fate, messages } = match done {
            Ok(done) => done,
            // Behind the end of the source nothing follows, and what is under way arrives.
            Err(why @ Why::Source(_)) => {
                outcome = Err(why);
                continue;
            }
            Err(why) => {
                outcome = Err(why);
                break;
            }
        };
        tally.read += 1;
        progress.one();
        match fate {
            Ok(fate) => tally.count(fate),
            Err(refused) => {
                tally.refused += 1;
                refusals.note(&refused)?;
            }
        }
        for refused in messages {
            tally.refused_messages += 1;
            refusals.note(&refused)?;
        }
    }
    progress.finish();
    refusals.finish()?;
    outcome
}

impl Importer {
    /// Translates a page and looks up what is here of it.
    async fn look_up(&self, page: Page) -> Result<Vec<Known>, Why> {
        let plans: Vec<Result<Plan, Refused>> =
            page.into_iter().map(|row| row.and_then(|old| translate(*old, &self.manner.rules))).collect();
        let twins: Vec<Twin> = plans.iter().flatten().map(|plan| plan.twin().clone()).collect();
        let mut adopted: HashMap<Twin, Adopted> = self.patiently(|| self.store.adopted(&twins)).await?;
        let known = plans.into_iter().map(|plan| {
            let plan = Box::new(plan?);
            let adopted = adopted.remove(plan.twin());
            Ok((plan, adopted))
        });
        Ok(known.collect())
    }

    /// Brings one order.
    async fn bring(&self, known: Known) -> Result<Done, Why> {
        let (mut plan, adopted) = match known {
            Ok(known) => known,
            Err(refused) => return Ok(Done { fate: Err(refused), messages: Vec::new() }),
        };
        let messages = std::mem::take(&mut plan.refused);
        let fate = match self.settle(&plan, adopted).await {
            Ok(Ok(fate)) => Ok(fate),
            Ok(Err(reason)) => Err(Refused::order(&plan.old_id, reason)),
            Err(problem) if is_its_own_fault(&problem) => Err(Refused::order(&plan.old_id, problem.to_string())),
            Err(problem) => return Err(problem.into()),
        };
        Ok(Done { fate, messages })
    }

    async fn settle(&self, plan: &Plan, adopted: Option<Adopted>) -> Result<Result<Fate, String>, store::Error> {
        let Manner { rules, dry_run, .. } = &self.manner;
        let mut adopted = adopted;
        if adopted.is_none() {
            if *dry_run {
                return Ok(Ok(Fate::Created));
            }
            let adoption = plan.adoption();
            if let Birth::Born = self.patiently(|| self.store.adopt(&adoption, &self.claim)).await? {
                return Ok(Ok(Fate::Created));
            }
            // It came meanwhile: by another run, or by a request of this one whose answer was lost.
            let twins = std::slice::from_ref(plan.twin());
            adopted = self.patiently(|| self.store.adopted(twins)).await?.remove(plan.twin());
        }
        let Some(adopted) = adopted else {
            return Ok(Err("another order has its place".to_owned()));
        };
        if adopted == plan.adopted() {
            return Ok(Ok(Fate::Unchanged));
        }
        let change = || catch_up(&self.store, plan, &adopted, &rules.shop, &rules.namespace, *dry_run);
        let caught_up = self.patiently(change).await?;
        Ok(match caught_up {
            CaughtUp::Done(fate) => Ok(fate),
            CaughtUp::Refused(reason) => Err(reason),
        })
    }

    /// Asks the table again while it says that it cannot now: it throttles, others are in the way, the network is gone.
    async fn patiently<T, Answer>(&self, ask: impl Fn() -> Answer) -> Result<T, store::Error>
    where
        Answer: Future<Output = Result<T, store::Error>>,
    {
        let mut attempt = 1;
        loop {
            match ask().await {
                Err(problem) if attempt < TRIES && may_pass(&problem) => {
                    if attempt > QUIET {
                        self.voice.say(format!("the table cannot be reached ({problem}): trying on"));
                    }
                    pause(attempt, Duration::from_millis(50), Duration::from_secs(20)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

fn may_pass(problem: &store::Error) -> bool {
    match problem {
        store::Error::Contended => true,
        store::Error::Dynamo(_) => !is_its_own_fault(problem) && !problem.is_final(),
        store::Error::Item(_) | store::Error::Corrupt(_) => false,
    }
}

/// Whether an order is refused for what it is, so that the others can go on.
fn is_its_own_fault(problem: &store::Error) -> bool {
    match problem {
        store::Error::Dynamo(_) => problem.is_of_the_item(),
        store::Error::Item(_) | store::Error::Corrupt(_) => true,
        store::Error::Contended => false,
    }
}
