//! Tickets. A ticket is a secret that opens one WebSocket connection, because a browser cannot send
//! a token there.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// A secret of 256 bits. Only the client that asked for it gets it; the server stores only its
/// hash.
#[derive(Clone)]
pub struct Ticket(String);

impl Ticket {
    /// How long a ticket is valid, in seconds.
    pub const LIFETIME_SECONDS: i64 = 60;

    /// Makes a ticket from 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(BASE64URL_NOPAD.encode(&bytes))
    }

    /// A ticket as a client sent it. The text is not checked.
    pub fn from_client(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// The SHA-256 hash that is stored.
    pub fn hash(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.0.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tickets_round_trip(bytes: [u8; 32]) {
            let ticket = Ticket::from_random(bytes);
            prop_assert_eq!(Ticket::from_client(ticket.secret()).hash(), ticket.hash());
            prop_assert_ne!(ticket.secret(), ticket.hash());
        }

        /// The hash is the end of a key, so it must not contain a separator, for any text from a
        /// client.
        #[test]
        fn different_texts_have_different_hashes(bytes: [u8; 32], text in any::<String>()) {
            let ticket = Ticket::from_random(bytes);
            let hash = Ticket::from_client(&text).hash();
            prop_assert_eq!(BASE64URL_NOPAD.decode(hash.as_bytes()).unwrap().len(), 32);
            prop_assert_eq!(hash == ticket.hash(), text == ticket.secret());
        }
    }
}
