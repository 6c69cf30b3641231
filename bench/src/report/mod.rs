//! From the results to `docs/benchmarks.md`: text, tables, plots.

mod compare;
mod cost;
mod growth;
mod limit;
mod million;
mod plot;

use anyhow::Result;

use crate::prices::Prices;
use crate::results::Results;
use crate::spread::Spread;
use crate::system::root;

const INTRODUCTION: &str = "\
# What it costs and how fast it is

Made by `cargo xtask bench`, which builds everything, measures, and writes this page and its plots; the numbers behind them are in
`docs/benchmarks.json`. It takes about ten minutes on a quiet machine. `--only` measures one part again and leaves the others as they are.

Machines differ and are noisy, so read the ratios. Where two things are compared they take turns in one run; a number is the median of the
rounds, with the lowest and the highest behind it.

";

/// Writes it.
pub(crate) fn write(results: &Results, prices: &Prices) -> Result<()> {
    let plots = root().join("docs/benchmarks");
    std::fs::create_dir_all(&plots)?;
    let mut page = INTRODUCTION.to_owned();
    page += &aims(results, prices);
    if let Some(part) = &results.comparison {
        page += &compare::section(part, &plots)?;
    }
    if let Some(part) = &results.limit {
        page += &limit::section(part, results.comparison.as_ref());
    }
    if let (Some(operations), Some(limit)) = (&results.operations, &results.limit) {
        page += &cost::section(operations, limit, results.comparison.as_ref(), prices, &plots)?;
    }
    if let Some(part) = &results.growth {
        page += &growth::section(part, &plots)?;
    }
    page += million::SECTION;
    Ok(std::fs::write(root().join("docs/benchmarks.md"), page.trim_end().to_owned() + "\n")?)
}

/// What was aimed at, and what came of it.
fn aims(results: &Results, prices: &Prices) -> String {
    let mut rows = Vec::new();
    if let Some(part) = &results.comparison {
        let it = &part.measured;
        let equal = it.equal();
        let efficiency = equal.efficiency.ratio();
        rows.push(row("messages a processor second ÷ the peer's", "≥ 3", &two(efficiency), efficiency >= 3.0));
        let p99 = equal.p99.ratio();
        rows.push(row("p99 from send to the other side's screen ÷ the peer's", "≤ 0.5", &two(p99), p99 <= 0.5));
        let idle = it.idle.ours / 1024.0;
        rows.push(row("memory of an idle connection", "≤ 12 KB", &format!("{idle:.1} KB"), idle <= 12.0));
        let [ours, _] = &it.wire;
        let overhead = ours.joined.saturating_sub(ours.payload);
        rows.push(row("bytes on the wire over the message's JSON", "≤ 96", &overhead.to_string(), overhead <= 96));
        if let Some(limit) = &results.limit {
            let ratio = 1e6 / it.plain.efficiency.ours.median / limit.measured.bare.median;
            let name = "processor time of a send ÷ that of its bare database operations";
            rows.push(row(name, "≤ 2", &two(ratio), ratio <= 2.0));
        }
    }
    if let (Some(operations), Some(limit)) = (&results.operations, &results.limit) {
        let message = cost::Bill::of_message(operations.measured.message, limit, results.comparison.as_ref(), prices);
        let dollars = message.total();
        rows.push(row("a million messages to one recipient", "≤ $3.80", &format!("${dollars:.2}"), dollars <= 3.8));
    }
    format!("| aim | | measured | |\n|---|---|---|---|\n{}\n\n", rows.join("\n"))
}

fn row(name: &str, aim: &str, measured: &str, met: bool) -> String {
    format!("| {name} | {aim} | {measured} | {} |", if met { "met" } else { "missed" })
}

fn two(number: f64) -> String {
    format!("{number:.2}")
}

/// The median, with the ends behind it.
fn spread(spread: &Spread, digits: usize) -> String {
    let Spread { median, low, high } = spread;
    format!("{median:.digits$} ({low:.digits$} – {high:.digits$})")
}
