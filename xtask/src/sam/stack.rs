//! The stack in the emulator, deployed by `sam deploy`.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Ministack, Sam, script};
use crate::shell::command;

pub(super) const NAME: &str = "order-chat";

/// The name that `template.yaml` gives to the secret, where nobody gives another.
const SECRET_NAME: &str = "order-chat/jwt";

const MAKE_SECRET: &str = "import boto3, sys
boto3.client('secretsmanager').create_secret(Name=sys.argv[1], SecretString=sys.argv[2])";

/// A deployed stack.
pub(crate) struct Stack<'a> {
    pub(crate) ministack: &'a Ministack,
    pub(crate) secret: &'static str,
    /// The REST API as the emulator is asked for it.
    pub(crate) http: String,
    /// The same as AWS calls it, and the page.
    pub(crate) http_url: String,
    pub(crate) websocket_url: String,
    pub(crate) table: String,
    pub(crate) web_url: String,
    pub(crate) web_files: String,
}

impl<'a> Stack<'a> {
    /// Deploys what was built, in the form that the emulator understands.
    pub(crate) fn deploy(sam: &Sam, built: &Path, ministack: &'a Ministack) -> Result<Self> {
        let secret = "a secret of these tests, 32 bytes or more";
        let python = ministack.programs.join("python");
        let mut make = command(&python, &["-c", MAKE_SECRET, SECRET_NAME, secret]);
        ministack.address(&mut make);
        ensure!(make.status()?.success(), "the secret cannot be made");

        let template = built.join("ministack.json");
        let mut convert = command(&python, &[]);
        convert.arg(script("for_ministack.py")).arg(built.join("template.yaml")).arg(ministack.endpoint());
        let converted = convert.stdout(File::create(&template)?).status()?;
        ensure!(converted.success(), "the built template cannot be converted for ministack");
        let template = template.to_string_lossy();
        let file = ["deploy", "--template-file", &template, "--stack-name", NAME];
        let options = ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"];
        let deploy = |origins: &str| {
            let origins = format!("AllowedOrigins={origins}");
            let parameters = ["--parameter-overrides", &origins, "AlarmAddress=ops@shop.example", "WebHosting=on"];
            sam.run(&[&file[..], &options, &parameters].concat(), |command| ministack.address(command))?;
            outputs(sam, ministack)
        };
        // Twice, as the guide says for a stack without a name of its own: what CloudFront calls the pages is known then.
        let web_url = output(&deploy(super::ORIGIN)?, "WebUrl")?;
        let outputs = deploy(&format!("{},{web_url}", super::ORIGIN))?;
        ensure!(output(&outputs, "WebUrl")? == web_url, "the pages have moved");
        output(&outputs, "DashboardUrl")?;

        let http_url = output(&outputs, "HttpUrl")?;
        let api = http_url.trim_start_matches("https://").split('.').next().unwrap_or_default();
        // By path, since names below localhost lead nowhere on many machines.
        let http = format!("{}/_aws/execute-api/{api}/$default", ministack.endpoint());
        let (table, web_files) = (output(&outputs, "TableName")?, output(&outputs, "WebFiles")?);
        let websocket_url = output(&outputs, "WebSocketUrl")?;
        Ok(Self { ministack, secret, http, http_url, websocket_url, table, web_url, web_files })
    }
}

fn output(outputs: &BTreeMap<String, String>, name: &str) -> Result<String> {
    outputs.get(name).cloned().with_context(|| format!("the stack has no output {name}"))
}

/// What the template's `Outputs` came to.
fn outputs(sam: &Sam, ministack: &Ministack) -> Result<BTreeMap<String, String>> {
    let mut list = sam.command(&["list", "stack-outputs", "--stack-name", NAME, "--output", "json"])?;
    ministack.address(&mut list);
    let listed = list.output()?;
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).context("`sam list stack-outputs`")?;
    let text = |output: &Value, name: &str| output[name].as_str().unwrap_or_default().to_owned();
    Ok(listed.iter().map(|output| (text(output, "OutputKey"), text(output, "OutputValue"))).collect())
}
