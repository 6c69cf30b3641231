//! The stack in the emulator: deployed by `sam deploy`, invoked by `sam remote invoke`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Ministack, Sam, script};
use crate::chore::{self, command};

const NAME: &str = "order-chat";

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
        Ok(Self { ministack, secret, http, http_url, table, web_url, web_files })
    }

    /// Sends each file in `tests/events` to the function in its name, in the order of their names.
    pub(crate) fn invoke_with_every_event(&self, sam: &Sam) -> Result<()> {
        let folder = chore::root().join("tests/events");
        let mut files = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
        files.sort_by_key(fs::DirEntry::file_name);
        ensure!(!files.is_empty(), "there are no event files");
        eprintln!("\n> sam remote invoke, with each of {} events", files.len());
        for file in files {
            let name = file.file_name().to_string_lossy().into_owned();
            let function = name.split('-').nth(1).context("NN-Function-what.json")?;
            let path = file.path();
            let arguments = ["remote", "invoke", function, "--stack-name", NAME, "--output", "json", "--event-file"];
            let mut invoke = sam.command(&arguments)?;
            self.ministack.address(invoke.arg(path));
            let output = invoke.output()?;
            let said = String::from_utf8_lossy(&output.stdout);
            let answer: Value = serde_json::from_str(&said)
                .with_context(|| format!("{name}: {said}{}", String::from_utf8_lossy(&output.stderr)))?;
            let payload = answer["Payload"].as_str().unwrap_or_default();
            let answered = answer["FunctionError"].is_null() && !payload.is_empty();
            let failed =
                serde_json::from_str::<Value>(payload)?["statusCode"].as_u64().is_some_and(|status| status > 201);
            ensure!(answered && !failed, "{name}: {payload}");
        }
        Ok(())
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
