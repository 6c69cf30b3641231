//! The command line arguments, and the AWS SDK configuration they lead to.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use clap::Parser;

/// The environment variable that can hold the source. A command line is visible to every user of
/// the machine, including passwords in it.
pub(crate) const SOURCE: &str = "ORDER_CHAT_IMPORT_FROM";

const NO_CREDENTIALS: &str =
    "there are no credentials for AWS: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// Imports the orders and conversations of an older system into the order-chat table. It can be run
/// again at any time: nothing is imported twice.
#[derive(Debug, Parser)]
#[command(
    name = "order-chat-import",
    version,
    after_help = "Exit codes: 0 everything was imported, 1 some rows were refused, 2 the import could not start or continue."
)]
pub(crate) struct Arguments {
    /// The source: mysql://user:password@host:port/database, or a file that ends in .jsonl, .ndjson
    /// or .csv. It can also be set in the environment variable `ORDER_CHAT_IMPORT_FROM`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) from: Option<String>,
    /// The name of the DynamoDB table: the stack's output `TableName`.
    #[arg(long)]
    pub(crate) table: String,
    /// The address of a local gateway, such as `http://127.0.0.1:3000`, to use instead of AWS.
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) local: Option<String>,
    /// A TOML file with the table and column names and the rules of the old system; see
    /// docs/importing.md.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write nothing to the table, only report what would be imported.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How many orders are written concurrently.
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,
    /// How often to reconnect to the database in a row before giving up.
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub(crate) retries: u32,
    /// The file that lists the refused rows with their reasons.
    #[arg(long, default_value = "import-refused.jsonl", value_name = "FILE")]
    pub(crate) refused: PathBuf,
}

impl Arguments {
    /// The source, from the command line or from the environment.
    pub(crate) fn source(&self) -> Result<String> {
        let source = self.from.clone().or_else(|| std::env::var(SOURCE).ok());
        source.with_context(|| format!("no source given: use --from or the environment variable {SOURCE}"))
    }

    /// Loads the AWS SDK configuration. With adaptive retries the SDK sends fewer requests while
    /// the table throttles.
    ///
    /// Fails without `--local` if there is no region or there are no credentials.
    pub(crate) async fn sdk(&self) -> Result<SdkConfig> {
        let retries = RetryConfig::adaptive().with_max_attempts(6);
        let loader = aws_config::defaults(BehaviorVersion::latest()).retry_config(retries);
        match &self.local {
            None => {
                let sdk = loader.load().await;
                ensure!(sdk.region().is_some(), "no AWS region is set: set AWS_REGION, or region in your profile");
                let credentials = sdk.credentials_provider().context("no provider of AWS credentials is configured")?;
                credentials.provide_credentials().await.context(NO_CREDENTIALS)?;
                Ok(sdk)
            }
            Some(url) => {
                let local_credentials = Credentials::new("importer", "local", None, None, "order-chat");
                let loader = loader.endpoint_url(url).region(Region::from_static("us-east-1"));
                Ok(loader.credentials_provider(SharedCredentialsProvider::new(local_credentials)).load().await)
            }
        }
    }
}

fn url(text: &str) -> Result<String, &'static str> {
    let is_url = text.starts_with("http://") || text.starts_with("https://");
    is_url.then(|| text.to_owned()).ok_or("must be a URL such as http://127.0.0.1:3000")
}
