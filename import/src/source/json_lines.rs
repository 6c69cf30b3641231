//! JSON Lines: an order with its conversations on each line, in the fields of `old`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::{Pages, Paging, SourceError, broken};
use crate::translate::Refused;

/// The longest line that is read, in bytes: what is longer is refused rather than held in memory.
const MAX_LINE_BYTES: u64 = 32 << 20;

pub(super) fn open(path: &Path) -> Result<BufReader<File>, SourceError> {
    File::open(path).map(BufReader::new).map_err(|problem| broken(path, &problem))
}

/// How many lines there are.
pub(super) fn count(path: &Path) -> Result<u64, SourceError> {
    let (mut file, mut lines) = (open(path)?, 0);
    while file.skip_until(b'\n').map_err(|problem| broken(path, &problem))? > 0 {
        lines += 1;
    }
    Ok(lines)
}

/// Reads line by line, a thread's work.
pub(super) fn read(mut file: BufReader<File>, pages: &Pages) {
    let mut paging = Paging::new(pages);
    let mut line = Vec::new();
    for number in 1u64.. {
        let place = format!("line {number}");
        line.clear();
        match file.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(problem) => {
                paging.flush();
                let _ = pages.blocking_send(Err(SourceError(format!("{place} could not be read: {problem}"))));
                return;
            }
        }
        let cut = line.len() as u64 == MAX_LINE_BYTES && line.last() != Some(&b'\n');
        if cut && let Err(problem) = file.skip_until(b'\n') {
            let _ = pages.blocking_send(Err(SourceError(format!("{place} could not be read: {problem}"))));
            return;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let row = match serde_json::from_slice(line.trim_ascii()) {
            _ if cut => Err(Refused::order(&place, "it is longer than 32 MB")),
            Ok(old) => Ok(Box::new(old)),
            Err(problem) => Err(Refused::order(&place, not_an_order(&problem))),
        };
        if !paging.take(row, &place) {
            return;
        }
    }
    paging.flush();
}

/// The line that a parser sees is always its first.
fn not_an_order(problem: &serde_json::Error) -> String {
    format!("it is not an order: {problem}").replace(" at line 1 column ", " at column ")
}
