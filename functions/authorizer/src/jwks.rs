//! The identity provider's public keys (JWKS), fetched on first use and cached.

use std::time::Duration;

use domain::Time;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use runtime::Error;
use tokio::sync::Mutex;
use url::Url;

use crate::refresh::Refresh;

/// The timeout of a fetch.
const TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) struct Jwks {
    url: Url,
    cached: Mutex<Cached>,
}

struct Cached {
    keys: JwkSet,
    refresh: Refresh,
}

impl Jwks {
    pub(crate) fn new(url: Url) -> Self {
        Self { url, cached: Mutex::new(Cached { keys: JwkSet { keys: Vec::new() }, refresh: Refresh::default() }) }
    }

    /// The key with the id `kid`, or `None` if the provider has no such key. Returns an error if
    /// that is unknown because the last fetch failed.
    pub(crate) async fn key(&self, kid: &str, now: Time) -> Result<Option<Jwk>, Error> {
        // The lock is held during the fetch, so concurrent requests wait for one fetch instead of
        // each making their own.
        let mut cached = self.cached.lock().await;
        let stale = cached.keys.find(kid).is_none() || cached.refresh.is_stale(now);
        if stale && cached.refresh.is_due(now) {
            cached.refresh.start(now);
            match self.fetch().await {
                Ok(keys) => {
                    cached.keys = keys;
                    cached.refresh.succeed(now);
                }
                // The cached keys stay valid, so that an outage of the provider does not lock out
                // everybody.
                Err(error) => tracing::error!(error = %error.without_url(), "the JWKS could not be fetched"),
            }
        }
        match cached.keys.find(kid) {
            None if cached.refresh.has_failed() => Err("the JWKS could not be fetched".into()),
            key => Ok(key.cloned()),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        // Not made at the start: building it reads every root certificate on the disk, and
        // WebSocket connections with a ticket never need it.
        let http = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        http.get(self.url.clone()).send().await?.error_for_status()?.json().await
    }
}
