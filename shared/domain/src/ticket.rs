//! A ticket: the secret that a browser connects with, since it cannot send a token there.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// A secret of 256 bits. It is told once, to whoever asked for it, and only its hash is kept.
#[derive(Clone)]
pub struct Ticket(String);

impl Ticket {
    /// How long a ticket is good, in seconds.
    pub const LIVES: i64 = 60;

    /// From 32 random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(BASE64URL_NOPAD.encode(&bytes))
    }

    /// As a client presents it; any text may come.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret itself.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
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
        fn presented_as_it_was_told_it_is_the_same(bytes: [u8; 32]) {
            let ticket = Ticket::from_random(bytes);
            prop_assert_eq!(Ticket::presented(ticket.secret()).hash(), ticket.hash());
            prop_assert_ne!(ticket.secret(), ticket.hash());
        }

        /// What is kept is the end of a key: it must never have a separator in it, whatever was presented.
        #[test]
        fn another_text_is_another_ticket(bytes: [u8; 32], text in any::<String>()) {
            let ticket = Ticket::from_random(bytes);
            let hash = Ticket::presented(&text).hash();
            prop_assert_eq!(BASE64URL_NOPAD.decode(hash.as_bytes()).unwrap().len(), 32);
            prop_assert_eq!(hash == ticket.hash(), text == ticket.secret());
        }
    }
}
