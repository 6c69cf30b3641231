//! The stack that `sam deploy` creates in the emulator.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Ministack, Sam, script};
use crate::shell::command;

pub(super) const NAME: &str = "order-chat";

/// The default name of the secret in `template.yaml`.
const SECRET_NAME: &str = "order-chat/jwt";

const SECRET: &str = "a secret of these tests, 32 bytes or more";

const MAKE_SECRET: &str = "import boto3, sys
boto3.client('secretsmanager').create_secret(Name=sys.argv[1], SecretString=sys.argv[2])";

/// A deployed stack.
pub(crate) struct Stack<'a> {
    pub(crate) ministack: &'a Ministack,
    pub(crate) secret: &'static str,
    /// The address of the REST API at the emulator.
    pub(crate) http: String,
    /// The address of the REST API as AWS writes it, which the pages use.
    pub(crate) http_url: String,
    pub(crate) websocket_url: String,
    pub(crate) table: String,
    pub(crate) web_url: String,
    pub(crate) web_files: String,
}

impl<'a> Stack<'a> {
    /// Deploys what was built, in the form that the emulator supports.
    pub(crate) fn deploy(sam: &Sam, built: &Path, ministack: &'a Ministack) -> Result<Self> {
        let template = prepare(built, ministack)?;
        Self::read(ministack, &deploy(sam, ministack, &template, super::ORIGIN)?)
    }

    /// Deploys twice, as the guide says for a stack without a domain name. Only after the first
    /// time the pages' CloudFront address is known.
    pub(crate) fn deploy_twice(sam: &Sam, built: &Path, ministack: &'a Ministack) -> Result<Self> {
        let template = prepare(built, ministack)?;
        let web_url = output(&deploy(sam, ministack, &template, super::ORIGIN)?, "WebUrl")?;
        let outputs = deploy(sam, ministack, &template, &format!("{},{web_url}", super::ORIGIN))?;
        ensure!(output(&outputs, "WebUrl")? == web_url, "the second deployment changed the address of the pages");
        output(&outputs, "DashboardUrl")?;
        Self::read(ministack, &outputs)
    }

    fn read(ministack: &'a Ministack, outputs: &BTreeMap<String, String>) -> Result<Self> {
        let http_url = output(outputs, "HttpUrl")?;
        let api = http_url.trim_start_matches("https://").split('.').next().unwrap_or_default();
        // With the path of the API, because host names below `localhost` do not resolve on many
        // machines.
        let http = format!("{}/_aws/execute-api/{api}/$default", ministack.endpoint());
        Ok(Self {
            ministack,
            secret: SECRET,
            http,
            websocket_url: output(outputs, "WebSocketUrl")?,
            table: output(outputs, "TableName")?,
            web_url: output(outputs, "WebUrl")?,
            web_files: output(outputs, "WebFiles")?,
            http_url,
        })
    }
}

/// Creates the secret, and converts the template for the emulator.
fn prepare(built: &Path, ministack: &Ministack) -> Result<PathBuf> {
    let python = ministack.programs.join("python");
    let mut make = command(&python, &["-c", MAKE_SECRET, SECRET_NAME, SECRET]);
    ministack.address(&mut make);
    ensure!(make.status()?.success(), "the secret cannot be made");

    let template = built.join(format!("{}.json", ministack.name()));
    let mut convert = command(&python, &[]);
    convert.arg(script("for_ministack.py")).arg(built.join("template.yaml"));
    convert.args([&ministack.endpoint(), ministack.name()]);
    let converted = convert.stdout(File::create(&template)?).status()?;
    ensure!(converted.success(), "the built template cannot be converted for ministack");
    Ok(template)
}

/// Runs `sam deploy`. Returns the `Outputs` of the template.
fn deploy(sam: &Sam, ministack: &Ministack, template: &Path, origins: &str) -> Result<BTreeMap<String, String>> {
    let (template, origins) = (template.to_string_lossy(), format!("AllowedOrigins={origins}"));
    let file = ["deploy", "--template-file", &template, "--stack-name", NAME];
    let options = ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"];
    let parameters = ["--parameter-overrides", &origins, "AlarmAddress=ops@shop.example", "WebHosting=on"];
    sam.run("sam", &[&file[..], &options, &parameters].concat(), |command| ministack.address(command))?;
    outputs(sam, ministack)
}

fn output(outputs: &BTreeMap<String, String>, name: &str) -> Result<String> {
    outputs.get(name).cloned().with_context(|| format!("the stack has no output {name}"))
}

fn outputs(sam: &Sam, ministack: &Ministack) -> Result<BTreeMap<String, String>> {
    let mut list = sam.command(&["list", "stack-outputs", "--stack-name", NAME, "--output", "json"])?;
    ministack.address(&mut list);
    let listed = list.output()?;
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).context("`sam list stack-outputs`")?;
    let text = |output: &Value, name: &str| output[name].as_str().unwrap_or_default().to_owned();
    Ok(listed.iter().map(|output| (text(output, "OutputKey"), text(output, "OutputValue"))).collect())
}
