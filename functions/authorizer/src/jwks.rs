//! The identity provider's public keys, fetched when they are needed and kept.

use std::time::Duration;

use domain::Time;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use runtime::Error;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::key_algorithm::key_algorithm;
use crate::refresh::Refresh;

/// The most that a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(3);

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
                Err(error) => tracing::error!(error = %error.without_url(), "the JWKS could not be fetched"),
            }
        }
        match cached.keys.find(kid) {
            None if cached.refresh.has_failed() => Err("the JWKS could not be fetched".into()),
            key => Ok(key.cloned()),
        }
    }

    /// The published keys that tokens may be signed with. Others, also those that cannot be read, must not hide them.
    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        // Not made at the start: it reads every root certificate on the disk, and who connects with a ticket needs none.
        let http = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        let published: Published = http.get(self.url.clone()).send().await?.error_for_status()?.json().await?;
        let keys = published.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Ok(JwkSet { keys: keys.filter(|key| key_algorithm(key).is_some()).collect() })
    }
}
