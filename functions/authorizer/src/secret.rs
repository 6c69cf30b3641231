//! The identity provider's signing secret, read from Secrets Manager on first use and cached.
//!
//! A rotation logs nobody out: the current and the previous version are both valid. A signature
//! that matches neither version leads to another read, because a newer version may exist.

use aws_sdk_secretsmanager::Client;
use domain::Time;
use jsonwebtoken::DecodingKey;
use runtime::{Error, SdkConfig};
use tokio::sync::Mutex;

use crate::refresh::Refresh;

/// The labels of the valid versions. Secrets Manager moves these labels when a secret is rotated.
const STAGES: [&str; 2] = ["AWSCURRENT", "AWSPREVIOUS"];

/// The least length of a secret. A shorter one can be guessed offline from one token; RFC 7518
/// requires as many bits as the hash has.
const MIN_SECRET_BYTES: usize = 32;

pub(crate) struct Secret {
    sdk: SdkConfig,
    id: String,
    cached: Mutex<Cached>,
}

#[derive(Default)]
struct Cached {
    keys: Vec<DecodingKey>,
    refresh: Refresh,
}

impl Secret {
    pub(crate) fn new(sdk: &SdkConfig, id: &str) -> Self {
        Self { sdk: sdk.clone(), id: id.to_owned(), cached: Mutex::default() }
    }

    /// The valid keys, the current one first.
    pub(crate) async fn keys(&self, now: Time) -> Result<Vec<DecodingKey>, Error> {
        // The lock is held during the read, so concurrent requests wait for one read instead of
        // each making their own.
        let mut cached = self.cached.lock().await;
        if cached.keys.is_empty() {
            cached.replace(self.read().await?, now);
        } else if cached.refresh.is_stale(now) {
            self.refresh(&mut cached, now).await;
        }
        Ok(cached.keys.clone())
    }

    /// The valid keys, read again after a signature matched none of the cached ones. Returns `None`
    /// if it is too early for another read, and an error if the last read failed.
    pub(crate) async fn newer_keys(&self, now: Time) -> Result<Option<Vec<DecodingKey>>, Error> {
        let mut cached = self.cached.lock().await;
        let has_refreshed = self.refresh(&mut cached, now).await;
        if cached.refresh.has_failed() {
            return Err("the secret could not be refreshed".into());
        }
        Ok(has_refreshed.then(|| cached.keys.clone()))
    }

    /// Reads the secret again and returns true, or returns false if it is too early. If the read
    /// fails the cached keys stay valid.
    async fn refresh(&self, cached: &mut Cached, now: Time) -> bool {
        if !cached.refresh.is_due(now) {
            return false;
        }
        cached.refresh.start(now);
        match self.read().await {
            Ok(keys) => cached.replace(keys, now),
            Err(error) => tracing::error!(%error, "the secret could not be refreshed"),
        }
        true
    }

    async fn read(&self) -> Result<Vec<DecodingKey>, Error> {
        // Not created at the start, because most starts serve WebSocket connections with a ticket,
        // which do not need it.
        let client = Client::new(&self.sdk);
        let (current, previous) = tokio::join!(self.version(&client, STAGES[0]), self.version(&client, STAGES[1]));
        let current = current?.ok_or("the secret has no current version")?;
        let current = key(&current).ok_or("the secret is shorter than 32 bytes")?;
        // A previous version that is too short is ignored: after a bad secret is replaced by a good
        // one, the bad one is the previous version.
        let previous = previous?.and_then(|previous| key(&previous));
        Ok([Some(current), previous].into_iter().flatten().collect())
    }

    /// The value of one version; `None` if no version has that label, as before the first rotation.
    async fn version(&self, client: &Client, stage: &str) -> Result<Option<Vec<u8>>, Error> {
        let response = client.get_secret_value().secret_id(&self.id).version_stage(stage).send().await;
        let value = match response.map_err(aws_sdk_secretsmanager::Error::from) {
            Ok(value) => value,
            Err(aws_sdk_secretsmanager::Error::ResourceNotFoundException(_)) => return Ok(None),
            Err(other) => return Err(other.into()),
        };
        let text = value.secret_string.map(String::into_bytes);
        Ok(text.or_else(|| value.secret_binary.map(aws_sdk_secretsmanager::primitives::Blob::into_inner)))
    }
}

fn key(bytes: &[u8]) -> Option<DecodingKey> {
    (bytes.len() >= MIN_SECRET_BYTES).then(|| DecodingKey::from_secret(bytes))
}

impl Cached {
    fn replace(&mut self, keys: Vec<DecodingKey>, now: Time) {
        self.keys = keys;
        self.refresh.succeed(now);
    }
}
