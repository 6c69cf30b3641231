//! The ids of orders, conversations and messages. Each has a prefix. An order `ord_X` and its
//! conversation `cnv_X` share X.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Person;

/// RFC 4648 base 32 in lower case without padding. It needs no escaping in URLs and file names, and
/// people can read it aloud.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut alphabet = Specification::new();
    alphabet.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    alphabet.encoding().expect("32 different symbols are an alphabet")
});

/// The id that an order and its conversation share: 128 bits in 26 characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SharedId(String);

impl SharedId {
    /// Makes an id from 16 random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(BASE32.encode(&bytes))
    }

    /// Makes the id for an idempotency key. The same caller and key always give the same id, so a
    /// repeated request creates one order only.
    pub fn from_idempotency_key(caller: &Person, key: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update([u8::from(caller.is_admin())]);
        // The length keeps user "ab" with key "c" apart from user "a" with key "bc".
        hash.update((caller.user_id.len() as u64).to_be_bytes());
        hash.update(caller.user_id.as_bytes());
        hash.update(key.as_bytes());
        let digest = hash.finalize();
        Self(BASE32.encode(&digest[..16]))
    }

    /// Makes the id of an imported order. The same order always gets the same id. `namespace` names
    /// the legacy system.
    pub fn from_legacy(namespace: &str, id: &str) -> Self {
        let digest = legacy_digest(LEGACY_ORDER, namespace, id);
        Self(BASE32.encode(&digest[..16]))
    }

    /// Parses X. Returns `None` if it is not 128 bits in this alphabet, or not in their only valid
    /// spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE32.decode(text.as_bytes()).ok()?;
        (bytes.len() == 16).then(|| Self(text.to_owned()))
    }

    /// X as text, 26 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The order's id, `ord_X`.
    pub fn order_id(&self) -> OrderId {
        OrderId(self.clone())
    }

    /// The conversation's id, `cnv_X`.
    pub fn conversation_id(&self) -> ConversationId {
        ConversationId(self.clone())
    }
}

/// The id of an order: `ord_X`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("pattern" = "^ord_[a-z2-7]{26}$")))]
pub struct OrderId(SharedId);

/// The id of a conversation: `cnv_X`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("pattern" = "^cnv_[a-z2-7]{26}$")))]
pub struct ConversationId(SharedId);

/// The id of a message: `msg_` and 80 random bits in 16 characters. It is unique within a
/// conversation.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[cfg_attr(feature = "describe", ts(type = "string"), schemars(with = "String", extend("pattern" = "^msg_[a-z2-7]{16}$")))]
pub struct MessageId(String);

impl OrderId {
    /// The id that the order shares with its conversation.
    pub fn shared_id(&self) -> &SharedId {
        &self.0
    }
}

impl ConversationId {
    /// The id that the conversation shares with its order.
    pub fn shared_id(&self) -> &SharedId {
        &self.0
    }
}

impl MessageId {
    /// Makes an id from 10 random bytes.
    pub fn from_random(bytes: [u8; 10]) -> Self {
        Self(BASE32.encode(&bytes))
    }

    /// Makes the id of an imported message. The same message always gets the same id.
    pub fn from_legacy(namespace: &str, id: &str) -> Self {
        let digest = legacy_digest(LEGACY_MESSAGE, namespace, id);
        Self(BASE32.encode(&digest[..10]))
    }

    /// The part after the prefix. This part is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes an id from the stored part after the prefix. The text is not checked.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }
}

