//! Generates files for clients from the server's types, so that they always match.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::shell::root;

mod asyncapi;
mod openapi;
mod schema;
mod typescript;

/// The command, as the generated files name it.
const COMMAND: &str = "cargo xtask generate";

/// The path and the content of each file.
fn files() -> Result<[(&'static str, String); 3]> {
    Ok([
        ("web/src/protocol.ts", typescript::module()),
        ("docs/openapi.json", printed(&openapi::document()?)?),
        ("docs/asyncapi.json", printed(&asyncapi::document()?)?),
    ])
}

fn printed(document: &serde_json::Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

/// Writes every file that has changed.
pub(crate) fn write() -> Result<()> {
    for (path, text) in files()? {
        let file = root().join(path);
        if fs::read_to_string(&file).is_ok_and(|there| there == text) {
            continue;
        }
        let folder = file.parent().context("a generated file lies in a folder")?;
        fs::create_dir_all(folder)?;
        fs::write(&file, text).with_context(|| format!("{path} cannot be written"))?;
        eprintln!("wrote {path}");
    }
    Ok(())
}

/// Fails if a file differs from what the types generate.
pub(crate) fn check() -> Result<()> {
    let files = files()?;
    let stale = files.iter().filter(|(path, text)| fs::read_to_string(root().join(path)).ok().as_ref() != Some(text));
    let stale: Vec<_> = stale.map(|(path, _)| *path).collect();
    if !stale.is_empty() {
        bail!("out of date: {}; run `{COMMAND}` and commit", stale.join(", "));
    }
    Ok(())
}
