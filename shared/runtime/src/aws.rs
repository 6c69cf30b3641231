//! The AWS SDK configuration of a Lambda function.
//!
//! `aws_config::load_defaults` would look for profiles, container credentials and instance
//! metadata, which a function does not have. It would also load every root certificate on the disk.
//! That takes three of the four milliseconds of a start. Lambda sets everything needed in
//! environment variables.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::{Environment, Error};

/// The root certificates of Amazon Trust Services, which sign the certificates of AWS endpoints.
/// They expire in 2037 and later.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// Builds the configuration from the variables that Lambda sets. `AWS_ENDPOINT_URL` replaces the
/// endpoint of every service. If `SSL_CERT_FILE` is set, its root certificates replace Amazon's.
pub(crate) fn sdk(environment: &Environment) -> Result<SdkConfig, Error> {
    let roots = match environment.optional("SSL_CERT_FILE") {
        Some(_) => TrustStore::default(),
        None => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    let tls = TlsContext::builder().with_trust_store(roots).build()?;
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls).build_https();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(environment.required("AWS_REGION")?.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .http_client(http);
    config.set_endpoint_url(environment.optional("AWS_ENDPOINT_URL").map(str::to_owned));
    Ok(config.build())
}
