//! AWS Secrets Manager in this process. It has one secret, which it returns for every name.
//!
//! Like AWS it keeps two versions: the current one and, after a rotation, the previous one.

use std::sync::{Arc, RwLock};

use serde::Deserialize;
use serde_json::json;

use crate::aws::secret_arn;

/// The supported operation, as in the header `x-amz-target`.
pub(crate) const TARGET: &str = "secretsmanager.GetSecretValue";

/// The IAM action that the operation needs.
pub(crate) const ACTION: &str = "secretsmanager:GetSecretValue";

/// All versions of the secret, the newest last.
#[derive(Clone)]
pub(crate) struct Secrets(Arc<RwLock<Vec<String>>>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    secret_id: String,
    #[serde(default)]
    version_stage: Option<String>,
}

/// The ARN of the secret that a request asks for; `None` if the body is not a valid request.
pub(crate) fn resource(body: &str) -> Option<String> {
    serde_json::from_str(body).ok().map(|asked: Asked| secret_arn(&asked.secret_id))
}

impl Secrets {
    /// A secret with one version.
    pub(crate) fn new(secret: &str) -> Self {
        Self(Arc::new(RwLock::new(vec![secret.to_owned()])))
    }

    /// Makes `secret` the current version. The version that was current becomes the previous one.
    pub(crate) fn rotate(&self, secret: &str) {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(secret.to_owned());
    }

    pub(crate) fn current(&self) -> String {
        self.nth_last(0).unwrap_or_default()
    }

    /// Answers `GetSecretValue` with an HTTP status and a body.
    pub(crate) fn respond(&self, body: &str) -> (u16, String) {
        let Ok(asked) = serde_json::from_str::<Asked>(body) else {
            return (
                400,
                json!({ "__type": "InvalidRequestException", "Message": "The request is not valid." }).to_string(),
            );
        };
        let (value, stage) = match asked.version_stage.as_deref() {
            None | Some("AWSCURRENT") => (self.nth_last(0), "AWSCURRENT"),
            Some("AWSPREVIOUS") => (self.nth_last(1), "AWSPREVIOUS"),
            Some(other) => (None, other),
        };
        let Some(value) = value else {
            let message = format!("Secrets Manager can't find the specified secret value for staging label: {stage}");
            return (400, json!({ "__type": "ResourceNotFoundException", "Message": message }).to_string());
        };
        let arn = secret_arn(&asked.secret_id);
        let answer = json!({ "ARN": arn, "Name": asked.secret_id, "SecretString": value, "VersionStages": [stage] });
        (200, answer.to_string())
    }

    fn nth_last(&self, n: usize) -> Option<String> {
        let versions = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        versions.iter().rev().nth(n).cloned()
    }
}
