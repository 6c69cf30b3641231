//! Checks JWTs as RFC 8725 recommends: the key determines the algorithm, not the token's header.

use domain::{Person, Role, Time};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use runtime::{Error, SdkConfig};
use serde::Deserialize;

use crate::jwks::Jwks;
use crate::secret::Secret;
use crate::settings::Keys;

pub(crate) struct Verifier {
    keys: KeySource,
    issuer: Option<String>,
    audience: Option<String>,
}

enum KeySource {
    Secret(Box<Secret>),
    Jwks(Jwks),
}

/// Why a token is refused. The reason is logged; the caller does not get it.
#[derive(Debug)]
pub(crate) enum TokenError {
    NotAToken,
    WrongAlgorithm,
    WrongType,
    UnknownKey,
    BadSignature,
    KeysUnavailable(Error),
    Invalid(String),
    Claims(&'static str),
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAToken => f.write_str("no JWT"),
            Self::WrongAlgorithm => f.write_str("not the key's algorithm"),
            Self::WrongType => f.write_str("another type of token"),
            Self::UnknownKey => f.write_str("unknown key"),
            Self::BadSignature => f.write_str("not signed with a key that counts"),
            Self::KeysUnavailable(why) => write!(f, "no keys to check with: {why}"),
            Self::Invalid(why) => f.write_str(why),
            Self::Claims(which) => write!(f, "claim {which}"),
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    role: String,
    name: Option<String>,
    /// A float, because some providers send a fraction of a second.
    exp: f64,
}

/// The longest accepted name, in characters. A conversation's head stores the name of every admin
/// in it, and its size costs money.
const MAX_NAME_CHARS: usize = 200;

impl Verifier {
    pub(crate) fn new(sdk: &SdkConfig, keys: Keys, issuer: Option<String>, audience: Option<String>) -> Self {
        let keys = match keys {
            Keys::Secret(id) => KeySource::Secret(Box::new(Secret::new(sdk, &id))),
            Keys::Jwks(url) => KeySource::Jwks(Jwks::new(url)),
        };
        Self { keys, issuer, audience }
    }

    /// The user that a valid `token` names, and when the token expires in seconds since 1970.
    pub(crate) async fn verify(&self, token: &str, now: Time) -> Result<(Person, i64), TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::NotAToken)?;
        let ours = |typ: &String| typ.eq_ignore_ascii_case("jwt") || typ.eq_ignore_ascii_case("at+jwt");
        if header.crit.is_some() || !header.typ.as_ref().is_none_or(ours) {
            return Err(TokenError::WrongType);
        }
        let claims = match &self.keys {
            KeySource::Secret(secret) => self.claims_by_secret(token, secret, now, header.alg).await?,
            KeySource::Jwks(jwks) => {
                let kid = header.kid.as_deref().ok_or(TokenError::UnknownKey)?;
                let jwk =
                    jwks.key(kid, now).await.map_err(TokenError::KeysUnavailable)?.ok_or(TokenError::UnknownKey)?;
                let algorithm = algorithm(&jwk).ok_or(TokenError::WrongAlgorithm)?;
                let key = DecodingKey::from_jwk(&jwk).map_err(|_| TokenError::UnknownKey)?;
                self.claims(token, &key, algorithm)?
            }
        };
        person(claims, now)
    }

    /// Checks the signature with the cached keys. If none matches, reads the secret again and tries
    /// newer keys.
    async fn claims_by_secret(
        &self,
        token: &str,
        secret: &Secret,
        now: Time,
        says: Algorithm,
    ) -> Result<Claims, TokenError> {
        if says != Algorithm::HS256 {
            return Err(TokenError::WrongAlgorithm);
        }
        let keys = secret.keys(now).await.map_err(TokenError::KeysUnavailable)?;
        match self.claims_by_any(token, &keys) {
            Err(TokenError::BadSignature) => match secret.newer_keys(now).await.map_err(TokenError::KeysUnavailable)? {
                Some(keys) => self.claims_by_any(token, &keys),
                None => Err(TokenError::BadSignature),
            },
            outcome => outcome,
        }
    }

    fn claims_by_any(&self, token: &str, keys: &[DecodingKey]) -> Result<Claims, TokenError> {
        let tried = keys.iter().map(|key| self.claims(token, key, Algorithm::HS256));
        let other = |outcome: &Result<Claims, TokenError>| !matches!(outcome, Err(TokenError::BadSignature));
        tried.into_iter().find(other).unwrap_or(Err(TokenError::BadSignature))
    }

    fn claims(&self, token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Claims, TokenError> {
        let mut validation = Validation::new(algorithm);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp", "sub"]);
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        match &self.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                validation.required_spec_claims.insert("aud".to_owned());
            }
            None => validation.validate_aud = false,
        }
        let decoded = decode::<Claims>(token, key, &validation);
        decoded.map(|token| token.claims).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => TokenError::BadSignature,
            _ => TokenError::Invalid(error.to_string()),
        })
    }
}

/// The algorithm that a key is used with; `None` if it is not supported.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let named = jwk.common.key_algorithm.as_ref().map(ToString::to_string);
    let written = format!("{algorithm:?}");
    named.is_none_or(|named| named == written).then_some(algorithm)
}

fn person(claims: Claims, now: Time) -> Result<(Person, i64), TokenError> {
    let Claims { sub, role, name, exp } = claims;
    if !domain::is_user_id(&sub) {
        return Err(TokenError::Claims("sub"));
    }
    let role = match role.as_str() {
        "customer" => Role::Customer,
        "admin" => Role::Admin,
        _ => return Err(TokenError::Claims("role")),
    };
    let name = name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| sub.clone());
    if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(TokenError::Claims("name"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest integer there is")]
    let expires = exp.floor() as i64;
    if expires <= now.seconds() {
        return Err(TokenError::Claims("exp"));
    }
    Ok((Person { user_id: sub, role, name }, expires))
}
