//! The section on the importer.

use std::fmt::Write;

use anyhow::Result;

use super::spread;
use crate::importing::Import;
use crate::results::Part;

pub(super) fn section(part: &Part<Import>) -> Result<String> {
    let Import { orders, items, created, unchanged, bare, ratio } = &part.measured;
    let mut page = format!("## Speed of the importer\n\n{}\n\n", part.origin("import"));
    writeln!(
        page,
        "[The importer](importing.md) imports {orders} orders from a file, a quarter of them with a conversation of four messages. They \
         become {items} items. Then it runs again and finds all of them unchanged. For comparison, a program with the same SDK and the \
         same engine in one process puts the same items into an empty table, 25 in each request, and does nothing else. Both have 16 \
         requests at a time. Importing takes **{} times** as long. The rest is reading, translating, and conditional writes in \
         transactions, which make an order appear completely and only once.\n",
        spread(ratio, 2)
    )?;
    page += "| what | orders a second |\n|---|---|\n";
    for (what, rate) in [("imported", created), ("found unchanged", unchanged), ("only writing the same items", bare)] {
        writeln!(page, "| {what} | {} |", spread(rate, 0))?;
    }
    page += "\n";
    Ok(page)
}
