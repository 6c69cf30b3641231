//! Records of the table's stream, as Lambda delivers them.

use domain::Head;
use serde::Deserialize;

use crate::{Error, item};

/// A record of the stream: a head that was written.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamRecord {
    dynamodb: Change,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    new_image: serde_dynamo::Item,
}

impl StreamRecord {
    /// The head as it was written.
    pub fn head(self) -> Result<Head, Error> {
        item::to_head(self.dynamodb.new_image.into())
    }
}
