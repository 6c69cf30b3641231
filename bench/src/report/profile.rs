//! Where the time goes.

use std::fmt::Write;

use anyhow::Result;

use crate::profile::Profile;
use crate::results::Part;

pub(super) fn section(part: &Part<Profile>) -> Result<String> {
    let Profile { layers, stacks } = &part.measured;
    let mut page =
        format!("## Where a send's processor time goes\n\n`cargo xtask profile`, {}, {}.\n\n", part.date, part.machine);
    writeln!(
        page,
        "The server sends as many messages as go, and its stacks are looked at on each core 1,999 times a second ({stacks} of them); a stack counts \
         for the layer nearest to its inner end, so what a layer allocates, copies, locks or asks the kernel for is its own.\n"
    )?;
    page += "| | share |\n|---|---|\n";
    for (name, share) in layers {
        writeln!(page, "| {name} | {:.0} % |", share * 100.0)?;
    }
    page += "\n![Stacks of the server under load](benchmarks/flame.svg)\n\n";
    Ok(page)
}
