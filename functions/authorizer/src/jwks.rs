//! The identity provider's public keys, fetched when they are needed and kept.

use std::time::Duration;

use domain::Time;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use runtime::Error;
use tokio::sync::Mutex;
use url::Url;

/// An unknown `kid` makes us look for new keys, at most this often: otherwise anybody could make us flood the provider.
const BETWEEN_FETCHES_MS: i64 = 60_000;

/// After a fetch that failed we try again sooner, since until then nobody whose key we lack gets in.
const AFTER_FAILURE_MS: i64 = 5_000;

/// The most that a fetch may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// A key that was withdrawn is believed no longer than this, if we can ask.
const KEPT_MS: i64 = 600_000;

pub(crate) struct Jwks {
    url: Url,
    known: Mutex<Known>,
}

struct Known {
    keys: JwkSet,
    fetched: Option<Time>,
    tried: Option<Time>,
}

impl Jwks {
    pub(crate) fn new(url: Url) -> Self {
        Self { url, known: Mutex::new(Known { keys: JwkSet { keys: Vec::new() }, fetched: None, tried: None }) }
    }

    /// The key that is called `kid`, if there is one; an error where we do not know, because the last fetch failed.
    pub(crate) async fn key(&self, kid: &str, now: Time) -> Result<Option<Jwk>, Error> {
        let since = |time: Option<Time>| time.map_or(i64::MAX, |time| now.millis().saturating_sub(time.millis()));
        // Held while fetching: requests that come meanwhile wait for the same answer instead of asking again.
        let mut known = self.known.lock().await;
        let stale = known.keys.find(kid).is_none() || since(known.fetched) >= KEPT_MS;
        let pause = if known.has_failed() { AFTER_FAILURE_MS } else { BETWEEN_FETCHES_MS };
        if stale && since(known.tried) >= pause {
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
        match known.keys.find(kid) {
            None if known.has_failed() => Err("the JWKS could not be fetched".into()),
            key => Ok(key.cloned()),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        // Not made at the start: it reads every root certificate on the disk, and who connects with a ticket needs none.
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        http.get(self.url.clone()).send().await?.error_for_status()?.json().await
    }
}

impl Known {
    fn has_failed(&self) -> bool {
        self.tried != self.fetched
    }
}
