//! The way to AWS from a Lambda function.
//!
//! It is put together by hand rather than by `aws_config::load_defaults`, which looks for profiles, containers and machines
//! that a function does not have, and for every root certificate on the disk: three of the four milliseconds of a start.
//! Lambda says in the environment all that is needed.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::{Environment, Error};

/// The roots that AWS says its endpoints have certificates of (Amazon Trust Services). They end in 2037 and later.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// From the variables that Lambda sets, and `AWS_ENDPOINT_URL` for an AWS elsewhere. Where `SSL_CERT_FILE` names other root
/// certificates, they count instead.
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
