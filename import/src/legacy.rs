//! An order of the legacy system as it was read from the source, before any validation.
//!
//! These are also the fields of a JSON Lines file. A number may be a JSON number or a string; an
//! absent field is the same as `null`.

use serde::{Deserialize, Deserializer, de};

/// An order with its conversations.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyOrder {
    /// Its primary key in the old system.
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
    /// The order number that people see, if it is not the key.
    #[serde(deserialize_with = "text")]
    pub(crate) number: Option<String>,
    /// The customer who placed the order.
    pub(crate) customer: Option<LegacyPerson>,
    /// The ordered items.
    pub(crate) items: Vec<LegacyItem>,
    /// Its status, in the old system's words.
    #[serde(deserialize_with = "text")]
    pub(crate) status: Option<String>,
    /// The currency code (ISO 4217), if the orders have different currencies.
    pub(crate) currency: Option<String>,
    /// The customer's note.
    pub(crate) note: Option<String>,
    /// When the order was placed.
    #[serde(deserialize_with = "text")]
    pub(crate) created_at: Option<String>,
    /// When the order last changed.
    #[serde(deserialize_with = "text")]
    pub(crate) updated_at: Option<String>,
    /// Its conversations: usually one; none or several are accepted.
    pub(crate) conversations: Vec<LegacyConversation>,
}

/// A customer, an admin, or another user of the old system.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyPerson {
    /// Its primary key in the old system.
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
    /// The display name.
    #[serde(deserialize_with = "text")]
    pub(crate) name: Option<String>,
    /// The role, in the old system's words.
    pub(crate) role: Option<String>,
}

/// One item of an order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyItem {
    /// The shop's article number.
    #[serde(deserialize_with = "text")]
    pub(crate) sku: Option<String>,
    /// The title of the product.
    #[serde(deserialize_with = "text")]
    pub(crate) title: Option<String>,
    /// The quantity; 1 if absent.
    #[serde(deserialize_with = "text")]
    pub(crate) quantity: Option<String>,
    /// The price of one piece.
    #[serde(deserialize_with = "text")]
    pub(crate) unit_price: Option<String>,
    /// The address of a picture.
    pub(crate) image_url: Option<String>,
}

/// A conversation about an order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyConversation {
    /// Its status, in the old system's words.
    pub(crate) status: Option<String>,
    /// The participants.
    pub(crate) participants: Vec<LegacyParticipant>,
    /// The messages.
    pub(crate) messages: Vec<LegacyMessage>,
}

/// A participant of a conversation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyParticipant {
    /// The person.
    #[serde(flatten)]
    pub(crate) person: LegacyPerson,
    /// The participant has read all messages up to this time.
    #[serde(deserialize_with = "text")]
    pub(crate) last_read_at: Option<String>,
}

/// A message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyMessage {
    /// Its primary key in the old system.
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
    /// The sender; `None` for a message of the system.
    pub(crate) sender: Option<LegacyPerson>,
    /// `system` for a message that the old system wrote itself.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// The text.
    #[serde(deserialize_with = "text")]
    pub(crate) body: Option<String>,
    /// When it was sent.
    #[serde(deserialize_with = "text")]
    pub(crate) created_at: Option<String>,
    /// When its sender last changed the text.
    #[serde(deserialize_with = "text")]
    pub(crate) edited_at: Option<String>,
    /// When it was deleted. A deleted message is imported without its text.
    #[serde(deserialize_with = "text")]
    pub(crate) deleted_at: Option<String>,
    /// Keys of the users who have read it.
    #[serde(deserialize_with = "texts")]
    pub(crate) read_by: Vec<String>,
}

/// A string, or a number as it was written.
#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(serde_json::Number),
}

impl From<TextOrNumber> for String {
    fn from(text_or_number: TextOrNumber) -> Self {
        match text_or_number {
            TextOrNumber::Text(text) => text,
            TextOrNumber::Number(number) => number.to_string(),
        }
    }
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text_or_number = Option::<TextOrNumber>::deserialize(deserializer);
    Ok(text_or_number.map_err(|_| de::Error::custom("expected a text or a number"))?.map(String::from))
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text_or_number = Option::<Vec<TextOrNumber>>::deserialize(deserializer);
    let text_or_number = text_or_number.map_err(|_| de::Error::custom("expected a list of keys"))?;
    Ok(text_or_number.unwrap_or_default().into_iter().map(String::from).collect())
}
