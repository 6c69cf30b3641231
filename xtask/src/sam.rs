//! What `template.yaml` says is deployed and tested: SAM checks it and builds it, an emulator of AWS that is not ours takes
//! it from `sam deploy`, and the journeys that pass at the local gateway run there.
//!
//! The emulator is ministack: API Gateway, Lambda, IAM and DynamoDB in Python. Lambda starts the binaries that would go to
//! AWS and talks to them over the Runtime API, and IAM enforces the roles of the template.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Result, anyhow, ensure};

use crate::{python, shell};

mod events;
mod journeys;
mod ministack;
mod pages;
mod stack;

pub(crate) use ministack::Ministack;
use stack::Stack;

/// The origin that the deployed system lets browsers come from.
const ORIGIN: &str = "http://localhost";

/// How many systems the journeys are spread over: more than cores, since a journey waits most of its time.
const SYSTEMS: usize = 3;

/// Checks, builds, deploys, and runs the journeys.
pub(crate) fn run() -> Result<()> {
    Sam::install()?.build()?;
    deployed()?;
    journeys()
}

/// Deploys what was built, calls each function there, and uses the pages. Needs no Docker, and leaves nothing running.
pub(crate) fn deployed() -> Result<()> {
    let (sam, built) = (&Sam::install()?, &built());
    for template in ["template.yaml", "infra/observability.yaml", "infra/web.yaml"] {
        sam.run(&["validate", "--lint", "--template", template], |_| {})?;
    }
    let ministack = Ministack::start("deployed")?;
    let stack = Stack::deploy_twice(sam, built, &ministack)?;
    events::invoke_remotely(&stack, sam)?;
    events::invoke_locally(&stack, sam, built)?;
    pages::test(&stack)
}

/// Deploys what was built several times, each into an emulator of its own, and spreads the journeys over them.
pub(crate) fn journeys() -> Result<()> {
    let (sam, built) = (&Sam::install()?, &built());
    let names: Vec<String> = (1..=SYSTEMS).map(|number| format!("journeys-{number}")).collect();
    let ministacks = names.iter().map(|name| Ministack::start(name)).collect::<Result<Vec<_>>>()?;
    let stacks: Result<Vec<Stack<'_>>> = thread::scope(|scope| {
        let deploying: Vec<_> =
            ministacks.iter().map(|ministack| scope.spawn(|| Stack::deploy(sam, built, ministack))).collect();
        deploying.into_iter().map(|it| it.join().map_err(|_| anyhow!("a deployment has panicked"))?).collect()
    });
    journeys::run(&stacks?)
}

/// The folder of what [`Sam::build`] makes, with the template that refers to it.
pub(crate) fn built() -> PathBuf {
    shell::target().join("sam")
}

/// The SAM CLI, with cargo-lambda beside it.
pub(crate) struct Sam {
    programs: PathBuf,
}

impl Sam {
    pub(crate) fn install() -> Result<Self> {
        Ok(Self { programs: python::environment("sam", "xtask/sam/sam.txt")? })
    }

    /// Builds every function for this machine; the folder with the template that refers to them.
    pub(crate) fn build(&self) -> Result<PathBuf> {
        let folder = built();
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let overrides = format!("AllowedOrigins={ORIGIN} Architecture={architecture}");
        let into = folder.to_string_lossy();
        self.run(&["build", "--parameter-overrides", &overrides, "--build-dir", &into], |command| {
            // For the C library of this machine; by default cargo-lambda builds for that of Lambda, with zig as linker.
            command.env("CARGO_LAMBDA_COMPILER", "cargo").env("CARGO_TARGET_DIR", shell::target());
        })?;
        Ok(folder)
    }

    /// Runs `sam`.
    pub(crate) fn run(&self, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> Result<()> {
        eprintln!("\n> sam {}", arguments.join(" "));
        let mut command = self.command(arguments)?;
        prepare(&mut command);
        let status = command.status()?;
        ensure!(status.success(), "`sam {}` failed ({status})", arguments.join(" "));
        Ok(())
    }

    /// `sam` with these arguments, at the root, with its own programs first in the path.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = shell::command(self.programs.join("sam"), arguments);
        command.env("PATH", shell::path_with(&self.programs)?).env("SAM_CLI_TELEMETRY", "0");
        // Validation asks for one; nothing is sent there.
        command.env("AWS_DEFAULT_REGION", ministack::REGION);
        Ok(command)
    }
}

/// Where a script of ours for these tools is.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new("xtask/sam").join(name)
}
