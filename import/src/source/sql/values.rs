//! Converts database rows to the text values that every source yields.

use mysql_async::consts::ColumnType::MYSQL_TYPE_TIMESTAMP;
use mysql_async::{Column, Row, Value};

use crate::legacy::{LegacyItem, LegacyMessage, LegacyOrder, LegacyPerson};

/// The values of a row, read one after the other in the order of the columns.
pub(super) struct Cells {
    row: Row,
    next: usize,
}

impl Cells {
    pub(super) fn of(row: Row) -> Self {
        Self { row, next: 0 }
    }

    fn value(&mut self) -> Value {
        self.next += 1;
        self.row.take(self.next - 1).unwrap_or(Value::NULL)
    }

    fn text(&mut self) -> Option<String> {
        text(self.value())
    }

    /// A time. A `TIMESTAMP` is a point in time, which the session reports in UTC. A `DATETIME` is
    /// local time without a zone.
    fn time(&mut self) -> Option<String> {
        let is_timestamp = self.row.columns_ref().get(self.next).map(Column::column_type) == Some(MYSQL_TYPE_TIMESTAMP);
        self.text().map(|text| if is_timestamp { text + "Z" } else { text })
    }
}

/// A value as text; `None` for `NULL`.
fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        // Bytes that are not UTF-8 come from a binary column or from damaged text.
        Value::Bytes(bytes) => Some(
            String::from_utf8(bytes).unwrap_or_else(|broken| String::from_utf8_lossy(broken.as_bytes()).into_owned()),
        ),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}"))
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            let sign = if negative { "-" } else { "" };
            Some(format!("{sign}{}:{minutes:02}:{seconds:02}.{micros:06}", days * 24 + u32::from(hours)))
        }
    }
}

/// Reads an order. The first value is its key, as the query for the next page needs it.
pub(super) fn order(mut cells: Cells) -> (Value, LegacyOrder) {
    let key = cells.value();
    let id = text(key.clone());
    let number = cells.text();
    let customer = LegacyPerson { id: cells.text(), name: cells.text(), role: None };
    let (status, currency, note) = (cells.text(), cells.text(), cells.text());
    let (created_at, updated_at) = (cells.time(), cells.time());
    let item = LegacyItem {
        sku: cells.text(),
        title: cells.text(),
        quantity: cells.text(),
        unit_price: cells.text(),
        image_url: cells.text(),
    };
    let order = LegacyOrder {
        id,
        number,
        customer: Some(customer),
        items: vec![item],
        status,
        currency,
        note,
        created_at,
        updated_at,
        conversations: Vec::new(),
    };
    (key, order)
}

/// A conversation with one of its participants, or without any.
pub(super) struct ParticipantRow {
    pub(super) sale: String,
    pub(super) conversation: String,
    pub(super) status: Option<String>,
    pub(super) person: LegacyPerson,
    pub(super) read_up_to: Option<String>,
}

impl ParticipantRow {
    pub(super) fn of(mut cells: Cells) -> Self {
        Self {
            sale: cells.text().unwrap_or_default(),
            conversation: cells.text().unwrap_or_default(),
            status: cells.text(),
            person: LegacyPerson { id: cells.text(), name: cells.text(), role: cells.text() },
            read_up_to: cells.time(),
        }
    }
}

/// A message with one of the users who have read it, or without any.
pub(super) struct MessageRow {
    pub(super) sale: String,
    pub(super) conversation: String,
    pub(super) message: LegacyMessage,
    pub(super) reader: LegacyPerson,
}

impl MessageRow {
    pub(super) fn of(mut cells: Cells) -> Self {
        let (sale, conversation) = (cells.text().unwrap_or_default(), cells.text().unwrap_or_default());
        let id = cells.text();
        let sender = LegacyPerson { id: cells.text(), name: cells.text(), role: cells.text() };
        let (kind, body) = (cells.text(), cells.text());
        let (created_at, edited_at, deleted_at) = (cells.time(), cells.time(), cells.time());
        let (sender, read_by) = (Some(sender), Vec::new());
        let message = LegacyMessage { id, sender, kind, body, created_at, edited_at, deleted_at, read_by };
        let reader = LegacyPerson { id: cells.text(), name: cells.text(), role: cells.text() };
        Self { sale, conversation, message, reader }
    }
}
