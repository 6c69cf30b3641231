//! Reads the processor time and memory of processes from `/proc`.

use std::time::Duration;

use anyhow::{Context, Result};

/// The kernel reports processor time in hundredths of a second (`USER_HZ`).
const TICKS: f64 = 100.0;

/// The user and system time of these processes so far, with all threads.
pub(crate) fn cpu(processes: &[u32]) -> Result<Duration> {
    let mut ticks = 0;
    for process in processes {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The process name before these fields may contain anything, also a parenthesis.
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
