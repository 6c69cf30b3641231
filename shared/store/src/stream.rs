//! Records of the table's stream, as Lambda delivers them.

use domain::{SharedId, Time};
use serde::Deserialize;

use crate::Error;
use crate::item::HeadImage;

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
    /// The conversation and when it is archived by itself, if it is: `days` after its last activity.
    pub fn archived_at(self, days: u16) -> Result<Option<(SharedId, Time)>, Error> {
        let head: HeadImage = serde_dynamo::from_item(self.dynamodb.new_image)?;
        let Some(at) = head.archived_at(days)? else { return Ok(None) };
        Ok(Some((head.shared_id()?, at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(is: &str, os: &str, im: &str) -> Result<Option<i64>, Error> {
        let shared_id = "aebagbafaydqqcikbmga2dqpca";
        let image = format!(
            r#"{{"pk":{{"S":"{shared_id}"}},"sk":{{"S":"Z"}},"n":{{"N":"2"}},"is":{{"S":"{is}"}},"os":{{"S":"{os}"}},
                "im":{{"S":"{im}#{shared_id}"}}}}"#
        );
        let record = format!(r#"{{"eventName":"MODIFY","dynamodb":{{"NewImage":{image}}}}}"#);
        let record: StreamRecord = serde_json::from_str(&record).unwrap();
        Ok(record.archived_at(1)?.map(|(_, at)| at.minute()))
    }

    #[test]
    fn an_active_head_of_a_final_order_is_archived_days_after_its_last_activity() {
        for os in ["completed", "cancelled"] {
            assert_eq!(minute("active", os, "0027000000").unwrap(), Some(27_000_000 + 24 * 60));
            for is in ["archived", "closed"] {
                assert_eq!(minute(is, os, "0027000000").unwrap(), None);
            }
        }
        assert_eq!(minute("active", "confirmed", "0027000000").unwrap(), None);
        assert!(minute("active", "completed", "soon").is_err());
    }
}
