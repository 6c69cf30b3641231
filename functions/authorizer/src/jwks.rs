//! The identity provider's public keys (JWKS), fetched on first use and cached.

use std::time::Duration;

use domain::Time;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use reqwest::Response;
use runtime::Error;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::key_algorithm::key_algorithm;
use crate::refresh::Refresh;

/// The timeout of a fetch.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The longest document that is accepted, in bytes: several hundred keys.
const MAX_BYTES: usize = 256 * 1024;

#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

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
                Err(error) => tracing::error!(%error, "the JWKS could not be fetched"),
            }
        }
        match cached.keys.find(kid) {
            None if cached.refresh.has_failed() => Err("the JWKS could not be fetched".into()),
            key => Ok(key.cloned()),
        }
    }

    /// Fetches the published keys, and returns those that may sign tokens. Leaves out keys of other
    /// kinds and keys that cannot be parsed.
    async fn fetch(&self) -> Result<JwkSet, Error> {
        // The client is not created at the start, because that reads every root certificate on the
        // disk, and a connection with a ticket does not need it.
        let http = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let mut response =
            http.get(self.url.clone()).send().await.and_then(Response::error_for_status).map_err(without_url)?;
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(without_url)? {
            if document.len() + chunk.len() > MAX_BYTES {
                return Err("the JWKS is larger than 256 KiB".into());
            }
            document.extend_from_slice(&chunk);
        }
        let published: Published = serde_json::from_slice(&document)?;
        let keys = published.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Ok(JwkSet { keys: keys.filter(|key| key_algorithm(key).is_some()).collect() })
    }
}

/// The error without the address, which may contain a secret.
fn without_url(error: reqwest::Error) -> Error {
    error.without_url().into()
}
