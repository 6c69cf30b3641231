//! Reads CSV: one order with one item on each line, and a header with the column names. CSV has no
//! conversations.

use std::fs::File;
use std::path::Path;

use serde::Deserialize;

use super::{Pages, Paging, SourceError, file_error};
use crate::legacy::{LegacyItem, LegacyOrder, LegacyPerson};
use crate::translate::Refused;

#[derive(Default, Deserialize)]
#[serde(default)]
struct CsvRecord {
    id: Option<String>,
    number: Option<String>,
    customer_id: Option<String>,
    customer_name: Option<String>,
    sku: Option<String>,
    title: Option<String>,
    quantity: Option<String>,
    price: Option<String>,
    image_url: Option<String>,
    status: Option<String>,
    currency: Option<String>,
    note: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

impl From<CsvRecord> for LegacyOrder {
    fn from(line: CsvRecord) -> Self {
        Self {
            id: line.id,
            number: line.number,
            customer: Some(LegacyPerson { id: line.customer_id, name: line.customer_name, role: None }),
            items: vec![LegacyItem {
                sku: line.sku,
                title: line.title,
                quantity: line.quantity,
                unit_price: line.price,
                image_url: line.image_url,
            }],
            status: line.status,
            currency: line.currency,
            note: line.note,
            created_at: line.created_at,
            updated_at: line.updated_at,
            conversations: Vec::new(),
        }
    }
}

/// Opens the file and reads its header. Fails if a required column is missing.
pub(super) fn open(path: &Path) -> Result<csv::Reader<File>, SourceError> {
    let mut reader = csv::Reader::from_path(path).map_err(|problem| file_error(path, &problem))?;
    let headers = reader.headers().map_err(|problem| file_error(path, &describe(&problem)))?;
    for needed in ["id", "customer_id", "price", "status"] {
        if !headers.iter().any(|header| header == needed) {
            let columns: Vec<&str> = headers.iter().collect();
            return Err(file_error(path, &format_args!("the first line has no column {needed}; it has {columns:?}")));
        }
    }
    Ok(reader)
}

/// Counts the records after the header.
pub(super) fn count(path: &Path) -> Result<u64, SourceError> {
    let (mut file, mut record, mut records) = (open(path)?, csv::ByteRecord::new(), 0);
    loop {
        match file.read_byte_record(&mut record) {
            Ok(false) => return Ok(records),
            Err(problem) if problem.is_io_error() => return Err(file_error(path, &problem)),
            Ok(true) | Err(_) => records += 1,
        }
    }
}

/// Sends the records in pages. Blocks its thread, so it runs on a thread of its own.
pub(super) fn read(mut file: csv::Reader<File>, pages: &Pages) {
    let mut paging = Paging::new(pages);
    let mut records = file.deserialize::<CsvRecord>();
    loop {
        let place = format!("line {}", records.reader().position().line());
        let row = match records.next() {
            None => break,
            Some(Ok(line)) => Ok(Box::new(line.into())),
            Some(Err(problem)) if problem.is_io_error() => {
                paging.flush();
                let _ = pages.blocking_send(Err(SourceError(format!("{place} could not be read: {problem}"))));
                return;
            }
            Some(Err(problem)) => Err(Refused::order(&place, describe(&problem))),
        };
        if !paging.take(row, &place) {
            return;
        }
    }
    paging.flush();
}

/// Describes why a record cannot be read.
fn describe(problem: &csv::Error) -> String {
    match problem.kind() {
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields where the first line has {expected_len}: a comma or a quote may be missing")
        }
        _ => format!("it is not an order: {problem}"),
    }
}
