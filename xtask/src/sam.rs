//! Deploys `template.yaml` and tests it. SAM validates and builds it, `sam deploy` deploys it to an
//! emulator of AWS, and the journeys that pass at the local gateway run there.
//!
//! The emulator is ministack, a program of third parties: API Gateway, Lambda, IAM and DynamoDB in
//! Python. Its Lambda starts the binaries that would run on AWS and talks to them over the Runtime
//! API. Its IAM enforces the roles of the template.

use std::fs;
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

/// The origin that the deployed system allows for browsers.
const ORIGIN: &str = "http://localhost";

/// The number of systems that share the journeys. It is larger than the number of cores, because a
/// journey mostly waits.
const SYSTEMS: usize = 3;

/// Validates, builds, deploys, and runs the journeys.
pub(crate) fn run() -> Result<()> {
    Sam::install()?.build()?;
    deployed()?;
    journeys()
}

/// Deploys what was built, calls each function, and uses the pages. Needs no Docker, and leaves no
/// process running.
pub(crate) fn deployed() -> Result<()> {
    let (sam, built) = (&Sam::install()?, &built());
    for template in ["template.yaml", "infra/observability.yaml", "infra/web.yaml"] {
        sam.run("sam", &["validate", "--lint", "--template", template], |_| {})?;
    }
    let ministack = Ministack::start("deployed")?;
    let stack = Stack::deploy_twice(sam, built, &ministack)?;
    events::invoke_remotely(&stack, sam)?;
    events::invoke_locally(&stack, sam, built)?;
    pages::test(&stack)
}

/// Deploys what was built several times, each time into its own emulator, and distributes the
/// journeys.
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

/// The output folder of [`Sam::build`]. It contains the template that refers to the built
/// functions.
pub(crate) fn built() -> PathBuf {
    shell::target().join("sam")
}

/// The SAM CLI with cargo-lambda.
pub(crate) struct Sam {
    programs: PathBuf,
}

impl Sam {
    pub(crate) fn install() -> Result<Self> {
        Ok(Self { programs: python::environment("sam", "xtask/sam/sam.txt")? })
    }

    /// Builds every function for this machine. Returns the folder that [`built`] returns.
    ///
    /// SAM builds one function after the other, and linking uses one core. So cargo-lambda first
    /// builds all functions at once, and SAM finds them built. The authorizer is left to SAM: it has
    /// features of its dependencies that no other function has, and cargo would build all functions
    /// with them.
    pub(crate) fn build(&self) -> Result<PathBuf> {
        let mut arguments = vec!["build", "--release", "--bins"];
        let functions = functions()?;
        let at_once = functions.iter().filter(|function| *function != "authorizer");
        arguments.extend(at_once.flat_map(|function| ["--package", function]));
        self.run("cargo-lambda", &[&["lambda"], &arguments[..]].concat(), for_this_machine)?;
        let folder = built();
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let overrides = format!("AllowedOrigins={ORIGIN} Architecture={architecture}");
        let into = folder.to_string_lossy();
        let arguments = ["build", "--parameter-overrides", &overrides, "--build-dir", &into];
        self.run("sam", &arguments, for_this_machine)?;
        Ok(folder)
    }

    /// Runs a program of the SAM CLI and fails if it does.
    pub(crate) fn run(&self, program: &str, arguments: &[&str], prepare: impl FnOnce(&mut Command)) -> Result<()> {
        let line = format!("{program} {}", arguments.join(" "));
        eprintln!("\n> {line}");
        let mut command = self.command_of(program, arguments)?;
        prepare(&mut command);
        let status = command.status()?;
        ensure!(status.success(), "`{line}` failed ({status})");
        Ok(())
    }

    /// A command that runs `sam` at the root of the workspace, with its own programs first in the
    /// `PATH`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<Command> {
        self.command_of("sam", arguments)
    }

    fn command_of(&self, program: &str, arguments: &[&str]) -> Result<Command> {
        let mut command = shell::command(self.programs.join(program), arguments);
        command.env("PATH", shell::path_with(&self.programs)?).env("SAM_CLI_TELEMETRY", "0");
        // Validation needs a region, but sends nothing.
        command.env("AWS_DEFAULT_REGION", ministack::REGION);
        Ok(command)
    }
}

/// The functions: their folders have the names of their crates.
fn functions() -> Result<Vec<String>> {
    let folders = fs::read_dir(shell::root().join("functions"))?;
    let mut names =
        folders.map(|folder| Ok(folder?.file_name().to_string_lossy().into_owned())).collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Builds for the C library of this machine. By default cargo-lambda builds for Lambda's, with zig as
/// the linker.
fn for_this_machine(command: &mut Command) {
    command.env("CARGO_LAMBDA_COMPILER", "cargo").env("CARGO_TARGET_DIR", shell::target());
}

/// The path of a script in `xtask/sam`.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new("xtask/sam").join(name)
}
