//! Two private keys of an identity provider, made for these tests and used nowhere else.

use jsonwebtoken::EncodingKey;

/// A key for RS256.
pub fn rs256_key() -> EncodingKey {
    EncodingKey::from_rsa_der(&der(include_str!("keys/rs256.txt")))
}

/// A key for ES256.
pub fn es256_key() -> EncodingKey {
    EncodingKey::from_ec_der(&der(include_str!("keys/es256.txt")))
}

fn der(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    data_encoding::BASE64.decode(text.as_bytes()).unwrap()
}
