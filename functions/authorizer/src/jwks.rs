//! The identity provider's public keys, fetched when they are needed and kept.

use std::time::Duration;

use domain::Time;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use runtime::Error;
use tokio::sync::Mutex;
use url::Url;

use crate::asking::Asking;

/// The most that a fetch may take.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) struct Jwks {
    url: Url,
    known: Mutex<Known>,
}

struct Known {
    keys: JwkSet,
    asking: Asking,
}

impl Jwks {
    pub(crate) fn new(url: Url) -> Self {
        Self { url, known: Mutex::new(Known { keys: JwkSet { keys: Vec::new() }, asking: Asking::default() }) }
    }

    /// The key that is called `kid`, if there is one; an error where we do not know, because the last fetch failed.
    pub(crate) async fn key(&self, kid: &str, now: Time) -> Result<Option<Jwk>, Error> {
        // Held while fetching: requests that come meanwhile wait for the same answer instead of asking again.
        let mut known = self.known.lock().await;
        let stale = known.keys.find(kid).is_none() || known.asking.is_old(now);
        if stale && known.asking.is_due(now) {
            known.asking.tries(now);
            match self.fetch().await {
                Ok(keys) => {
                    known.keys = keys;
                    known.asking.succeeds(now);
                }
                // What is known goes on being believed: a provider that is down for a while should not lock everybody out.
                Err(error) => tracing::error!(error = %error.without_url(), "the JWKS could not be fetched"),
            }
        }
        match known.keys.find(kid) {
            None if known.asking.has_failed() => Err("the JWKS could not be fetched".into()),
            key => Ok(key.cloned()),
        }
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        // Not made at the start: it reads every root certificate on the disk, and who connects with a ticket needs none.
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        http.get(self.url.clone()).send().await?.error_for_status()?.json().await
    }
}
