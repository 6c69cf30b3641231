//! The project's chores, one command each: `cargo xtask generate`, `cargo xtask test`, `cargo xtask ci`,
//! `cargo xtask bench`.

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
#[command(name = "cargo xtask", about = "The project's chores")]
struct Arguments {
    #[command(subcommand)]
    shell: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Write what is made from the wire types: the client's TypeScript, the two API descriptions.
    Generate {
        /// Write nothing; fail where a file differs.
        #[arg(long)]
        check: bool,
    },
    /// Every test there is, in parts of which two run at a time; prints how long each took. Installs what it needs.
    Test {
        /// Only this part and what it needs; may be given more than once.
        #[arg(long, value_name = "PART")]
        only: Vec<String>,
        /// Twenty times as many schedules and random cases, and as long a search by the fuzzer.
        #[arg(long)]
        deep: bool,
    },
    /// One part of `test` alone, without what it needs.
    #[command(hide = true)]
    Part { name: String },
    /// What a change must pass before its tests: format, lints, dependencies.
    Lint,
    /// Look for bytes that a parser fails on; installs cargo-fuzz.
    Fuzz {
        /// For each of the targets.
        #[arg(long, default_value_t = fuzz::SHORT)]
        seconds: u32,
    },
    /// Deploy to an emulator of AWS, and run the journeys there.
    Sam,
    /// Measure the functions: size, start, first request to DynamoDB.
    Starts,
    /// Count the instructions of a call of the functions; fail where they are 5 % more than what is committed.
    Guard {
        /// Make what is counted the measure from now on.
        #[arg(long)]
        accept: bool,
    },
    /// What a change must pass: format, lints, dependencies, tests.
    Ci,
    /// What it costs and how fast it is, beside a peer; writes `docs/benchmarks.md`. Takes a quarter of an hour and a quiet machine.
    Bench {
        /// For the `bench` program: `--only compare`, `--quick`, …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Where a send's processor time goes; writes its part of `docs/benchmarks.md` and a flame graph. Needs Linux's perf.
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
