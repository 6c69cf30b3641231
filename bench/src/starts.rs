//! The results of `cargo xtask starts`: cold starts of the functions, and the first request of one.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::spread::Spread;

/// Times are in milliseconds. Each ratio is of two times measured in the same round.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Starts {
    /// The start of a function that does nothing.
    pub(crate) nothing: Spread,
    pub(crate) functions: Vec<Function>,
    /// The first request to DynamoDB over TLS.
    pub(crate) first: Spread,
    pub(crate) second: Spread,
    pub(crate) ratio: Spread,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The size of the zip file in bytes.
    pub(crate) zip: u64,
    pub(crate) start: Spread,
    /// Its start divided by that of the function that does nothing.
    pub(crate) ratio: Spread,
}

/// The results file, with the times of each round.
#[derive(Deserialize)]
struct Rounds {
    nothing: Vec<f64>,
    functions: Vec<OfFunction>,
    first: Vec<f64>,
    second: Vec<f64>,
}

#[derive(Deserialize)]
struct OfFunction {
    name: String,
    zip: u64,
    starts: Vec<f64>,
}

/// Reads the results file.
pub(crate) fn read(file: &Path) -> Result<Starts> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let Rounds { nothing, functions, first, second } = serde_json::from_str(&text)?;
    let function = |it: OfFunction| Function {
        ratio: ratio(&it.starts, &nothing),
        start: Spread::of(it.starts),
        name: it.name,
        zip: it.zip,
    };
    Ok(Starts {
        functions: functions.into_iter().map(function).collect(),
        ratio: ratio(&first, &second),
        nothing: Spread::of(nothing),
        first: Spread::of(first),
        second: Spread::of(second),
    })
}

fn ratio(of: &[f64], to: &[f64]) -> Spread {
    Spread::of(of.iter().zip(to).map(|(of, to)| of / to))
}
