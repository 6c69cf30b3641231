//! Calls functions again and again, as EventBridge Scheduler does: the first time one period after
//! the start. A period that passes while the gateway does not run is not made up for.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::aws::{ACCOUNT, REGION, schedule_arn};
use crate::lambda::{Lambdas, MAX_TIMEOUT};
use crate::stopping::Stopping;
use crate::template::Schedule;

/// Calls the schedule's function until the gateway stops. `minute` is how long a minute takes.
pub(crate) async fn run(schedule: Schedule, minute: Duration, lambdas: Lambdas, stopping: Stopping) {
    let mut ticks = interval(minute * schedule.minutes);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is at once.
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stopping.wait() => return,
        }
        // A failure is logged by `call`, and the next period does what this one did not.
        let _answer = lambdas.call(&schedule.function, event(&schedule.function), MAX_TIMEOUT).await;
    }
}

fn event(function: &str) -> Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [schedule_arn(function)],
        "detail": "{}",
    })
}
