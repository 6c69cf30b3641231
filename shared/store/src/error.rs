//! What can go wrong between us and DynamoDB. Nothing of it is the client's fault.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// DynamoDB refused or could not be reached, also after the SDK's retries.
    #[error("DynamoDB: {0}")]
    Dynamo(String),
    /// An item is not in the shape we write.
    #[error("an item could not be read or written: {0}")]
    Item(#[from] serde_dynamo::Error),
    /// An item's content breaks a rule of ours.
    #[error("an item is corrupt: {0}")]
    Corrupt(&'static str),
    /// Others were faster too many times.
    #[error("too many others write the same conversation")]
    Contended,
}

impl Error {
    /// Whether DynamoDB refused what was to be written for what it is, such as its size.
    pub fn is_invalid_item(&self) -> bool {
        matches!(self, Self::Dynamo(text) if text.starts_with("ValidationException") || text.contains("ValidationError"))
    }

    /// Whether asking again is of no use: there is no such table, or it is not ours to use.
    pub fn is_permanent(&self) -> bool {
        const FINAL: [&str; 5] = [
            "ResourceNotFoundException",
            "AccessDeniedException",
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "ExpiredTokenException",
        ];
        matches!(self, Self::Dynamo(text) if FINAL.iter().any(|code| text.starts_with(code)))
    }
}

impl<E, R> From<SdkError<E, R>> for Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        // The code and message of the service, or what the transport's errors say: neither holds anything a user said.
        let text = match error.as_service_error() {
            Some(service) => {
                format!("{}: {}", service.code().unwrap_or("unknown error"), service.message().unwrap_or("no message"))
            }
            None => error_chain(&error),
        };
        Self::Dynamo(text)
    }
}

/// What an error says, and what the errors behind it say; not their insides, which may hold the request.
fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// What a conditional write says when its condition does not hold: the item as it is, or that there is none.
pub(crate) enum Conditional<T> {
    Done(T),
    Refused(Option<crate::key::Item>),
}
