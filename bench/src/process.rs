//! What a server's processes have used: processor time and memory, as the kernel counts them.

use std::time::Duration;

use anyhow::{Context, Result};

/// The kernel tells processor time in hundredths of a second, whatever its own clock does.
const TICKS: f64 = 100.0;

/// Processor time of these processes so far, in and for them, all threads.
pub(crate) fn cpu(processes: &[u32]) -> Result<Duration> {
    let mut ticks = 0;
    for process in processes {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name before may have anything in it, but for the last parenthesis.
        let (_, fields) = stat.rsplit_once(')').context("stat has no name")?;
        let used: Vec<u32> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        ticks += used.iter().sum::<u32>();
    }
    Ok(Duration::from_secs_f64(f64::from(ticks) / TICKS))
}

/// Resident memory of these processes, in bytes.
pub(crate) fn resident(processes: &[u32]) -> Result<u64> {
    let mut kilobytes = 0;
    for process in processes {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("status has no VmRSS")?;
        kilobytes += line.trim().trim_end_matches(" kB").parse::<u64>()?;
    }
    Ok(kilobytes * 1024)
}
