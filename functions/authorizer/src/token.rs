//! Checks JWTs as RFC 8725 recommends: the key determines the algorithm, not the token's header.

use domain::{Person, Role, Time};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use runtime::{Error, SdkConfig};
use serde::{Deserialize, Deserializer};

use crate::jwks::Jwks;
use crate::key_algorithm::key_algorithm;
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
            Self::NotAToken => f.write_str("malformed JWT"),
            Self::WrongAlgorithm => f.write_str("`alg` is not the key's algorithm"),
            Self::WrongType => f.write_str("`typ` is not JWT or at+jwt, or `crit` is present"),
            Self::UnknownKey => f.write_str("`kid` is missing or names no valid key"),
            Self::BadSignature => f.write_str("the signature matches no valid key"),
            Self::KeysUnavailable(why) => write!(f, "the keys could not be read: {why}"),
            Self::Invalid(why) => f.write_str(why),
            Self::Claims(which) => write!(f, "invalid claim `{which}`"),
        }
    }
}

/// The claims, with their types from RFC 7519. A token is refused if one of these claims has
/// another type, is `null` or appears twice, even if its value is not used.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    role: String,
    name: Option<String>,
    /// A float, because some providers send a fraction of a second.
    exp: f64,
    #[serde(default, deserialize_with = "not_null")]
    nbf: Option<f64>,
    #[serde(default, deserialize_with = "not_null", rename = "iat")]
    _iat: Option<f64>,
    #[serde(default, deserialize_with = "not_null")]
    iss: Option<String>,
    #[serde(default, deserialize_with = "not_null")]
    aud: Option<Audience>,
    #[serde(default, deserialize_with = "not_null", rename = "jti")]
    _jti: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::One(audience) => audience == name,
            Self::Several(audiences) => audiences.iter().any(|audience| audience == name),
        }
    }
}

fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// The most that the identity provider's clock may be ahead of ours, in seconds. A token is often
/// used within the second of its `nbf`.
const CLOCK_SKEW_SECONDS: f64 = 30.0;

/// The longest accepted name, in characters. It is cut if it has too many bytes.
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
    pub(crate) async fn verify(&self, token: &str, now: Time) -> Result<Verified, TokenError> {
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
                let algorithm = key_algorithm(&jwk).ok_or(TokenError::WrongAlgorithm)?;
                let key = DecodingKey::from_jwk(&jwk).map_err(|_| TokenError::UnknownKey)?;
                claims(token, &key, algorithm)?
            }
        };
        self.check_issuer_and_audience(&claims)?;
        verified(claims, now)
    }

    fn check_issuer_and_audience(&self, claims: &Claims) -> Result<(), TokenError> {
        if self.issuer.is_some() && claims.iss != self.issuer {
            return Err(TokenError::Claims("iss"));
        }
        if let Some(audience) = &self.audience
            && !claims.aud.as_ref().is_some_and(|claimed| claimed.has(audience))
        {
            return Err(TokenError::Claims("aud"));
        }
        Ok(())
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
        match Self::claims_by_any(token, &keys) {
            Err(TokenError::BadSignature) => match secret.newer_keys(now).await.map_err(TokenError::KeysUnavailable)? {
                Some(keys) => Self::claims_by_any(token, &keys),
                None => Err(TokenError::BadSignature),
            },
            outcome => outcome,
        }
    }

    fn claims_by_any(token: &str, keys: &[DecodingKey]) -> Result<Claims, TokenError> {
        let tried = keys.iter().map(|key| claims(token, key, Algorithm::HS256));
        let other = |outcome: &Result<Claims, TokenError>| !matches!(outcome, Err(TokenError::BadSignature));
        tried.into_iter().find(other).unwrap_or(Err(TokenError::BadSignature))
    }
}

/// The claims of a token that was signed with `key`. Their values are not checked here, because the
/// library accepts a list as an issuer, and it reads the system's clock.
fn claims(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Claims, TokenError> {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = decode::<Claims>(token, key, &validation);
    decoded.map(|token| token.claims).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => TokenError::BadSignature,
        _ => TokenError::Invalid(error.to_string()),
    })
}

/// Who a valid token belongs to.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) person: Person,
    /// True for the role `agent`: an admin who may not change what the shop has set.
    pub(crate) is_agent: bool,
    /// When the token expires, in seconds since 1970.
    pub(crate) expires: i64,
}

fn verified(claims: Claims, now: Time) -> Result<Verified, TokenError> {
    let Claims { sub, role, name, exp, nbf, .. } = claims;
    if !domain::is_user_id(&sub) {
        return Err(TokenError::Claims("sub"));
    }
    let (role, is_agent) = match role.as_str() {
        "customer" => (Role::Customer, false),
        "admin" => (Role::Admin, false),
        "agent" => (Role::Admin, true),
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
    #[expect(clippy::cast_precision_loss, reason = "seconds are exact until far beyond the year 9999")]
    if nbf.is_some_and(|nbf| nbf > now.seconds() as f64 + CLOCK_SKEW_SECONDS) {
        return Err(TokenError::Claims("nbf"));
    }
    Ok(Verified { person: Person { user_id: sub, role, name: domain::cut_name(name) }, is_agent, expires })
}
