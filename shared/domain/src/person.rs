//! Persons, their roles and their sides.

use serde::{Deserialize, Serialize};

/// The role of a person.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees their own orders and conversations.
    Customer,
    /// The shop's staff: takes part in every conversation.
    Admin,
    /// The system itself. It is only the sender of system messages.
    System,
}

/// The side of a conversation. Messages of one side are unread for the other side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The customer.
    Customer,
    /// Every admin.
    Shop,
}

/// A person with id, role and name: a caller, a sender, or the cause of a system message.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The user id, which is the `sub` of the JWT: 1 to 128 bytes. Only the system has the id
    /// `system`.
    pub user_id: String,
    /// The person's role.
    pub role: Role,
    /// The display name: at most [`MAX_NAME_BYTES`].
    pub name: String,
}

/// Returns true if a token may have this user id: 1 to 128 bytes, no control characters, and not
/// `system`.
pub fn is_user_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text != "system" && !text.chars().any(char::is_control)
}

/// The most bytes of a name in UTF-8. Names are stored in heads and with every message, and the size
/// of an item costs money.
pub const MAX_NAME_BYTES: usize = 256;

/// Cuts a name of more than [`MAX_NAME_BYTES`] after its last whole character that fits, and ends it
/// with `…`.
pub fn cut_name(mut name: String) -> String {
    const END: char = '…';
    if name.len() > MAX_NAME_BYTES {
        let fits = |(at, _): &(usize, char)| *at <= MAX_NAME_BYTES - END.len_utf8();
        let end = name.char_indices().take_while(fits).last().map_or(0, |(at, _)| at);
        name.truncate(name[..end].trim_end().len());
        name.push(END);
    }
    name
}

impl Person {
    /// The sender of every system message.
    pub fn system() -> Self {
        Self { user_id: "system".to_owned(), role: Role::System, name: "System".to_owned() }
    }

    /// Returns true if both are the same user in the same role. The name may have changed.
    pub fn is_same(&self, other: &Self) -> bool {
        self.user_id == other.user_id && self.role == other.role
    }

    /// Returns true for the shop's staff.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// The person's side. Do not use it for the system: its messages count for the person who
    /// caused them.
    pub fn side(&self) -> Side {
        if self.role == Role::Customer { Side::Customer } else { Side::Shop }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        for short in ["", "Ada", &"é".repeat(128), &"😀".repeat(64)] {
            assert_eq!(cut_name(short.to_owned()), short);
        }
        assert_eq!(cut_name("é".repeat(129)), format!("{}…", "é".repeat(126)));
        assert_eq!(cut_name("😀".repeat(200)), format!("{}…", "😀".repeat(63)));
        assert_eq!(cut_name(format!("{} and more", "a".repeat(252))), format!("{}…", "a".repeat(252)));
    }

    proptest! {
        #[test]
        fn a_cut_name_fits_and_begins_as_the_name(name in "\\PC{0,300}") {
            let cut = cut_name(name.clone());
            prop_assert!(cut.len() <= MAX_NAME_BYTES);
            prop_assert!(cut == name || name.starts_with(cut.strip_suffix('…').unwrap()));
        }
    }
}
