//! What a function answers, and what it answers when it cannot.

use protocol::{AckBody, Problem};
use serde::Serialize;

/// An answer. Which form it takes depends on the door that the request came through.
#[derive(Debug)]
pub enum Reply {
    /// To a REST request.
    Json {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// To a frame. Sent only if the frame had a `requestId`.
    Ack(Box<AckBody>),
    /// To the gateway alone: a connection came or went.
    Done,
}

impl Reply {
    /// `body` with an HTTP status.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_string(body).map_err(Failure::internal)?;
        Ok(Self::Json { status, body })
    }

    /// An acknowledgement.
    pub fn ack(body: AckBody) -> Self {
        Self::Ack(Box::new(body))
    }
}

/// Why there is no answer: what the client is told, and for our own faults what the log is told.
#[derive(Debug)]
pub struct Failure {
    /// For the client.
    pub problem: Box<Problem>,
    /// For the log.
    pub cause: Option<String>,
}

impl Failure {
    /// Something of ours went wrong.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self { problem: Box::new(Problem::internal()), cause: Some(cause.to_string()) }
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
            // Nothing is broken: the conversation is busier than it can be. The client can do something about it.
            store::Error::Contended => Problem::rate_limited(1_000).into(),
            other => Self::internal(other),
        }
    }
}
