//! Profiles sending a message: samples the stacks of the running server, sums them up by layer and
//! draws a flame graph.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::load::flat_out;
use crate::spread::float;
use crate::system::{Kind, System, root};
use crate::workload::Workload;

/// The number of conversations, and of messages in flight.
const CUSTOMERS: usize = 500;
const IN_FLIGHT: usize = 64;
/// The time before sampling, and the time of sampling.
const WARM_UP: Duration = Duration::from_secs(2);
const SAMPLE_TIME: Duration = Duration::from_secs(8);
/// Samples a second on each core. A prime number, so that samples do not coincide with periodic
/// work.
const FREQUENCY: &str = "1999";

/// The layers, with the prefixes of their functions' names. A function in no layer, such as the
/// allocator or the kernel, counts for the layer that calls it.
const LAYERS: [(&str, &[&str]); 4] = [
    ("the engine: dynoxide and SQLite", &["sqlite3", "dynoxide", "rusqlite"]),
    ("the AWS SDK", &["aws_s", "aws_runtime", "aws_config", "aws_credential"]),
    ("the functions", &["send_message", "store", "push", "runtime::", "protocol", "domain", "serde_dynamo", "lambda_"]),
    ("the gateway", &["local", "hyper", "tungstenite", "tokio_tungstenite"]),
];

/// The samples that belong to no layer.
const OTHER: &str = "threads, tasks and unknown";

/// The result.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Profile {
    /// Each layer's share of the processor time.
    pub(crate) layers: Vec<(String, f64)>,
    /// The sampled processor time.
    pub(crate) nanoseconds: u64,
}

/// Profiles a server under load, with its data in `folder`, and draws the flame graph.
pub(crate) async fn measure(folder: &Path) -> Result<Profile> {
    let workload = Arc::new(Workload::open(System::start(Kind::Ours, folder, false).await?, CUSTOMERS).await?);
    flat_out(&workload, IN_FLIGHT, WARM_UP, false).await?;
    let (recorded, stacks) = (folder.join("recorded"), folder.join("stacks"));
    let mut record = Command::new("perf");
    record.args(["record", "--event", "cpu-clock", "--freq", FREQUENCY, "--call-graph", "fp", "--output"]);
    record.arg(&recorded).arg("--pid").arg(workload.system.processes[0].to_string());
    record.args(["--", "sleep"]).arg(SAMPLE_TIME.as_secs().to_string());
    let (seen, sent) = tokio::join!(run(record), flat_out(&workload, IN_FLIGHT, SAMPLE_TIME + WARM_UP, false));
    seen?;
    sent?;
    drop(workload);

    let script = folder.join("script");
    let mut tell = Command::new("perf");
    tell.args(["script", "--input"]).arg(&recorded).stdout(File::create(&script)?);
    run(tell).await?;
    let mut fold = Command::new("inferno-collapse-perf");
    fold.arg("--all").arg(&script).stdout(File::create(&stacks)?);
    run(fold).await?;
    let mut draw = Command::new("inferno-flamegraph");
    draw.args(["--title", "A message, on one machine", "--minwidth", "0.3", "--width", "1400"]).arg(&stacks);
    draw.stdout(File::create(root().join("docs/benchmarks/flame.svg"))?);
    run(draw).await?;
    by_layer(&std::fs::read_to_string(stacks)?)
}

async fn run(mut command: Command) -> Result<()> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    // `output()` would replace the stdout that goes to a file.
    let child = command.stderr(Stdio::piped()).spawn().with_context(|| format!("{name} did not start"))?;
    let output = child.wait_with_output().await?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Sums up folded stacks of the form `outermost;…;innermost count`. The layer of the innermost
/// function that has one counts.
fn by_layer(folded: &str) -> Result<Profile> {
    let mut counts = [0u64; LAYERS.len() + 1];
    for line in folded.lines() {
        let (stack, count) = line.rsplit_once(' ').context("a stack without a count")?;
        let innermost = stack.rsplit(';').find_map(layer).unwrap_or(LAYERS.len());
        counts[innermost] += count.parse::<u64>()?;
    }
    let nanoseconds: u64 = counts.iter().sum();
    let share = |count: u64| float(count) / float(nanoseconds.max(1));
    let names = LAYERS.iter().map(|(name, _)| *name).chain([OTHER]);
    let layers = names.zip(counts).map(|(name, count)| (name.to_owned(), share(count)));
    Ok(Profile { layers: layers.collect(), nanoseconds })
}

fn layer(function: &str) -> Option<usize> {
    let name = function.trim_start_matches(['<', '&']).trim_start_matches("dyn ");
    let is_of = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    LAYERS.iter().position(|(_, starts)| is_of(starts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_counts_for_the_layer_nearest_to_its_inner_end() {
        let folded = "order-chat;std::thread;send_message::send;<aws_sdk_dynamodb::Client>::put;malloc 3\n\
                      order-chat;start;tokio::park;[k] futex 1\n";
        let profile = by_layer(folded).unwrap();
        assert_eq!((profile.nanoseconds, profile.layers[1].1, profile.layers[4].1), (4, 0.75, 0.25));
    }
}
