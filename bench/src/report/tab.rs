//! The section on open tabs.

use std::fmt::Write;

use anyhow::Result;

use crate::interceptor::Traffic;
use crate::prices::Prices;
use crate::results::Part;
use crate::tab::{Counts, DAYS, Day, HOURS, Kind, Tabs};

/// The duration of an invocation in seconds.
const INVOCATION: f64 = 0.02;

/// AWS's quota of requests a second for an account in a region. It counts REST requests and frames
/// of clients.
pub(super) const QUOTA: f64 = 10_000.0;

/// What a tab costs a month, in dollars.
#[derive(Clone, Copy)]
pub(super) struct Month {
    minutes: f64,
    messages: f64,
    requests: f64,
    lambda: f64,
    writes: f64,
    reads: f64,
    logs: f64,
    transfer: f64,
}

impl Month {
    pub(super) fn of(day: &Day, prices: &Prices) -> Self {
        let Day { counts, invocations, traffic, .. } = day;
        // Millions a month of what was counted on one day.
        let millions = |counted: f64| counted * f64::from(DAYS) / 1e6;
        Self {
            minutes: millions(counts.minutes) * prices.api_gateway.connection_minutes,
            messages: millions(frames(day)) * prices.api_gateway.messages,
            requests: millions(requests(day)) * prices.api_gateway.requests,
            lambda: millions(f64::from(*invocations)) * prices.lambda.million_invocations(INVOCATION),
            writes: millions(traffic.write) * prices.dynamodb.million_writes,
            reads: millions(traffic.read) * prices.dynamodb.million_reads,
            logs: millions(f64::from(*invocations)) * prices.logs.million_invocations(),
            transfer: millions(f64::from(counts.bytes)) / 1e3 * prices.transfer.gb,
        }
    }

    pub(super) fn total(&self) -> f64 {
        self.minutes
            + self.messages
            + self.requests
            + self.lambda
            + self.writes
            + self.reads
            + self.logs
            + self.transfer
    }
}

/// WebSocket messages a day, in both directions.
fn frames(day: &Day) -> f64 {
    f64::from(day.counts.sent + day.counts.received)
}

/// REST requests a day, with a browser's preflights.
fn requests(day: &Day) -> f64 {
    f64::from(day.counts.requests + day.counts.preflights)
}

/// How many such tabs reach the quota.
pub(super) fn tabs_at_quota(day: &Day) -> f64 {
    let seconds = f64::from(HOURS) * 3600.0;
    QUOTA * seconds / (requests(day) + f64::from(day.counts.sent + day.counts.connections))
}

fn name(day: &Day) -> String {
    let (who, how) = (day.kind.is_admin, day.kind.is_visible);
    format!("{}, {}", if who { "admin" } else { "customer" }, if how { "visible" } else { "hidden" })
}

