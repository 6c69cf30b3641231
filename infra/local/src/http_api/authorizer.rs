//! Lambda authorizers of the HTTP API: simple responses, remembered by the identity they were given for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use serde_json::{Value, json};

use crate::lambda::Lambdas;
use crate::template::HttpAuthorizer;

/// Above this many remembered answers those that are too old are looked for.
const CLEANUP_THRESHOLD: usize = 1_000;

/// What an authorizer says.
#[derive(Clone, Debug)]
pub(super) enum Authorization {
    /// The request may go on, with this in `requestContext.authorizer`.
    Allow(Value),
    /// It may not.
    Deny,
    /// There is nothing by which to know the caller; the authorizer was not asked.
    NoIdentity,
    /// The authorizer failed, or said something else.
    Failed,
}

/// The authorizers of an API, and what they said.
pub(super) struct Authorizers {
    specs: BTreeMap<String, HttpAuthorizer>,
    remembered: Mutex<HashMap<Identity, (Instant, Authorization)>>,
}

/// An authorizer, and the values of its identity sources in a request.
type Identity = (String, Vec<String>);

impl Authorizers {
    pub(super) fn new(specs: BTreeMap<String, HttpAuthorizer>) -> Self {
        Self { specs, remembered: Mutex::default() }
    }

    /// Asks the authorizer `name`, or its memory. The memory knows no routes: who was let in on one is let in on all.
    pub(super) async fn ask(
        &self,
        name: &str,
        headers: &HeaderMap,
        mut question: Value,
        lambdas: &Lambdas,
        timeout: Duration,
    ) -> Authorization {
        let Some(spec) = self.specs.get(name) else { return Authorization::Failed };
        let Some(sources) = identity(headers, &spec.headers) else { return Authorization::NoIdentity };
        let identity = (name.to_owned(), sources);
        if let Some(authorization) = self.cached(&identity, spec.remembered) {
            return authorization;
        }
        question["identitySource"] = json!(identity.1);
        let Ok(answer) = lambdas.call(&spec.function, question, timeout).await else { return Authorization::Failed };
        let authorization = match answer["isAuthorized"].as_bool() {
            Some(true) => Authorization::Allow(json!({ "lambda": answer.get("context").cloned().unwrap_or_default() })),
            Some(false) => Authorization::Deny,
            None => return Authorization::Failed,
        };
        if !spec.remembered.is_zero() {
            self.cache(identity, spec.remembered, authorization.clone());
        }
        authorization
    }

    fn cached(&self, identity: &Identity, ttl: Duration) -> Option<Authorization> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, authorization) = remembered.get(identity)?;
        (since.elapsed() < ttl).then(|| authorization.clone())
    }

    fn cache(&self, identity: Identity, ttl: Duration, authorization: Authorization) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= CLEANUP_THRESHOLD {
            remembered.retain(|_, (since, _)| since.elapsed() < ttl);
        }
        remembered.insert(identity, (Instant::now(), authorization));
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
