//! Lambda authorizers of the HTTP API, with simple responses that are cached by identity.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use serde_json::{Value, json};

use super::authorization::Authorization;
use super::authorization_cache::AuthorizationCache;
use crate::lambda::Lambdas;
use crate::template::HttpAuthorizer;

/// The authorizers of an API with their caches.
pub(super) struct Authorizers(BTreeMap<String, Authorizer>);

struct Authorizer {
    spec: HttpAuthorizer,
    cache: Mutex<AuthorizationCache>,
}

impl Authorizers {
    pub(super) fn new(specs: BTreeMap<String, HttpAuthorizer>) -> Self {
        let authorizers = specs.into_iter().map(|(name, spec)| {
            let cache = Mutex::new(AuthorizationCache::new(spec.cache_ttl));
            (name, Authorizer { spec, cache })
        });
        Self(authorizers.collect())
    }

    /// Returns the cached decision, or calls the authorizer `name`. The cache key does not contain
    /// the route, so an identity that is allowed on one route is allowed on all.
    pub(super) async fn ask(
        &self,
        name: &str,
        headers: &HeaderMap,
        mut question: Value,
        lambdas: &Lambdas,
        timeout: Duration,
    ) -> Authorization {
        let Some(authorizer) = self.0.get(name) else { return Authorization::Failed };
        let Authorizer { spec, .. } = authorizer;
        let Some(sources) = identity(headers, &spec.headers) else { return Authorization::NoIdentity };
        if let Some(authorization) = authorizer.cache().get(&sources, Instant::now()) {
            return authorization;
        }
        question["identitySource"] = json!(sources);
        let Ok(answer) = lambdas.call(&spec.function, question, timeout).await else { return Authorization::Failed };
        let authorization = match answer["isAuthorized"].as_bool() {
            Some(true) => Authorization::Allow(json!({ "lambda": answer.get("context").cloned().unwrap_or_default() })),
            Some(false) => Authorization::Deny,
            None => return Authorization::Failed,
        };
        authorizer.cache().insert(&sources, authorization.clone(), Instant::now());
        authorization
    }
}

impl Authorizer {
    fn cache(&self) -> MutexGuard<'_, AuthorizationCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The values of the identity sources; `None` if one is missing or empty.
fn identity(headers: &HeaderMap, sources: &[String]) -> Option<Vec<String>> {
    let value = |name: &String| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.to_owned()).filter(|value| !value.is_empty())
    };
    sources.iter().map(value).collect()
}
