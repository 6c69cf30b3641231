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
    let mut page =
        format!("## Growth\n\n{}\n\nThe tables show milliseconds and units of one call.\n\n", part.origin("growth"));
    page += "**A long conversation.** A send or a page reads only the newest entries, or the page's own.\n\n";
    page += &table("messages", conversation)?;
    page += "![Latency by length of the conversation](benchmarks/conversation.svg)\n\n";
    plot(&plots.join("conversation.svg"), "A long conversation", "messages in it", conversation)?;
    page += "**A long inbox.** A page reads keys of the index until it has enough, and then those heads. Here ten conversations are active in each minute.\n\n";
    page += &table("conversations", inbox)?;
    page += "![Latency by length of the inbox](benchmarks/inbox.svg)\n\n";
    plot(&plots.join("inbox.svg"), "A long inbox", "conversations", inbox)?;
    page += "**Many connections of the shop**, of 50 admins. Here the cost grows, by design: every admin takes part in every conversation. \
             So each message is pushed to each of their connections, and their rows are read, dozens for each read unit. The first limit is the \
             price of pushes: $1 a million messages for each connection. 50 admins with 100 connections each are 5,000 pushes a message, or $5,000 a \
             million messages. A shop of that size needs admins who subscribe to a part of the conversations.\n\n";
    page += &table("connections of the shop", admins)?;
    page +=
        "**Many connections of other customers**, who write nothing. A send reads the rows of the two sides only.\n\n";
    page += &table("connections of customers", connections)?;
    Ok(page)
}

fn table(size: &str, lines: &[Line]) -> Result<String> {
    let mut table = format!("| {size} | call | ms | write units | read units | pushes |\n|---|---|---|---|---|---|\n");
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
