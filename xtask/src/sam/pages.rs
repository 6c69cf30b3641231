//! Tests the web client as CloudFront serves it: publishes it as the guide says, and uses it in a
//! browser.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::Stack;
use crate::{shell, web};

/// The guide with the commands that publish the pages.
const GUIDE: &str = "docs/deploying.md";

/// Publishes the pages, and lets two people write to each other there.
pub(crate) fn test(stack: &Stack<'_>) -> Result<()> {
    web::install_browser()?;
    let guide = fs::read_to_string(shell::root().join(GUIDE))?;
    let commands = guide.split("```sh\n").filter_map(|rest| rest.split_once("```")).map(|(block, _)| block);
    let publish = commands.into_iter().find(|block| block.contains("aws s3 sync"));
    let publish = publish.with_context(|| format!("{GUIDE} does not say how to publish the pages"))?;
    eprintln!("\n> {}", publish.trim_end().replace('\n', "\n> "));
    let mut shell = shell::command("sh", &["-e", "-c", publish]);
    stack.ministack.address(&mut shell);
    shell.env("PATH", shell::path_with(&stack.ministack.programs)?).env("WebFiles", &stack.web_files);
    ensure!(shell.status()?.success(), "the pages cannot be published");

    web::npm("web", &["run", "test:deployed"], |command| {
        command
            .env("ORDER_CHAT_EMULATOR", stack.ministack.endpoint())
            .env("ORDER_CHAT_WEB_URL", &stack.web_url)
            .env("ORDER_CHAT_WEB_FILES", &stack.web_files)
            .env("ORDER_CHAT_HTTP_URL", &stack.http_url)
            .env("ORDER_CHAT_JWT_SECRET", stack.secret);
    })
}
