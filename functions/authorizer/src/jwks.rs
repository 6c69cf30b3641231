//! The identity provider's public keys, fetched when they are needed and kept.

use std::time::Duration;

use domain::Time;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use tokio::sync::Mutex;
use url::Url;

/// An unknown `kid` makes us look for new keys, at most this often: otherwise anybody could make us flood the provider.
const BETWEEN_FETCHES_MS: i64 = 60_000;

/// A key that was withdrawn is believed no longer than this.
const KEPT_MS: i64 = 600_000;

pub(crate) struct Jwks {
    url: Url,
    http: reqwest::Client,
    known: Mutex<Known>,
}

struct Known {
    keys: JwkSet,
    fetched: Option<Time>,
    tried: Option<Time>,
}

impl Jwks {
    pub(crate) fn new(url: Url) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(3)).build();
        Self {
            url,
            // Building only fails where the system has no TLS at all; the default client says so when it is used.
            http: http.unwrap_or_default(),
            known: Mutex::new(Known { keys: JwkSet { keys: Vec::new() }, fetched: None, tried: None }),
        }
    }

    /// The key that is called `kid`.
    pub(crate) async fn key(&self, kid: &str, now: Time) -> Option<Jwk> {
        let since = |time: Option<Time>| time.map_or(i64::MAX, |time| now.millis().saturating_sub(time.millis()));
        // Held while fetching: requests that come meanwhile wait for the same answer instead of asking again.
        let mut known = self.known.lock().await;
        let stale = known.keys.find(kid).is_none() || since(known.fetched) >= KEPT_MS;
        if stale && since(known.tried) >= BETWEEN_FETCHES_MS {
            known.tried = Some(now);
            match self.fetch().await {
                Ok(keys) => {
                    known.keys = keys;
                    known.fetched = Some(now);
                }
                // What is known goes on being believed: a provider that is down for a while should not lock everybody out.
                Err(error) => tracing::error!(error = %error.without_url(), "the JWKS could not be fetched"),
            }
        }
        known.keys.find(kid).cloned()
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        self.http.get(self.url.clone()).send().await?.error_for_status()?.json().await
    }
}
