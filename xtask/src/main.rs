//! The project's tasks, one command each: `cargo xtask generate`, `cargo xtask test`,
//! `cargo xtask ci`, `cargo xtask bench`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod api_conformance;
mod bench;
mod ci;
mod debian;
#[cfg(test)]
mod doc_examples;
#[cfg(test)]
mod doc_paths;
mod fuzz;
mod gateway;
mod generate;
mod guard;
mod mariadb;
mod process_group;
mod profile;
mod python;
mod runtime_api;
mod sam;
mod shell;
mod side_by_side;
mod starts;
mod test;
mod web;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's tasks")]
struct Arguments {
    #[command(subcommand)]
    shell: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Generate files from the wire types: the client's TypeScript and the two API descriptions.
    Generate {
        /// Write nothing, and fail if a file is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Run every test, in parts of which two run at a time. Prints how long each took. Installs
    /// what it needs.
    Test {
        /// Run only this part and the parts it needs. This option may be repeated.
        #[arg(long, value_name = "PART")]
        only: Vec<String>,
        /// Run 20 times as many schedules and random cases, and fuzz 20 times as long.
        #[arg(long)]
        deep: bool,
    },
    /// Run one part of `test` in this process, without the parts it needs.
    #[command(hide = true)]
    Part { name: String },
    /// Run the checks that need no tests: format, lints, dependencies.
    Lint,
    /// Search for bytes that make a parser fail. Installs cargo-fuzz.
    Fuzz {
        /// Seconds for each target.
        #[arg(long, default_value_t = fuzz::SHORT)]
        seconds: u32,
    },
    /// Deploy to an emulator of AWS and run the journeys there.
    Sam,
    /// Measure the functions: size, cold start, first request to DynamoDB.
    Starts,
    /// Count the instructions of calls of the functions. Fails if one takes 5 % more than the
    /// committed number.
    Guard {
        /// Write the counted numbers to the file to commit.
        #[arg(long)]
        accept: bool,
    },
    /// Run all checks for a change: format, lints, dependencies, tests.
    Ci,
    /// Measure costs and speed beside a peer, and write `docs/benchmarks.md`. Takes a quarter of an
    /// hour on an otherwise idle machine.
    Bench {
        /// Arguments for the `bench` program, such as `--only compare` or `--quick`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Profile the processor time of a send. Writes its part of `docs/benchmarks.md` and a flame
    /// graph. Needs perf on Linux.
    Profile,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().shell {
        Chore::Generate { check: false } => generate::write(),
        Chore::Generate { check: true } => generate::check(),
        Chore::Test { only, deep } => test::run(&only, deep),
        Chore::Part { name } => test::run_part(&name),
        Chore::Lint => ci::lint(),
        Chore::Fuzz { seconds } => fuzz::run(seconds),
        Chore::Sam => sam::run(),
        Chore::Starts => starts::run(),
        Chore::Guard { accept } => guard::run(accept),
        Chore::Ci => ci::run(),
        Chore::Bench { arguments } => bench::run(&arguments),
        Chore::Profile => profile::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
