//! The section on costs.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::plot::{OURS, PEER, Series, THIRD, draw};
use crate::compare::Comparison;
use crate::interceptor::Traffic;
use crate::limit::Limit;
use crate::operations::Operations;
use crate::prices::Prices;
use crate::results::Part;
use crate::spread::float;

/// Connection minutes for each message: two people exchange ten messages in ten minutes.
const MINUTES: f64 = 2.0;
const VOLUMES: [f64; 5] = [1e4, 1e5, 1e6, 1e7, 1e8];

/// The cost of a million messages, in dollars.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bill {
    messages: f64,
    lambda: f64,
    writes: f64,
    reads: f64,
    logs: f64,
    transfer: f64,
}

impl Bill {
    /// The cost of a message: the frame, its acknowledgement and the pushes, and one invocation of
    /// a function that takes as long as a send on AWS.
    pub(crate) fn of_message(
        passed: Traffic,
        limit: &Part<Limit>,
        comparison: Option<&Part<Comparison>>,
        prices: &Prices,
    ) -> Self {
        let [bytes, _] = comparison.map_or([0, 0], |it| it.measured.wire.map(|wire| wire.answer + wire.joined));
        let seconds = limit.measured.send.median / 1e3;
        Self {
            messages: (2.0 + f64::from(passed.posts)) * prices.api_gateway.million_messages,
            lambda: prices.lambda.million_requests + 1e6 * seconds * prices.lambda.gb * prices.lambda.gb_second,
            writes: passed.write * prices.dynamodb.million_writes,
            reads: passed.read * prices.dynamodb.million_reads,
            // A million times a number of bytes is that number of megabytes.
            logs: prices.logs.bytes_an_invocation / 1e3 * prices.logs.gb,
            transfer: float(bytes) / 1e3 * prices.transfer.gb,
        }
    }

    pub(crate) fn total(&self) -> f64 {
        self.messages + self.lambda + self.writes + self.reads + self.logs + self.transfer
    }
}

pub(super) fn section(
    operations: &Part<Operations>,
    limit: &Part<Limit>,
    comparison: Option<&Part<Comparison>>,
    prices: &Prices,
    plots: &Path,
) -> Result<String> {
    let bill = |passed| Bill::of_message(passed, limit, comparison, prices);
    let Operations { message, first_of_a_minute, receipt } = operations.measured;
    let columns = [bill(message), bill(first_of_a_minute), bill(receipt)];
    let mut page = format!("## Costs on AWS\n\n{}\n\n", operations.origin("cost"));
    writeln!(
        page,
        "The benchmark counts requests and units between the functions and the table. Prices are those of `bench/prices.toml` ({}, us-east-1, \
         no free tier, no discount), for a million of each. Lambda is charged for the time a send takes with AWS's latencies, without \
         the function's own computing. Logs are {} bytes an invocation. Not included are storage, alarms and a dashboard; \
         [operating.md](operating.md#what-it-costs) has a whole month.\n",
        prices.date, prices.logs.bytes_an_invocation
    )?;
    page +=
        "| to one recipient | a message | the first message of an inbox minute | a read receipt |\n|---|---|---|---|\n";
    let mut counted = |name: &str, of: fn(&Traffic) -> f64| {
        let [a, b, c] = [message, first_of_a_minute, receipt].map(|it| of(&it));
        let _written = writeln!(page, "| {name} | {a} | {b} | {c} |");
    };
    counted("requests to DynamoDB", |it| f64::from(it.requests));
    counted("write units", |it| it.write);
    counted("read units", |it| it.read);
    counted("pushes", |it| f64::from(it.posts));
    let mut dollars = |name: &str, of: fn(&Bill) -> f64| {
        let [a, b, c] = columns.map(|it| of(&it));
        let _written = writeln!(page, "| {name} | ${a:.2} | ${b:.2} | ${c:.2} |");
    };
    dollars("API Gateway: frame, acknowledgement, push", |it| it.messages);
    dollars("Lambda", |it| it.lambda);
    dollars("DynamoDB writes", |it| it.writes);
    dollars("DynamoDB reads", |it| it.reads);
    dollars("CloudWatch Logs", |it| it.logs);
    dollars("transfer", |it| it.transfer);
    dollars("**together**", Bill::total);

    let [message, _, receipt] = columns;
    page += "\nCompared with the list prices of hosted services, for a million messages to one recipient:\n\n| service | dollars | source |\n|---|---|---|\n";
    writeln!(page, "| order-chat, messages alone | {:.2} | above |", message.total())?;
    writeln!(
        page,
        "| order-chat, with a read receipt for each message | {:.2} | above |",
        message.total() + receipt.total()
    )?;
    for hosted in &prices.hosted {
        writeln!(page, "| {} | {:.2} | {} |", hosted.name, hosted.million * hosted.messages, hosted.source)?;
    }
    page += "\nThe hosted services carry messages. Orders, the inbox, unread counts and access rights must be built and run beside them.\n\n";

    let million = message.total() + receipt.total() + MINUTES * prices.api_gateway.million_connection_minutes;
    let crossing = prices.server.month / million;
    writeln!(
        page,
        "**A month.** Each message is read with a receipt of its own, and stands for {MINUTES} minutes of connection: ${million:.2} a million \
         messages. A small server for Socket.IO, with its database, costs ${:.0} a month with any traffic. From about **{crossing:.1} million \
         messages a month** order-chat costs more than that server, as long as the server can carry the load.\n",
        prices.server.month
    )?;
    page += "| million messages a month | dollars | a small server |\n|---|---|---|\n";
    for volume in VOLUMES {
        let millions = volume / 1e6;
        writeln!(page, "| {millions} | {:.2} | {:.0} |", millions * million, prices.server.month)?;
    }
    page += "\n![A month's cost by messages](benchmarks/cost.svg)\n\n";
    plot(million, prices, plots)?;
    Ok(page)
}

fn plot(million: f64, prices: &Prices, plots: &Path) -> Result<()> {
    let mut series = vec![
        Series {
            name: "order-chat, on AWS".to_owned(),
            color: OURS,
            open: false,
            points: VOLUMES.map(|volume| (volume, volume / 1e6 * million)).to_vec(),
        },
        Series {
            name: "a small server with its database".to_owned(),
            color: PEER,
            open: false,
            points: VOLUMES.map(|volume| (volume, prices.server.month)).to_vec(),
        },
    ];
    if let Some(hosted) = prices.hosted.first() {
        series.push(Series {
            name: format!("{}, messages alone", hosted.name),
            color: THIRD,
            open: true,
            points: VOLUMES.map(|volume| (volume, volume / 1e6 * hosted.million * hosted.messages)).to_vec(),
        });
    }
    draw(&plots.join("cost.svg"), "A month's cost", ("messages a month", "dollars"), &series)
}
