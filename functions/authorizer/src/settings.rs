//! The authorizer's settings: how tokens are checked, and which origins may connect.

use runtime::{Environment, StartError};
use url::Url;

/// The keys that tokens are signed with.
pub(crate) enum Keys {
    /// The name in Secrets Manager of a secret shared with the identity provider (HS256).
    Secret(String),
    /// The URL of the identity provider's public keys (RS256, ES256).
    Jwks(Url),
}

pub(crate) struct Settings {
    pub(crate) keys: Keys,
    pub(crate) issuer: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) origins: Vec<String>,
}

impl Settings {
    pub(crate) fn from(environment: &Environment) -> Result<Self, StartError> {
        let text = |name| environment.optional(name).map(str::to_owned);
        let origins = environment.optional("ALLOWED_ORIGINS").unwrap_or_default();
        Ok(Self {
            keys: keys(environment)?,
            issuer: text("JWT_ISSUER"),
            audience: text("JWT_AUDIENCE"),
            origins: origins.split(',').map(|origin| origin.trim().to_owned()).filter(|o| !o.is_empty()).collect(),
        })
    }
}

fn keys(environment: &Environment) -> Result<Keys, StartError> {
    // Only one of the two may be set. Otherwise a token could choose how it is checked.
    match (environment.optional("JWT_SECRET_ID"), environment.optional("JWKS_URL")) {
        (Some(_), Some(_)) => {
            Err(StartError::invalid("JWT_SECRET_ID", "and JWKS_URL are both set; set only one of them"))
        }
        (Some(id), None) => Ok(Keys::Secret(id.to_owned())),
        (None, Some(address)) => {
            let url = Url::parse(address).map_err(|_| StartError::invalid("JWKS_URL", "must be a valid URL"))?;
            let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
            if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
                return Err(StartError::invalid("JWKS_URL", "must be an https URL"));
            }
            Ok(Keys::Jwks(url))
        }
        (None, None) => Err(StartError::missing("JWT_SECRET_ID or JWKS_URL")),
    }
}