/// The `clientMessageId` of an imported message, which has none of its own: a UUID of version 8,
/// made from the legacy id.
pub fn legacy_client_message_id(namespace: &str, id: &str) -> Uuid {
    let digest = legacy_digest(LEGACY_CLIENT_MESSAGE, namespace, id);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

// The first byte of a digest, which keeps the kinds apart. The digest of an idempotency key begins
// with 0 or 1.
const LEGACY_ORDER: u8 = 2;
const LEGACY_MESSAGE: u8 = 3;
const LEGACY_CLIENT_MESSAGE: u8 = 4;

fn legacy_digest(kind: u8, namespace: &str, id: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([kind]);
    hash.update((namespace.len() as u64).to_be_bytes());
    hash.update(namespace.as_bytes());
    hash.update(id.as_bytes());
    hash.finalize().into()
}

/// The error for text that is not an id of the expected kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! prefixed {
    ($id:ident, $prefix:literal, $parse:expr) => {
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.as_str())
            }
        }

        impl FromStr for $id {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let parse: fn(&str) -> Option<_> = $parse;
                text.strip_prefix($prefix).and_then(parse).map(Self).ok_or(InvalidId)
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

prefixed!(OrderId, "ord_", SharedId::parse);
prefixed!(ConversationId, "cnv_", SharedId::parse);
prefixed!(MessageId, "msg_", |text| {
    let bytes = BASE32.decode(text.as_bytes()).ok()?;
    (bytes.len() == 10).then(|| text.to_owned())
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;
    use proptest::prelude::*;

    #[test]
    fn idempotency_keys_are_per_caller() {
        let id = |user_id: &str, role, key| {
            SharedId::from_idempotency_key(&Person { user_id: user_id.to_owned(), role, name: String::new() }, key)
        };
        assert_eq!(id("ab", Role::Customer, "c"), id("ab", Role::Customer, "c"));
        assert_ne!(id("ab", Role::Customer, "c"), id("a", Role::Customer, "bc"));
        assert_ne!(id("ab", Role::Customer, "c"), id("ab", Role::Admin, "c"));
    }

    #[test]
    fn imported_ids_are_stable() {
        let id = SharedId::from_legacy("shop", "17");
        assert_eq!(id, SharedId::from_legacy("shop", "17"));
        assert_eq!(id.as_str(), "cyptpkiocuqwk5kzikvkhkqoxy");
        assert_ne!(id, SharedId::from_legacy("shop1", "7"));
        assert_ne!(legacy_client_message_id("shop", "17"), legacy_client_message_id("shop", "18"));
        assert_eq!(legacy_client_message_id("shop", "17").get_version_num(), 8);
        assert_ne!(MessageId::from_legacy("shop", "17"), MessageId::from_legacy("shop", "18"));
    }

    proptest! {
        #[test]
        fn ids_round_trip(bytes: [u8; 16], message: [u8; 10]) {
            let shared_id = SharedId::from_random(bytes);
            prop_assert_eq!(shared_id.order_id().to_string().parse(), Ok(shared_id.order_id()));
            prop_assert_eq!(shared_id.conversation_id().to_string().parse(), Ok(shared_id.conversation_id()));
            let message = MessageId::from_random(message);
            prop_assert_eq!(message.to_string().parse(), Ok(message));
        }

        /// A changed id is either invalid or prints as itself.
        #[test]
        fn ids_have_one_spelling(bytes: [u8; 16], message: [u8; 10], at in 0usize..30, other in any::<char>(), how in 0..4) {
            let shared_id = SharedId::from_random(bytes);
            let message = MessageId::from_random(message).to_string();
            for id in [shared_id.order_id().to_string(), shared_id.conversation_id().to_string(), message] {
                let mut letters: Vec<char> = id.chars().collect();
                let at = at % letters.len();
                match how {
                    0 => letters[at] = other,
                    1 => letters.insert(at, other),
                    2 => drop(letters.remove(at)),
                    _ => letters[at].make_ascii_uppercase(),
                }
                let text: String = letters.into_iter().collect();
                let parsed = [
                    text.parse::<OrderId>().ok().map(|id| id.to_string()),
                    text.parse::<ConversationId>().ok().map(|id| id.to_string()),
                    text.parse::<MessageId>().ok().map(|id| id.to_string()),
                ];
                for printed in parsed.into_iter().flatten() {
                    prop_assert_eq!(&printed, &text);
                }
                // A text of another length is never a valid id.
                prop_assert!(how == 0 || how == 3 || text.parse::<ConversationId>().is_err());
            }
        }
    }
}
