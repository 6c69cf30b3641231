//! Lambda authorizers of the HTTP API: simple responses, remembered by the identity they were given for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use serde_json::{Value, json};

use crate::lambda::Lambdas;
use crate::template::HttpAuthorizer;

/// Above this many remembered answers those that are too old are looked for.
const MANY: usize = 1_000;

/// What an authorizer says.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// The request may go on, with this in `requestContext.authorizer`.
    Allow(Value),
    /// It may not.
    Deny,
    /// There is nothing by which to know the caller; the authorizer was not asked.
    Nobody,
    /// The authorizer failed, or said something else.
    Failed,
}

/// The authorizers of an API, and what they said.
pub(super) struct Authorizers {
    specs: BTreeMap<String, HttpAuthorizer>,
    remembered: Mutex<HashMap<Identity, (Instant, Verdict)>>,
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
        patience: Duration,
    ) -> Verdict {
        let Some(spec) = self.specs.get(name) else { return Verdict::Failed };
        let Some(sources) = identity(headers, &spec.headers) else { return Verdict::Nobody };
        let identity = (name.to_owned(), sources);
        if let Some(verdict) = self.recall(&identity, spec.remembered) {
            return verdict;
        }
        question["identitySource"] = json!(identity.1);
        let Ok(answer) = lambdas.call(&spec.function, question, patience).await else { return Verdict::Failed };
        let verdict = match answer["isAuthorized"].as_bool() {
            Some(true) => Verdict::Allow(json!({ "lambda": answer.get("context").cloned().unwrap_or_default() })),
            Some(false) => Verdict::Deny,
            None => return Verdict::Failed,
        };
        if !spec.remembered.is_zero() {
            self.remember(identity, spec.remembered, verdict.clone());
        }
        verdict
    }

    fn recall(&self, identity: &Identity, for_long: Duration) -> Option<Verdict> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, verdict) = remembered.get(identity)?;
        (since.elapsed() < for_long).then(|| verdict.clone())
    }

    fn remember(&self, identity: Identity, for_long: Duration, verdict: Verdict) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MANY {
            remembered.retain(|_, (since, _)| since.elapsed() < for_long);
        }
        remembered.insert(identity, (Instant::now(), verdict));
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
