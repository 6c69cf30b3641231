//! The identity provider's public keys, fetched when they are needed and kept.

use std::time::Duration;

use domain::Time;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use reqwest::Response;
use runtime::Error;
use tokio::sync::Mutex;
use url::Url;

use crate::refresh::Refresh;

/// The most that a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The longest document that is taken, in bytes: several hundred keys.
const LONGEST: usize = 256 * 1024;

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

    /// The key that is called `kid`, if there is one; an error where we do not know, because the last fetch failed.
    pub(crate) async fn key(&self, kid: &str, now: Time) -> Result<Option<Jwk>, Error> {
        // Held while fetching: requests that come meanwhile wait for the same answer instead of asking again.
        let mut cached = self.cached.lock().await;
        let stale = cached.keys.find(kid).is_none() || cached.refresh.is_stale(now);
        if stale && cached.refresh.is_due(now) {
            cached.refresh.start(now);
            match self.fetch().await {
                Ok(keys) => {
                    cached.keys = keys;
                    cached.refresh.succeed(now);
                }
                // What is known goes on being believed: a provider that is down for a while should not lock everybody out.
                Err(error) => tracing::error!(%error, "the JWKS could not be fetched"),
            }
        }
        match cached.keys.find(kid) {
            None if cached.refresh.has_failed() => Err("the JWKS could not be fetched".into()),
            key => Ok(key.cloned()),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, Error> {
        // Not made at the start: it reads every root certificate on the disk, and who connects with a ticket needs none.
        let http = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let mut response =
            http.get(self.url.clone()).send().await.and_then(Response::error_for_status).map_err(plain)?;
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(plain)? {
            if document.len() + chunk.len() > LONGEST {
                return Err("it is too long".into());
            }
            document.extend_from_slice(&chunk);
        }
        Ok(serde_json::from_slice(&document)?)
    }
}

/// Without the address, which may have a secret in it.
fn plain(error: reqwest::Error) -> Error {
    error.without_url().into()
}
