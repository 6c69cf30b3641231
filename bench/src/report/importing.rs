//! The section on the importer.

use std::fmt::Write;

use anyhow::Result;

use super::spread;
use crate::importing::Import;
use crate::results::Part;

pub(super) fn section(part: &Part<Import>) -> Result<String> {
    let Import { orders, items, created, unchanged, bare, ratio } = &part.measured;
    let mut page = format!("## How fast orders come along\n\n{}\n\n", part.origin("import"));
    writeln!(
        page,
        "[The importer](importing.md) brings {orders} orders from a file, a quarter of them with a conversation of four messages; they become \
         {items} items. Then it runs again and finds them all. Beside it, a program with the same SDK and the same engine in one process puts the same \
         items into an empty table, 25 a request, and does nothing else. All have 16 requests under way. Importing takes **{} times** as long: the \
         rest is reading and translating, and transactions with conditions, which make an order appear whole and once.\n",
        spread(ratio, 2)
    )?;
    page += "| | orders a second |\n|---|---|\n";
    for (what, rate) in
        [("imported", created), ("found to be here already", unchanged), ("the same items, with nothing else", bare)]
    {
        writeln!(page, "| {what} | {} |", spread(rate, 0))?;
    }
    page += "\n";
    Ok(page)
}
