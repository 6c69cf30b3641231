//! What somebody writes on the command line.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use clap::Parser;

/// Where the source may be said instead: a command line is seen by everybody on the machine, with its passwords.
pub(crate) const SOURCE: &str = "ORDER_CHAT_IMPORT_FROM";

/// Brings the orders of an older system with their conversations, once, however often it runs.
#[derive(Debug, Parser)]
#[command(
    name = "order-chat-import",
    version,
    after_help = "Exit codes: 0 everything came along, 1 something was refused, 2 it could not begin or go on."
)]
pub(crate) struct Arguments {
    /// Where from: mysql://user:password@host:port/database, or a file that ends in .jsonl, .ndjson or .csv. May be in
    /// the environment as `ORDER_CHAT_IMPORT_FROM`.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) from: Option<String>,
    /// The DynamoDB table: the output `TableName` of the stack.
    #[arg(long)]
    pub(crate) table: String,
    /// The local gateway's address, such as `http://127.0.0.1:3000`, instead of AWS.
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) local: Option<String>,
    /// What the old system calls things; see docs/importing.md.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write nothing; say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Orders that are written at a time.
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,
    /// Tries of a lost database connection.
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub(crate) retries: u32,
    /// Where refused rows are written, with their reasons.
    #[arg(long, default_value = "import-refused.jsonl", value_name = "FILE")]
    pub(crate) refused: PathBuf,
}

impl Arguments {
    pub(crate) fn source(&self) -> Result<String> {
        let source = self.from.clone().or_else(|| std::env::var(SOURCE).ok());
        source.with_context(|| format!("say where from, with --from or {SOURCE}"))
    }

    /// The way to the table. The SDK slows down by itself where the table throttles.
    pub(crate) async fn sdk(&self) -> Result<SdkConfig> {
        let patient = RetryConfig::adaptive().with_max_attempts(6);
        let loader = aws_config::defaults(BehaviorVersion::latest()).retry_config(patient);
        match &self.local {
            None => {
                let sdk = loader.load().await;
                ensure!(sdk.region().is_some(), "the region is not known: set AWS_REGION, or region in your profile");
                let credentials = sdk.credentials_provider().context("nothing provides credentials for AWS")?;
                credentials.provide_credentials().await.context("there are no credentials for AWS")?;
                Ok(sdk)
            }
            Some(url) => {
                let nobody = Credentials::new("importer", "local", None, None, "order-chat");
                let loader = loader.endpoint_url(url).region(Region::from_static("us-east-1"));
                Ok(loader.credentials_provider(SharedCredentialsProvider::new(nobody)).load().await)
            }
        }
    }
}

fn url(text: &str) -> Result<String, &'static str> {
    let is_url = text.starts_with("http://") || text.starts_with("https://");
    is_url.then(|| text.to_owned()).ok_or("it should be like http://127.0.0.1:3000")
}
