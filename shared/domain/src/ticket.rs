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
