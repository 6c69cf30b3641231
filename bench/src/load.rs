//! Load: at a pace that does not wait for answers, or as fast as answers come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::{join_all, try_join_all};
use hdrhistogram::Histogram;
use tokio::time::{MissedTickBehavior, interval};

use crate::spread::float;
use crate::workload::Workload;

/// What one round measured.
pub(crate) struct Round {
    /// Messages delivered.
    pub(crate) messages: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Processor seconds of the server and its database.
    pub(crate) cpu: f64,
    /// From send to the other side's screen, in microseconds.
    pub(crate) latencies: Histogram<u64>,
}

impl Round {
    /// Latency in milliseconds below which this share of the messages lies.
    pub(crate) fn milliseconds(&self, share: f64) -> f64 {
        float(self.latencies.value_at_quantile(share)) / 1e3
    }

    /// Messages for each second.
    pub(crate) fn throughput(&self) -> f64 {
        float(self.messages) / self.seconds
    }

    /// Messages for each processor second.
    pub(crate) fn efficiency(&self) -> f64 {
        float(self.messages) / self.cpu
    }
}

/// Sends `rate` messages a second, whether or not the ones before have arrived.
pub(crate) async fn paced(workload: &Arc<Workload>, rate: u32, duration: Duration) -> Result<Round> {
    let count = u64::from(rate) * duration.as_secs();
    let mut pace = interval(Duration::from_secs(1) / rate);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (cpu, began) = (workload.system.cpu()?, Instant::now());
    let mut under_way = Vec::new();
    for _ in 0..count {
        pace.tick().await;
        let workload = workload.clone();
        under_way.push(tokio::spawn(async move { workload.send().await }));
    }
    let mut latencies = histogram()?;
    for sent in join_all(under_way).await {
        latencies.record(micros(sent??.latency))?;
    }
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), workload.system.cpu()?.saturating_sub(cpu).as_secs_f64());
    Ok(Round { messages: count, seconds, cpu, latencies })
}

/// Keeps `in_flight` messages under way all the time; with `read`, each is also read by the other side.
pub(crate) async fn flat_out(
    workload: &Arc<Workload>,
    in_flight: usize,
    duration: Duration,
    read: bool,
) -> Result<Round> {
    let (cpu, began) = (workload.system.cpu()?, Instant::now());
    let done = Arc::new(AtomicU64::new(0));
    let workers = (0..in_flight).map(|_| {
        let (workload, done) = (workload.clone(), done.clone());
        tokio::spawn(async move {
            let mut latencies = histogram()?;
            while began.elapsed() < duration {
                let delivered = if read { workload.send_and_read().await? } else { workload.send().await? };
                latencies.record(micros(delivered.latency))?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(latencies)
        })
    });
    let mut latencies = histogram()?;
    for worker in try_join_all(workers).await? {
        latencies.add(worker?)?;
    }
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), workload.system.cpu()?.saturating_sub(cpu).as_secs_f64());
    let messages = done.load(Ordering::Relaxed);
    ensure!(messages > 0, "nothing was delivered");
    Ok(Round { messages, seconds, cpu, latencies })
}

/// From a microsecond to a minute, to three digits.
fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).clamp(1, 60_000_000)
}
