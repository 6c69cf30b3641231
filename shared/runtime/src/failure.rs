//! What an operation returns: a reply or a failure.

use protocol::{AckBody, Problem};
use serde::Serialize;

/// The reply of an operation. Each kind of event has its own variant.
#[derive(Debug)]
pub enum Reply {
    /// The response to a REST request.
    Json {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The acknowledgement of a frame. It is sent only if the frame has a `requestId`.
    Ack(Box<AckBody>),
    /// The answer to a connect or disconnect event. Clients do not see it.
    Done,
}

impl Reply {
    /// A response with an HTTP `status` and `body` as JSON.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_string(body).map_err(Failure::internal)?;
        Ok(Self::Json { status, body })
    }

    /// An acknowledgement.
    pub fn ack(body: AckBody) -> Self {
        Self::Ack(Box::new(body))
    }
}

/// Why an operation failed: the problem for the client and, for an internal error, the cause.
#[derive(Debug)]
pub struct Failure {
    /// What the client gets.
    pub problem: Box<Problem>,
    /// What is logged. The client does not get it.
    pub cause: Option<String>,
}

impl Failure {
    /// An internal error. `cause` is logged only.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self { problem: Box::new(Problem::internal()), cause: Some(cause.to_string()) }
    }

    /// The problem for the client. The cause is logged.
    pub fn into_problem(self) -> Problem {
        if let Some(cause) = self.cause {
            tracing::error!(cause, "internal error");
        }
        *self.problem
    }

    /// Why it failed, for a log.
    pub fn cause(self) -> String {
        self.cause.unwrap_or(self.problem.detail)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), cause: None }
    }
}

impl From<domain::InvalidField> for Failure {
    fn from(invalid: domain::InvalidField) -> Self {
        Problem::from(invalid).into()
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            // Nothing is broken. The conversation has more concurrent writes than it can take, and
            // the client can send again later.
            store::Error::Contended => Problem::rate_limited(1_000).into(),
            other => Self::internal(other),
        }
    }
}
