//! The section on the profile.

use std::fmt::Write;

use anyhow::Result;

use super::two;
use crate::profile::Profile;
use crate::results::{Part, Results};
use crate::spread::float;

/// Problems that an earlier profile showed: the measured value before the fix, and the fix.
const RUNTIMES: (f64, &str) = (
    2.46,
    "a runtime, with its descriptors and its thread, was made for each call; now one that has nothing left in it serves the next",
);
const BUFFERS: (f64, &str) = (13.1, "each connection had four kilobytes to read into; now it is one");
const CHECKPOINTS: (f64, &str) = (
    9.1,
    "the write that made SQLite's log a thousand pages long copied it into the file, and the disk was waited for; now that is done beside, ten times a second",
);

pub(super) fn section(part: &Part<Profile>, results: &Results) -> Result<String> {
    let Profile { layers, nanoseconds } = &part.measured;
    let seconds = float(*nanoseconds) / 1e9;
    let mut page =
        format!("## Where a send's processor time goes\n\n`cargo xtask profile`, {}, {}.\n\n", part.date, part.machine);
    writeln!(
        page,
        "The server sends as many messages as go, and its stacks are looked at on each core 1,999 times a second, for {seconds:.1} s of processor time; a stack counts \
         for the layer nearest to its inner end, so what a layer allocates, copies, locks or asks the kernel for is its own. The C library keeps no frame \
         pointers: of some stacks that end in its allocator nobody can tell for whom it was.\n"
    )?;
    page += "| | share |\n|---|---|\n";
    for (name, share) in layers {
        writeln!(page, "| {name} | {:.0} % |", share * 100.0)?;
    }
    page += "\n![Stacks of the server under load](benchmarks/flame.svg)\n\n";
    if let (Some(limit), Some(comparison)) = (&results.limit, &results.comparison) {
        let p99 = comparison.measured.equal().p99.ours.median;
        let (sends, idle) = (two(limit.measured.ratio.median), comparison.measured.idle.kilobytes.ours.median);
        page += "**What stood out and was mended**, each measured by this page's own command before, on 2026-11-24 and 25, and now:\n\n| | before | now | |\n|---|---|---|---|\n";
        writeln!(page, "| a send ÷ its bare requests | {} | {sends} | {} |", RUNTIMES.0, RUNTIMES.1)?;
        writeln!(page, "| memory of an idle connection, KB | {} | {idle:.1} | {} |", BUFFERS.0, BUFFERS.1)?;
        writeln!(
            page,
            "| p99 from send to screen at 200 a second, ms | {} | {p99:.1} | {} |\n",
            CHECKPOINTS.0, CHECKPOINTS.1
        )?;
    }
    Ok(page)
}
