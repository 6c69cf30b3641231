//! Decides which signature algorithm a published key may be used with.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};

/// The minimum length of an RSA key (RFC 7518, section 3.3).
const MIN_RSA_BITS: usize = 2_048;

/// The only algorithm that is accepted with this key. `None` if the key is not for signatures, or
/// is too short.
pub(crate) fn key_algorithm(jwk: &Jwk) -> Option<Algorithm> {
    if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return None;
    }
    if jwk.common.key_operations.as_ref().is_some_and(|uses| !uses.contains(&KeyOperations::Verify)) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(key) if rsa_bits(&key.n) >= Some(MIN_RSA_BITS) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let named = jwk.common.key_algorithm.as_ref().map(ToString::to_string);
    let expected = format!("{algorithm:?}");
    named.is_none_or(|named| named == expected).then_some(algorithm)
}

/// The length of an RSA modulus in bits. `modulus` is a number in base64url.
fn rsa_bits(modulus: &str) -> Option<usize> {
    let bytes = BASE64URL_NOPAD.decode(modulus.as_bytes()).ok()?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    Some((bytes.len() - first) * 8 - bytes[first].leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rsa(modulus: &[u8], more: &Value) -> Option<Algorithm> {
        let mut jwk = json!({"kty": "RSA", "n": BASE64URL_NOPAD.encode(modulus), "e": "AQAB"});
        jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key_algorithm(&serde_json::from_value(jwk).unwrap())
    }

    #[test]
    fn short_rsa_keys_are_not_accepted() {
        let none = json!({});
        for (modulus, is_accepted) in [
            (vec![0xff; 128], false),
            (vec![0xff; 255], false),
            ([vec![0x7f], vec![0xff; 255]].concat(), false),
            ([vec![0; 200], vec![0xff; 128]].concat(), false),
            (vec![0; 256], false),
            (vec![], false),
            (vec![0x80; 256], true),
            ([vec![0], vec![0x80; 256]].concat(), true),
            (vec![0xff; 512], true),
        ] {
            assert_eq!(rsa(&modulus, &none), is_accepted.then_some(Algorithm::RS256), "{} bytes", modulus.len());
        }
    }

    #[test]
    fn a_key_is_accepted_only_for_its_published_use() {
        let modulus = [0xff; 256];
        for good in [json!({"use": "sig"}), json!({"alg": "RS256"}), json!({"key_ops": ["verify"]})] {
            assert_eq!(rsa(&modulus, &good), Some(Algorithm::RS256), "{good}");
        }
        for bad in [
            json!({"use": "enc"}),
            json!({"use": "Sig"}),
            json!({"alg": "RS512"}),
            json!({"alg": "PS256"}),
            json!({"alg": "RSA-OAEP"}),
            json!({"key_ops": []}),
            json!({"key_ops": ["encrypt", "sign"]}),
            json!({"use": "sig", "key_ops": ["wrapKey"]}),
        ] {
            assert_eq!(rsa(&modulus, &bad), None, "{bad}");
        }
    }
}
