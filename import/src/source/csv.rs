//! CSV: an order of one item on each line, under a header with the names of its columns; no conversations.

use std::fs::File;
use std::path::Path;

use serde::Deserialize;

use super::{Broken, Pages, Paging};
use crate::old::{OldItem, OldOrder, OldPerson};
use crate::translate::Refused;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
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

impl From<Line> for OldOrder {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            number: line.number,
            customer: Some(OldPerson { id: line.customer_id, name: line.customer_name, role: None }),
            items: vec![OldItem {
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

pub(super) fn open(path: &Path) -> Result<csv::Reader<File>, Broken> {
    let broken = |problem: &dyn std::fmt::Display| Broken(format!("{}: {problem}", path.display()));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(|problem| broken(&problem))?;
    let headers = reader.headers().map_err(|problem| broken(&problem))?;
    for needed in ["id", "customer_id", "price", "status"] {
        if !headers.iter().any(|header| header == needed) {
            return Err(broken(&format_args!("there is no column {needed}")));
        }
    }
    Ok(reader)
}

/// Reads line by line, a thread's work.
pub(super) fn read(mut file: csv::Reader<File>, pages: &Pages) {
    let mut paging = Paging::new(pages);
    for (line, record) in file.deserialize::<Line>().enumerate() {
        let place = format!("record {}", line + 1);
        let row = match record {
            Ok(line) => Ok(Box::new(line.into())),
            Err(problem) if problem.is_io_error() => {
                paging.flush();
                let _ = pages.blocking_send(Err(Broken(format!("{place} could not be read: {problem}"))));
                return;
            }
            Err(problem) => Err(Refused::order(&place, format!("it is not an order: {problem}"))),
        };
        if !paging.take(row, &place) {
            return;
        }
    }
    paging.flush();
}
