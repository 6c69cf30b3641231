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
mod tab;

use anyhow::Result;

use crate::prices::Prices;
use crate::results::Results;
use crate::spread::Spread;
use crate::system::root;

const INTRODUCTION: &str = "\
# Costs and speed

After reading this page you know how fast order-chat is, what it costs on AWS, how both compare with a Socket.IO server, and \
where the limits are.

`cargo xtask bench` builds everything, measures, and writes this page and its plots. The numbers are in `docs/benchmarks.json`. \
It takes about 15 minutes on a quiet machine. `--only` measures one part again and keeps the others.

Machines differ and are noisy, so read the ratios. Where two things are compared, they run in turn. A number is the median of \
the rounds, with the lowest and the highest in brackets. Each section says when and on which machine it was measured.

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
        page += &cost::section(operations, limit, prices, &plots)?;
    }
    if let Some(part) = &results.tabs {
        page += &tab::section(part, prices)?;
    }
    if let Some(part) = &results.growth {
        page += &growth::section(part, &plots)?;
    }
    if let Some(part) = &results.import {
        page += &importing::section(part)?;
    }
    page += &million::section(results.tabs.as_ref());
    Ok(std::fs::write(root().join("docs/benchmarks.md"), wrapped(page.trim_end()))?)
}

/// Wraps paragraphs and list items at 100 columns; tables, headings and pictures are one line each.
fn wrapped(page: &str) -> String {
    let mut text = String::new();
    for line in page.lines() {
        let indent = if line.starts_with("- ") { "  " } else { "" };
        let is_one_line = line.starts_with(['|', '#', '!']);
        let mut column = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > 100 && !is_one_line {
                text += "\n";
                text += indent;
                column = indent.len();
            } else if column > 0 {
                text += " ";
                column += 1;
            }
            text += word;
            column += length;
        }
        text += "\n";
    }
    text
}

fn two(number: f64) -> String {
    format!("{number:.2}")
}

/// The median, with the range after it.
fn spread(spread: &Spread, digits: usize) -> String {
    let Spread { median, low, high } = spread;
    format!("{median:.digits$} ({low:.digits$} – {high:.digits$})")
}
