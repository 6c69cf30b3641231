//! What every function needs around its operation: its environment, its clients, and the
//! start of the Lambda process.

mod environment;
mod function;

pub use aws_config::SdkConfig;
pub use environment::{Environment, StartError};
pub use function::{Function, run};
pub use lambda_runtime::{Context, Error, LambdaEvent};
