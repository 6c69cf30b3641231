//! The section on growth.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::plot::{OURS, PEER, Series, THIRD, draw};
use super::spread;
use crate::growth::{Growth, Line};
use crate::results::Part;

pub(super) fn section(part: &Part<Growth>, plots: &Path) -> Result<String> {
    let Growth { conversation, inbox, admins, connections } = &part.measured;
    let mut page = format!("## How it grows\n\n{}\n\nMilliseconds, and units of one call.\n\n", part.origin("growth"));
    page += "**A conversation becomes long.** Nothing that a send or a page does looks at more than the newest, or the page's own, entries.\n\n";
    page += &table("messages", conversation)?;
    page += "![A conversation becomes long](benchmarks/conversation.svg)\n\n";
    plot(&plots.join("conversation.svg"), "A conversation becomes long", "messages in it", conversation)?;
    page += "**An inbox becomes long.** A page reads keys of the index until it has enough, and then those heads. Ten conversations a minute here.\n\n";
    page += &table("conversations", inbox)?;
    page += "![An inbox becomes long](benchmarks/inbox.svg)\n\n";
    plot(&plots.join("inbox.svg"), "An inbox becomes long", "conversations", inbox)?;
    page += "**The shop has many connections**, of 50 admins. This grows, and is meant to: every admin takes part in every conversation, so each of their connections is pushed each \
             message, and the rows of all are read to know them, dozens to a unit. API Gateway's price for pushes is what ends it first: $1 a million for each connection. 50 admins with 100 connections \
             each are 5,000 pushes a message, $5,000 a million messages; a shop of that size needs admins who subscribe to a part of the conversations.\n\n";
    page += &table("connections of the shop", admins)?;
    page += "**Others are connected** and say nothing. A send reads the rows of the two sides only.\n\n";
    page += &table("connections of customers", connections)?;
    Ok(page)
}

fn table(size: &str, lines: &[Line]) -> Result<String> {
    let mut table = format!("| {size} | | ms | write units | read units | pushes |\n|---|---|---|---|---|---|\n");
    for line in lines {
        for at in &line.points {
            let (size, what, latency) = (at.size, &line.what, spread(&at.latency, 2));
            match at.passed {
                Some(passed) => {
                    let (write, read, posts) = (passed.write, passed.read, passed.posts);
                    writeln!(table, "| {size} | {what} | {latency} | {write:.2} | {read:.2} | {posts} |")?;
                }
                None => writeln!(table, "| {size} | {what} | {latency} | | | |")?,
            }
        }
    }
    Ok(table + "\n")
}

fn plot(file: &Path, title: &str, x: &str, lines: &[Line]) -> Result<()> {
    let series = lines.iter().zip([OURS, PEER, THIRD]).map(|(line, color)| Series {
        name: line.what.clone(),
        color,
        open: false,
        points: line.points.iter().filter_map(|at| Some((count(at.size)?, at.latency.median))).collect(),
    });
    draw(file, title, (x, "milliseconds"), &series.collect::<Vec<_>>())
}

fn count(size: usize) -> Option<f64> {
    u32::try_from(size).ok().map(f64::from)
}
