//! The section on the profile.

use std::fmt::Write;

use anyhow::Result;

use super::two;
use crate::profile::Profile;
use crate::results::{Part, Results};
use crate::spread::float;

/// Problems that an earlier profile showed: the measured value before the fix, and the fix.
const RUNTIMES: (f64, &str) = (2.46, "a runtime is reused instead of created for each invocation");
const BUFFERS: (f64, &str) = (13.1, "the read buffer of a connection is 1 KB instead of 4 KB");
const CHECKPOINTS: (f64, &str) = (9.1, "SQLite's checkpoint no longer runs inside a write");

pub(super) fn section(part: &Part<Profile>, results: &Results) -> Result<String> {
    let Profile { layers, nanoseconds } = &part.measured;
    let seconds = float(*nanoseconds) / 1e9;
    let mut page =
        format!("## Where a send's processor time goes\n\n`cargo xtask profile`, {}, {}.\n\n", part.date, part.machine);
    writeln!(
        page,
        "The server runs at full load. A profiler records the stacks of each core 1,999 times a second, for {seconds:.1} s of \
         processor time. A stack counts for the innermost layer in it, so a layer's share includes what it allocates, copies, locks \
         or asks the kernel for. The C library keeps no frame pointers, so for some stacks that end in its allocator the layer is \
         unknown.\n"
    )?;
    page += "| layer | share |\n|---|---|\n";
    for (name, share) in layers {
        writeln!(page, "| {name} | {:.0} % |", share * 100.0)?;
    }
    page += "\n![Stacks of the server under load](benchmarks/flame.svg)\n\n";
    if let (Some(limit), Some(comparison)) = (&results.limit, &results.comparison) {
        let p99 = comparison.measured.equal().p99.ours.median;
        let (sends, idle) = (two(limit.measured.ratio.median), comparison.measured.idle.kilobytes.ours.median);
        page += "**Found with profiles and improved.** Each was measured with the command of this page, before on 2026-11-24 and 25, and now:\n\n| | before | now | change |\n|---|---|---|---|\n";
        writeln!(page, "| processor time of a send ÷ of its requests | {} | {sends} | {} |", RUNTIMES.0, RUNTIMES.1)?;
        writeln!(page, "| memory of an idle connection, KB | {} | {idle:.1} | {} |", BUFFERS.0, BUFFERS.1)?;
        writeln!(
            page,
            "| p99 from send to screen, 200 a second, ms | {} | {p99:.1} | {} |\n",
            CHECKPOINTS.0, CHECKPOINTS.1
        )?;
    }
    Ok(page)
}
