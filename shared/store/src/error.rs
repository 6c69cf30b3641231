//! The errors of the store. None of them is caused by the client's request.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// DynamoDB refused the request or could not be reached, also after the SDK's retries.
    #[error("DynamoDB: {0}")]
    Dynamo(String),
    /// An item does not have the expected attributes.
    #[error("an item could not be read or written: {0}")]
    Item(#[from] serde_dynamo::Error),
    /// The content of an item breaks a rule.
    #[error("an item is corrupt: {0}")]
    Corrupt(&'static str),
    /// Concurrent writes made the conditional write fail too many times.
    #[error("concurrent writes to the same conversation won every attempt")]
    Contended,
}

impl Error {
    /// Returns true if DynamoDB refused the item itself, for example because of its size.
    pub fn is_invalid_item(&self) -> bool {
        matches!(self, Self::Dynamo(text) if text.starts_with("ValidationException") || text.contains("ValidationError"))
    }

    /// Returns true if a retry cannot help: the table does not exist, or access is denied.
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
        // The service's code and message, or the texts of the transport's errors. Neither contains
        // text of a user.
        let text = match error.as_service_error() {
            Some(service) => {
                format!("{}: {}", service.code().unwrap_or("unknown error"), service.message().unwrap_or("no message"))
            }
            None => error_chain(&error),
        };
        Self::Dynamo(text)
    }
}

/// The texts of an error and of its sources. The debug output could contain the request, so it is
/// not used.
fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The result of a conditional write. If the condition is false it has the current item, or none if
/// there is no item.
pub(crate) enum Conditional<T> {
    Done(T),
    Refused(Option<crate::key::Item>),
}
