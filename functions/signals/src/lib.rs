//! Not written yet.

use runtime::{Environment, Function, SdkConfig, StartError};

/// Makes the function from its environment.
pub async fn start(_environment: Environment, _sdk: SdkConfig) -> Result<Function, StartError> {
    Err(StartError::missing("EVERYTHING"))
}
