//! The local identity provider. On AWS people log in at the shop's own identity provider. Here
//! `POST /dev/token {sub, role, name}` gives anybody any token, signed with the secret that the
//! authorizer checks.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode, header};
use http_body_util::Full;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::StartupError;
use crate::respond::{json_response, message, problem};
use crate::template::System;

/// The default lifetime of a token, in seconds. It is also the longest.
const TWELVE_HOURS: i64 = 12 * 60 * 60;

/// Signs tokens.
#[derive(Clone)]
pub(crate) struct Identity {
    key: EncodingKey,
    issuer: Option<String>,
    audience: Option<String>,
}

/// A random secret of 32 bytes, as 64 hexadecimal digits.
pub(crate) fn new_secret() -> Result<String, StartupError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

impl Identity {
    /// Takes the issuer and the audience from the environment of the template's functions, so that
    /// tokens pass the authorizer's checks.
    pub(crate) fn new(secret: &str, system: &System) -> Self {
        let value = |name| {
            let mut values = system.functions.values().filter_map(|function| function.environment.get(name));
            values.find(|value| !value.is_empty()).cloned()
        };
        Self {
            key: EncodingKey::from_secret(secret.as_bytes()),
            issuer: value("JWT_ISSUER"),
            audience: value("JWT_AUDIENCE"),
        }
    }

    /// A token for one user, valid for `seconds` from now. If `seconds` is negative, the token has
    /// already expired.
    pub(crate) fn token(
        &self,
        sub: &str,
        role: &str,
        name: &str,
        seconds: i64,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let now = jiff::Timestamp::now().as_second();
        let mut claims = json!({ "sub": sub, "role": role, "name": name, "iat": now, "exp": now + seconds });
        for (claim, value) in [("iss", &self.issuer), ("aud", &self.audience)] {
            if let Some(value) = value {
                claims[claim] = json!(value);
            }
        }
        encode(&Header::new(Algorithm::HS256), &claims, &self.key)
    }

    /// Answers a request to `/dev/token`.
    pub(crate) fn answer(&self, parts: &Parts, body: &Bytes) -> Response<Full<Bytes>> {
        if parts.method != Method::POST {
            return message(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
        }
        // A page of another origin can send a form to this machine without a CORS preflight, but
        // not JSON.
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().is_none_or(|kind| !kind.trim().eq_ignore_ascii_case("application/json")) {
            return message(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type");
        }
        let invalid = |detail: &str| problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", detail);
        let Ok(request) = serde_json::from_slice::<Value>(body) else {
            return problem(StatusCode::BAD_REQUEST, "bad_request", "The body is not valid JSON.");
        };
        let text = |name: &str| request[name].as_str().filter(|text| !text.trim().is_empty());
        let Some(sub) = text("sub").filter(|sub| sub.len() <= 128 && *sub != "system") else {
            return invalid("sub: must have 1 to 128 bytes and must not be \"system\"");
        };
        let Some(role) = text("role").filter(|role| matches!(*role, "customer" | "admin" | "agent")) else {
            return invalid("role: must be customer, admin or agent");
        };
        let Some(name) = text("name").filter(|name| name.chars().count() <= 200) else {
            return invalid("name: must have 1 to 200 characters");
        };
        let seconds = match &request["expiresIn"] {
            Value::Null => Some(TWELVE_HOURS),
            given => given.as_i64().filter(|seconds| (-TWELVE_HOURS..=TWELVE_HOURS).contains(seconds)),
        };
        let Some(seconds) = seconds else {
            return invalid("expiresIn: must be a number of seconds, at most 43,200");
        };
        match self.token(sub, role, name, seconds) {
            Ok(token) => json_response(StatusCode::OK, &json!({ "token": token })),
            Err(_) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        }
    }
}
