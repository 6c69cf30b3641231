//! Writes `docs/benchmarks.md` from the results: text, tables and plots.

mod aims;
mod compare;
mod cost;
mod growth;
mod importing;
mod limit;
mod million;
mod plot;
mod profile;
mod starts;

use anyhow::Result;

use crate::prices::Prices;
use crate::results::Results;
use crate::spread::Spread;
use crate::system::root;

const INTRODUCTION: &str = "\
# What it costs and how fast it is

Made by `cargo xtask bench`, which builds everything, measures, and writes this page and its plots; the numbers behind them are in
`docs/benchmarks.json`. It takes about a quarter of an hour on a quiet machine. `--only` measures one part again and leaves the others as they are.

Machines differ and are noisy, so read the ratios. Where two things are compared they take turns in one run; a number is the median of the
rounds, with the lowest and the highest behind it.

";

/// Writes the page and its plots.
pub(crate) fn write(results: &Results, prices: &Prices) -> Result<()> {
    let plots = root().join("docs/benchmarks");
    std::fs::create_dir_all(&plots)?;
    let mut page = INTRODUCTION.to_owned();
    page += &aims::section(results, prices);
    if let Some(part) = &results.comparison {
        page += &compare::section(part, &plots)?;
    }
    if let Some(part) = &results.limit {
        page += &limit::section(part)?;
    }
    if let Some(part) = &results.profile {
        page += &profile::section(part, results)?;
    }
    if let Some(part) = &results.starts {
        page += &starts::section(part);
    }
    if let (Some(operations), Some(limit)) = (&results.operations, &results.limit) {
        page += &cost::section(operations, limit, results.comparison.as_ref(), prices, &plots)?;
    }
    if let Some(part) = &results.growth {
        page += &growth::section(part, &plots)?;
    }
    if let Some(part) = &results.import {
        page += &importing::section(part)?;
    }
    page += million::SECTION;
    Ok(std::fs::write(root().join("docs/benchmarks.md"), page.trim_end().to_owned() + "\n")?)
}

fn two(number: f64) -> String {
    format!("{number:.2}")
}

/// The median, with the range after it.
fn spread(spread: &Spread, digits: usize) -> String {
    let Spread { median, low, high } = spread;
    format!("{median:.digits$} ({low:.digits$} – {high:.digits$})")
}
