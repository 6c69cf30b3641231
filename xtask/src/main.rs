//! The project's chores, one command each: `cargo xtask generate`, `cargo xtask test`, `cargo xtask ci`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod chore;
mod ci;
#[cfg(test)]
mod examples;
mod generate;
mod mariadb;
#[cfg(test)]
mod paths;
mod python;
mod rest;
mod sam;
mod starts;
mod test;
mod web;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Write what is made from the wire types: the client's TypeScript, the two API descriptions.
    Generate {
        /// Write nothing; fail where a file differs.
        #[arg(long)]
        check: bool,
    },
    /// Every test there is; installs what it needs into `.venv`.
    Test,
    /// Deploy to an emulator of AWS, and run the journeys there.
    Sam,
    /// Measure the functions: size, start, first request to DynamoDB.
    Starts,
    /// What a change must pass: format, lints, dependencies, tests.
    Ci,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().chore {
        Chore::Generate { check: false } => generate::write(),
        Chore::Generate { check: true } => generate::check(),
        Chore::Test => test::run(),
        Chore::Sam => sam::test(),
        Chore::Starts => starts::measure(),
        Chore::Ci => ci::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
