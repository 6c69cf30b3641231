//! Canned responses: texts that admins need often.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::tag::one_line;
use crate::{InvalidField, TagId, Text};

/// What a placeholder of a canned response can stand for, as in `{{customer.name}}`. The client fills
/// it in.
pub const PLACEHOLDERS: [&str; 5] = ["customer.name", "order.number", "order.status", "order.total", "admin.name"];

/// A text that admins need often.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CannedResponse {
    /// Its id, of the same form as that of a tag.
    pub id: TagId,
    /// What finds it fastest: 1 to 32 small letters, digits, `-` and `_`.
    pub shortcut: String,
    /// What it is about, 1 to 100 characters.
    pub title: String,
    /// The text, 1 to 4,000 characters. It can have placeholders: `{{customer.name}}`,
    /// `{{order.number}}`, `{{order.status}}`, `{{order.total}}` and `{{admin.name}}`.
    pub body: String,
    /// Whether only the caller has it. The others are the shop's.
    pub personal: bool,
    /// Whether pages offer it as a button over the field for a message.
    pub quick_reply: bool,
}

/// The most canned responses of a shop, and of an admin.
pub const MAX_CANNED_RESPONSES: usize = 200;

/// The most of them that are quick replies.
pub const MAX_QUICK_REPLIES: usize = 5;

impl CannedResponse {
    /// Checks the texts. A placeholder that no client can fill in is refused.
    pub fn checked(self) -> Result<Self, InvalidField> {
        let is_shortcut = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '_';
        if self.shortcut.is_empty() || self.shortcut.len() > 32 || !self.shortcut.chars().all(is_shortcut) {
            let problem = "must have 1 to 32 small letters, digits, `-` and `_`";
            return Err(InvalidField::new("shortcut", problem));
        }
        one_line("title", &self.title, 100)?;
        let body = Text::new(self.body)?.as_str().to_owned();
        check_placeholders(&body)?;
        Ok(Self { body, ..self })
    }
}

/// Refuses a text with a placeholder that nobody can fill in.
pub fn check_placeholders(body: &str) -> Result<(), InvalidField> {
    let Some(unknown) = placeholders(body).into_iter().find(|it| !PLACEHOLDERS.contains(it)) else { return Ok(()) };
    let known = PLACEHOLDERS.map(|it| format!("{{{{{it}}}}}")).join(", ");
    let shown: String = unknown.chars().take(40).collect();
    Err(InvalidField::new("body", format!("{{{{{shown}}}}} is unknown; there are {known}")))
}

/// The names between `{{` and `}}`, without white space at their ends.
fn placeholders(body: &str) -> BTreeSet<&str> {
    let names = body.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    names.map(|(name, _)| name.trim()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(shortcut: &str, title: &str, body: &str) -> CannedResponse {
        CannedResponse {
            id: TagId::from_random([1; 5]),
            shortcut: shortcut.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
            personal: false,
            quick_reply: false,
        }
    }

    #[test]
    fn texts_and_placeholders_are_checked() {
        let all = PLACEHOLDERS.map(|it| format!("{{{{{it}}}}} {{{{ {it} }}}}")).concat();
        assert!(response("hello-2", "Hello", &all).checked().is_ok());
        assert!(response("hello", "Hello", "}} is no placeholder, nor is {{").checked().is_ok());
        for (shortcut, title, body, field) in [
            ("", "Hello", "Hi", "shortcut"),
            ("Hello", "Hello", "Hi", "shortcut"),
            ("a b", "Hello", "Hi", "shortcut"),
            ("hello", "", "Hi", "title"),
            ("hello", " Hello", "Hi", "title"),
            ("hello", "a\nb", "Hi", "title"),
            ("hello", "Hello", " ", "body"),
            ("hello", "Hello", "{{customer.password}}", "body"),
            ("hello", "Hello", "{{}}", "body"),
        ] {
            let refused = response(shortcut, title, body).checked().unwrap_err();
            assert_eq!(refused.field, field, "{shortcut:?} {title:?} {body:?}");
        }
    }
}
