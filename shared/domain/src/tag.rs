//! The shop's tags for conversations.

use serde::{Deserialize, Serialize};

use crate::{InvalidField, TagId};

/// The color of a tag. A page shows the name too, never the color alone.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum TagColor {
    Gray,
    Red,
    Orange,
    Yellow,
    Green,
    Teal,
    Blue,
    Purple,
}

/// A tag that the shop has defined.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Tag {
    /// Its id. Conversations have ids, so a new name needs no change of them.
    pub id: TagId,
    /// Its name, 1 to 40 characters.
    pub name: String,
    /// Its color.
    pub color: TagColor,
}

/// The most tags of a shop.
pub const MAX_SHOP_TAGS: usize = 100;

impl Tag {
    /// A tag with a name of 1 to 40 characters, without control characters and white space at its
    /// ends.
    pub fn new(id: TagId, name: String, color: TagColor) -> Result<Self, InvalidField> {
        one_line("name", &name, 40)?;
        Ok(Self { id, name, color })
    }
}

/// Checks that a text has 1 to `most` characters, no control characters, and no white space at its
/// ends.
pub(crate) fn one_line(field: &str, text: &str, most: usize) -> Result<(), InvalidField> {
    if text.is_empty() || text.chars().count() > most {
        return Err(InvalidField::new(field, format!("must have 1 to {most} characters")));
    }
    if text.chars().any(char::is_control) || text.trim() != text {
        return Err(InvalidField::new(field, "must have no line breaks, control characters or spaces at its ends"));
    }
    Ok(())
}