pub(super) fn section(part: &Part<Tabs>, prices: &Prices) -> Result<String> {
    let days = &part.measured.days;
    let mut page = format!("## An open tab\n\n{}\n\n", part.origin("idle"));
    writeln!(
        page,
        "The web client itself is open for {HOURS} hours, with one conversation on the screen, and nothing happens. It runs in Node.js \
         with a virtual clock, against the functions in the local gateway, whose clock moves with it. So the numbers are counts, not \
         estimates, and hardly depend on the machine. A month has {DAYS} such days. Counted is everything: tickets, the first sync, the \
         connections that are replaced before API Gateway's two hours, preflights (Chromium keeps an answer for two hours), and the authorizer (asked again \
         after five minutes). The token is valid for the whole day. The customer has 3 orders, the shop 30 conversations. An \
         invocation is charged as {:.0} ms, and {:.0} bytes of logs.\n",
        INVOCATION * 1e3,
        prices.logs.bytes_an_invocation()
    )?;
    writeln!(page, "| a month | {} |", days.iter().map(name).collect::<Vec<_>>().join(" | "))?;
    page += "|---|---|---|---|---|\n";
    let month = |count: f64| format!("{:.0}", count * f64::from(DAYS));
    let mut row = |name: &str, of: &dyn Fn(&Day) -> String| {
        let cells: Vec<String> = days.iter().map(of).collect();
        let _written = writeln!(page, "| {name} | {} |", cells.join(" | "));
    };
    row("connection minutes", &|day| month(day.counts.minutes));
    row("WebSocket messages", &|day| month(frames(day)));
    row("REST requests and preflights", &|day| month(requests(day)));
    row("invocations", &|day| month(f64::from(day.invocations)));
    row("write units", &|day| month(day.traffic.write));
    row("read units", &|day| month(day.traffic.read));
    let dollars = |of: fn(&Month) -> f64| move |day: &Day| format!("${:.4}", of(&Month::of(day, prices)));
    row("API Gateway: connection minutes", &dollars(|it| it.minutes));
    row("API Gateway: messages", &dollars(|it| it.messages));
    row("API Gateway: REST", &dollars(|it| it.requests));
    row("Lambda", &dollars(|it| it.lambda));
    row("DynamoDB writes", &dollars(|it| it.writes));
    row("DynamoDB reads", &dollars(|it| it.reads));
    row("CloudWatch Logs", &dollars(|it| it.logs));
    row("transfer", &dollars(|it| it.transfer));
    row("**together**", &|day| format!("**${:.4}**", Month::of(day, prices).total()));
    let before = |day: &Day| BEFORE.iter().find(|before| before.kind == day.kind).copied().unwrap_or(*day);
    row("before", &|day| format!("${:.4}", Month::of(&before(day), prices).total()));
    row("before ÷ now", &|day| {
        format!("{:.1}", Month::of(&before(day), prices).total() / Month::of(day, prices).total())
    });
    row("tabs at 10,000 requests a second", &|day| format!("{:.1} million", tabs_at_quota(day) / 1e6));
    row("before", &|day| format!("{:.2} million", tabs_at_quota(&before(day)) / 1e6));
    writeln!(
        page,
        "\n*Before* is the client that sent a `ping` every 30 seconds and synced over REST after each silent minute (hidden: every five \
         and every ten minutes). Its days were counted once in the same way, on {BEFORE_DATE}. Now a visible page asks every four \
         minutes whether something has changed, a hidden one every nine and a half, and neither sends a REST request until the answer \
         is yes. With tokens that are valid for an hour a tab opens nine connections a day instead of five, and costs $0.0014 to $0.0016 \
         more a month, counted on the same day. A push that was lost is seen after four minutes at the latest on a visible page.\n"
    )?;
    Ok(page)
}

/// The date of [`BEFORE`].
const BEFORE_DATE: &str = "2026-11-26";

/// The days of the client before, counted in the same way.
const BEFORE: [Day; 4] = [
    Day {
        kind: Kind { is_admin: false, is_visible: true },
        counts: Counts {
            requests: 985,
            preflights: 504,
            connections: 5,
            sent: 969,
            received: 969,
            bytes: 158_254,
            minutes: 480.0,
            longest_silence: 30_000,
        },
        invocations: 2_079,
        traffic: Traffic { requests: 4_146, write: 218.0, read: 3_446.0, posts: 0 },
    },
    Day {
        kind: Kind { is_admin: false, is_visible: false },
        counts: Counts {
            requests: 119,
            preflights: 71,
            connections: 5,
            sent: 102,
            received: 102,
            bytes: 25_139,
            minutes: 480.0,
            longest_silence: 300_000,
        },
        invocations: 290,
        traffic: Traffic { requests: 678, write: 216.0, read: 413.5, posts: 0 },
    },
    Day {
        kind: Kind { is_admin: true, is_visible: true },
        counts: Counts {
            requests: 1_471,
            preflights: 511,
            connections: 5,
            sent: 964,
            received: 964,
            bytes: 181_509,
            minutes: 480.0,
            longest_silence: 34_750,
        },
        invocations: 2_563,
        traffic: Traffic { requests: 4_132, write: 219.0, read: 2_716.0, posts: 0 },
    },
    Day {
        kind: Kind { is_admin: true, is_visible: false },
        counts: Counts {
            requests: 175,
            preflights: 79,
            connections: 5,
            sent: 98,
            received: 98,
            bytes: 51_249,
            minutes: 480.0,
            longest_silence: 300_000,
        },
        invocations: 344,
        traffic: Traffic { requests: 672, write: 217.0, read: 339.0, posts: 0 },
    },
];
