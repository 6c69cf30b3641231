//! An order of the legacy system as a source yields it, before any check.
//!
//! These are also the fields of a line of JSON. Numbers may be written as numbers or as text; what is absent and what is
//! `null` are the same.

use serde::{Deserialize, Deserializer, de};

/// An order with all that belongs to it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyOrder {
    /// The key of the old table.
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
    /// What people call it, where that is not the key.
    #[serde(deserialize_with = "text")]
    pub(crate) number: Option<String>,
    /// Whose it is.
    pub(crate) customer: Option<LegacyPerson>,
    /// What was ordered.
    pub(crate) items: Vec<LegacyItem>,
    /// In the old system's words.
    #[serde(deserialize_with = "text")]
    pub(crate) status: Option<String>,
    /// ISO 4217, where it is not the same for all.
    pub(crate) currency: Option<String>,
    /// What the customer added.
    pub(crate) note: Option<String>,
    /// When it was placed.
    #[serde(deserialize_with = "text")]
    pub(crate) created_at: Option<String>,
    /// When it last changed.
    #[serde(deserialize_with = "text")]
    pub(crate) updated_at: Option<String>,
    /// Its conversations: one, none, or by mistake several.
    pub(crate) conversations: Vec<LegacyConversation>,
}

/// Somebody.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyPerson {
    /// The key of the old table.
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
    /// How they are shown.
    #[serde(deserialize_with = "text")]
    pub(crate) name: Option<String>,
    /// In the old system's words.
    pub(crate) role: Option<String>,
}

/// One line of an order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyItem {
    /// The shop's number for it.
    #[serde(deserialize_with = "text")]
    pub(crate) sku: Option<String>,
    /// What it is.
    #[serde(deserialize_with = "text")]
    pub(crate) title: Option<String>,
    /// How many; 1 where it is absent.
    #[serde(deserialize_with = "text")]
    pub(crate) quantity: Option<String>,
    /// Of one.
    #[serde(deserialize_with = "text")]
    pub(crate) unit_price: Option<String>,
    /// Its picture.
    pub(crate) image_url: Option<String>,
}

/// A conversation about an order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyConversation {
    /// In the old system's words.
    pub(crate) status: Option<String>,
    /// Who took part.
    pub(crate) participants: Vec<LegacyParticipant>,
    /// What was said.
    pub(crate) messages: Vec<LegacyMessage>,
}

/// Somebody who took part.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyParticipant {
    /// Who.
    #[serde(flatten)]
    pub(crate) person: LegacyPerson,
    /// They have read everything up to then.
    #[serde(deserialize_with = "text")]
    pub(crate) last_read_at: Option<String>,
}

/// Something that was said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct LegacyMessage {
    /// The key of the old table.
    #[serde(deserialize_with = "text")]
    pub(crate) id: Option<String>,
    /// Who said it; nobody for the system.
    pub(crate) sender: Option<LegacyPerson>,
    /// `system` for what the system said.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// What was said.
    #[serde(deserialize_with = "text")]
    pub(crate) body: Option<String>,
    /// When.
    #[serde(deserialize_with = "text")]
    pub(crate) created_at: Option<String>,
    /// Keys of those who have read it.
    #[serde(deserialize_with = "texts")]
    pub(crate) read_by: Vec<String>,
}

/// A text, or a number as it is written.
#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(serde_json::Number),
}

impl From<TextOrNumber> for String {
    fn from(loose: TextOrNumber) -> Self {
        match loose {
            TextOrNumber::Text(text) => text,
            TextOrNumber::Number(number) => number.to_string(),
        }
    }
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let loose = Option::<TextOrNumber>::deserialize(deserializer);
    Ok(loose.map_err(|_| de::Error::custom("expected a text or a number"))?.map(String::from))
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let loose = Option::<Vec<TextOrNumber>>::deserialize(deserializer);
    let loose = loose.map_err(|_| de::Error::custom("expected a list of keys"))?;
    Ok(loose.unwrap_or_default().into_iter().map(String::from).collect())
}
