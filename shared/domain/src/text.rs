//! The text of a message.

use crate::InvalidField;

/// The same rule as a regular expression for JSON Schema: not only white space, and no control
/// characters except tab and newline. The schema limits the length separately.
#[cfg(feature = "describe")]
pub const TEXT_PATTERN: &str = concat!(
    r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*",
    r"[^\s\u0000-\u001f\u007f-\u009f]",
    r"[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$",
);

/// A valid message text: 1 to 4,000 characters, not only white space, no control characters except
/// tab and newline. It is stored unchanged; clients must escape it when they show it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text(String);

impl Text {
    /// The most Unicode characters in a body.
    pub const MAX_CHARS: usize = 4_000;

    /// Validates `body`. Returns an error that says which rule it breaks.
    pub fn new(body: String) -> Result<Self, InvalidField> {
        if body.chars().count() > Self::MAX_CHARS {
            return Err(InvalidField::new("body", format!("must have at most {} characters", Self::MAX_CHARS)));
        }
        if body.chars().any(|c| c.is_control() && c != '\t' && c != '\n') {
            return Err(InvalidField::new("body", "must not have control characters other than tab and newline"));
        }
        if body.chars().all(char::is_whitespace) {
            return Err(InvalidField::new("body", "must not be empty"));
        }
        Ok(Self(body))
    }

    /// The text, unchanged.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The text, unchanged.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_length_and_characters() {
        for good in ["a", "a\tb\nc", " x ", "<b>&\"", &"😀".repeat(4_000)] {
            assert_eq!(Text::new(good.to_owned()).unwrap().as_str(), good);
        }
        for bad in ["", " \n\t", "\u{a0}", "a\u{0}", "a\r\n", "\u{7f}", "\u{85}x", &"a".repeat(4_001)] {
            assert!(Text::new(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}
