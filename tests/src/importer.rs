//! The importer, in this process or as one of its own that can be killed, and what it leaves in the table.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::SharedId;
use import::{ImportCounts, ImportOptions, Settings, Source, Stopped};
use serde_json::Value;
use store::Store;
use tempfile::TempDir;

use crate::Shop;
use crate::running::memory;

/// The environment variable that makes a test process an importer: its arguments as JSON.
const ARGUMENTS: &str = "IMPORTER_ARGUMENTS";

/// The importer with a folder for what it leaves.
pub struct Importer {
    folder: TempDir,
    config: String,
    /// Whether it writes nothing.
    pub dry_run: bool,
}

impl Default for Importer {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), config: String::new(), dry_run: false }
    }
}

impl Importer {
    /// One with the usual configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// One with this configuration, as TOML.
    pub fn configured(config: &str) -> Self {
        Self { config: config.to_owned(), ..Self::default() }
    }

    /// Imports in this process.
    pub async fn run(&self, from: &str, shop: &Shop) -> Result<ImportCounts, Stopped> {
        let gateway = shop.gateway();
        self.run_into(from, Store::new(gateway.sdk(), gateway.table().unwrap())).await
    }

    /// Imports in this process into a table that is reached in a way of its own.
    pub async fn run_into(&self, from: &str, store: Store) -> Result<ImportCounts, Stopped> {
        let (rules, names) = Settings::read(Some(&self.config_file())).unwrap().split().unwrap();
        let source = Source::parse(from, names, 8).unwrap();
        let options = ImportOptions { rules, concurrency: 16, dry_run: self.dry_run };
        import::run(source, store, options, &self.refused_file()).await
    }

    /// Starts it as a process, which the test binary becomes when its test `importer_process` runs alone.
    pub fn spawn(&self, from: &str, shop: &Shop, more: &[&str]) -> Running {
        self.spawn_into(shop.gateway().table().unwrap(), from, shop, more)
    }

    /// Runs it as a process to its end: exit code, stdout, stderr.
    pub async fn process(&self, from: &str, shop: &Shop, more: &[&str]) -> (i32, String, String) {
        self.spawn(from, shop, more).outcome().await
    }

    /// The same, into a table that the shop may not have.
    pub async fn process_into(&self, table: &str, from: &str, shop: &Shop) -> (i32, String, String) {
        self.spawn_into(table, from, shop, &[]).outcome().await
    }

    /// The same, on a machine that knows of AWS no more than these variables.
    pub async fn process_on_aws(&self, from: &str, variables: &[(&str, &str)]) -> (i32, String, String) {
        let mut command = self.command(from, &["--table", "any"]);
        let known = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("AWS_"));
        for name in known {
            command.env_remove(name);
        }
        command.env("HOME", self.folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(variables.iter().copied());
        Running::start(command).outcome().await
    }

    fn spawn_into(&self, table: &str, from: &str, shop: &Shop, more: &[&str]) -> Running {
        let base = shop.gateway().base_url();
        Running::start(self.command(from, &[&["--table", table, "--local", &base], more].concat()))
    }

    fn command(&self, from: &str, more: &[&str]) -> Command {
        let (config, refused) = (self.config_file(), self.refused_file());
        let (config, refused) = (config.to_str().unwrap(), refused.to_str().unwrap());
        let known = ["order-chat-import", "--from", from, "--config", config, "--refused", refused];
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["importer_process", "--exact", "--ignored", "--nocapture"]);
        command.env(ARGUMENTS, serde_json::to_string(&[&known, more].concat()).unwrap());
        command
    }

    /// What the last run refused: the reason, by kind and id.
    pub fn refusals(&self) -> BTreeMap<(String, String), String> {
        let text = std::fs::read_to_string(self.refused_file()).unwrap_or_default();
        let line = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let field = |name: &str| line[name].as_str().unwrap().to_owned();
            ((field("kind"), field("id")), field("reason"))
        };
        text.lines().map(line).collect()
    }

    /// A file in its folder.
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn config_file(&self) -> PathBuf {
        self.file("config.toml", &self.config).into()
    }

    fn refused_file(&self) -> PathBuf {
        self.folder.path().join("refused.jsonl")
    }
}

/// An importer in a process of its own, which does not outlive its test.
pub struct Running(Option<Child>);

impl Running {
    fn start(mut command: Command) -> Self {
        Self(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    /// Waits until it ends by itself: exit code, stdout, stderr.
    pub async fn outcome(self) -> (i32, String, String) {
        let output = self.end().await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Whether it has not ended yet.
    pub fn runs(&mut self) -> bool {
        self.0.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.as_ref().unwrap().id()
    }

    /// Kills it; whether it still ran.
    pub fn kill(mut self) -> bool {
        let ran = self.runs();
        drop(self);
        ran
    }

    async fn end(mut self) -> Output {
        let child = self.0.take().unwrap();
        tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Becomes the importer, if that is what this process was started for.
pub fn become_importer() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let arguments: Vec<OsString> =
        serde_json::from_str::<Vec<String>>(&arguments).unwrap().into_iter().map(Into::into).collect();
    std::process::exit(import::main(arguments).into());
}

/// The order that an old one became.
pub fn shared_id(legacy_id: impl std::fmt::Display) -> SharedId {
    SharedId::from_legacy("shop", &legacy_id.to_string())
}

/// Everything in a shop's table, by key.
pub async fn table(shop: &Shop) -> BTreeMap<(String, String), String> {
    let mut all = BTreeMap::new();
    for item in items(shop).await {
        let key = |name: &str| item[name].as_s().unwrap().clone();
        let sorted: BTreeMap<_, _> = item.iter().map(|(name, value)| (name, ordered(value))).collect();
        all.insert((key("pk"), key("sk")), format!("{sorted:?}"));
    }
    all
}

/// Every item of a shop's table.
pub async fn items(shop: &Shop) -> Vec<HashMap<String, AttributeValue>> {
    let client = aws_sdk_dynamodb::Client::new(shop.gateway().sdk());
    let mut scan =
        client.scan().table_name(shop.gateway().table().unwrap()).consistent_read(true).into_paginator().items().send();
    let mut items = Vec::new();
    while let Some(item) = scan.next().await {
        items.push(item.unwrap());
    }
    items
}

/// A value in words that do not depend on the order of a hash map.
fn ordered(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(name, value)| (name, ordered(value))).collect();
            format!("{sorted:?}")
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(ordered).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

/// The most memory that a process has had so far, in megabytes.
pub fn peak_memory(process: u32) -> Option<u64> {
    memory(process, "VmHWM:").map(|bytes| bytes / 1024 / 1024)
}
