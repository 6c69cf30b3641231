//! The section on costs.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

use super::plot::{OURS, PEER, Series, THIRD, draw};
use crate::limit::Limit;
use crate::operations::{Operation, Operations};
use crate::prices::Prices;
use crate::results::Part;
use crate::spread::float;

/// Connection minutes for each message: two people exchange ten messages in ten minutes.
const MINUTES: f64 = 2.0;
const VOLUMES: [f64; 5] = [1e4, 1e5, 1e6, 1e7, 1e8];

/// Messages for each preflight: each of the two people sends half of the ten, and a browser keeps a
/// preflight for the address of a conversation's messages for at least as long.
const MESSAGES_A_PREFLIGHT: f64 = 5.0;

/// The cost of a million operations, in dollars.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bill {
    api_gateway: f64,
    preflights: f64,
    lambda: f64,
    writes: f64,
    reads: f64,
    logs: f64,
    transfer: f64,
}

/// The costs of the operations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bills {
    pub(crate) message: Bill,
    message_by_frame: Bill,
    first_of_a_minute: Bill,
    pub(crate) receipt: Bill,
    receipt_acknowledged: Bill,
}

impl Bills {
    pub(crate) fn of(operations: &Operations, limit: &Limit, prices: &Prices) -> Self {
        let by_frame = |operation: Operation, milliseconds: f64| Bill::of(operation, milliseconds, prices);
        let over_rest = |operation: Operation| Bill {
            api_gateway: f64::from(operation.metered) * prices.api_gateway.requests
                + f64::from(operation.traffic.posts) * prices.api_gateway.messages,
            preflights: prices.api_gateway.requests / MESSAGES_A_PREFLIGHT,
            ..Bill::of(operation, limit.rest.median, prices)
        };
        Self {
            message: over_rest(operations.message),
            message_by_frame: by_frame(operations.message_by_frame, limit.send.median),
            first_of_a_minute: over_rest(operations.first_of_a_minute),
            receipt: by_frame(operations.receipt, limit.receipt.median),
            receipt_acknowledged: by_frame(operations.receipt_acknowledged, limit.receipt.median),
        }
    }
}

impl Bill {
    /// The cost of an operation by frames, with one invocation of a function that takes so many
    /// milliseconds.
    fn of(operation: Operation, milliseconds: f64, prices: &Prices) -> Self {
        let Operation { traffic, metered, sent } = operation;
        Self {
            api_gateway: f64::from(metered + traffic.posts) * prices.api_gateway.messages,
            preflights: 0.0,
            lambda: prices.lambda.million_invocations(milliseconds / 1e3),
            writes: traffic.write * prices.dynamodb.million_writes,
            reads: traffic.read * prices.dynamodb.million_reads,
            logs: prices.logs.million_invocations(),
            // A million times a number of bytes is that number of megabytes.
            transfer: float(sent) / 1e3 * prices.transfer.gb,
        }
    }

    pub(crate) fn total(&self) -> f64 {
        self.api_gateway + self.preflights + self.lambda + self.writes + self.reads + self.logs + self.transfer
    }
}

pub(super) fn section(
    operations: &Part<Operations>,
    limit: &Part<Limit>,
    prices: &Prices,
    plots: &Path,
) -> Result<String> {
    let bills = Bills::of(&operations.measured, &limit.measured, prices);
    let mut page = format!("## Costs on AWS\n\n{}\n\n", operations.origin("cost"));
    writeln!(
        page,
        "The benchmark counts requests and units between the functions and the table, and bytes to the clients. Prices are those of \
         `bench/prices.toml` ({}, us-east-1, no free tier, no discount), for a million of each. Lambda is charged for the time that \
         passes until the other side has the push with AWS's latencies, without the function's own computing. Logs are {:.0} bytes an \
         invocation: of the answers one in {} is a line of {}, and a process writes a line of metrics of {} bytes in ten seconds, in \
         which it is assumed to answer {} events. Not included are storage, access logs, alarms and a dashboard; \
         [operating.md](operating.md#what-it-costs) has a whole month.\n",
        prices.date,
        prices.logs.bytes_an_invocation(),
        prices.logs.answers_a_line,
        prices.logs.bytes_an_answer,
        prices.logs.bytes_of_metrics,
        prices.logs.answers_a_line_of_metrics
    )?;
    writeln!(
        page,
        "The web client sends messages over REST and receipts by frames without an acknowledgement. The columns beside them are the \
         same by a frame and with an acknowledgement, measured in the same run. Before a browser sends a message over REST for the \
         first time in a conversation, it asks API Gateway with a preflight, and remembers the answer (Chromium for two hours, Firefox \
         for a day). One preflight is counted for {MESSAGES_A_PREFLIGHT} messages: two people exchange ten messages in ten minutes. A \
         client that is no web page sends none.\n"
    )?;
    table(&mut page, &operations.measured, &bills);

    let Bills { message, receipt, .. } = bills;
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
    page += &month(message.total() + receipt.total(), prices, plots)?;
    Ok(page)
}

fn table(page: &mut String, operations: &Operations, bills: &Bills) {
    *page += "| to one recipient | a message | … by a frame | … the first of an inbox minute | a read receipt | … acknowledged |\n\
              |---|---|---|---|---|---|\n";
    let Operations { message, message_by_frame, first_of_a_minute, receipt, receipt_acknowledged } = operations;
    let mut counted = |name: &str, of: fn(&Operation) -> f64| {
        let columns = [message, message_by_frame, first_of_a_minute, receipt, receipt_acknowledged];
        row(page, name, &columns.map(|it| of(it).to_string()));
    };
    counted("requests to DynamoDB", |it| f64::from(it.traffic.requests));
    counted("write units", |it| it.traffic.write);
    counted("read units", |it| it.traffic.read);
    counted("pushes", |it| f64::from(it.traffic.posts));
    counted("REST requests, or frames with acknowledgements", |it| f64::from(it.metered));
    counted("bytes to the clients", |it| float(it.sent));
    let mut dollars = |name: &str, of: fn(&Bill) -> f64| {
        let Bills { message, message_by_frame, first_of_a_minute, receipt, receipt_acknowledged } = bills;
        let columns = [message, message_by_frame, first_of_a_minute, receipt, receipt_acknowledged];
        row(page, name, &columns.map(|it| format!("${:.2}", of(it))));
    };
    dollars("API Gateway: request or frames, push", |it| it.api_gateway);
    dollars("API Gateway: preflights", |it| it.preflights);
    dollars("Lambda", |it| it.lambda);
    dollars("DynamoDB writes", |it| it.writes);
    dollars("DynamoDB reads", |it| it.reads);
    dollars("CloudWatch Logs", |it| it.logs);
    dollars("transfer", |it| it.transfer);
    dollars("**together**", Bill::total);
}

fn row(page: &mut String, name: &str, columns: &[String; 5]) {
    let _written = writeln!(page, "| {name} | {} |", columns.join(" | "));
}

/// The cost of a month by the number of messages. `dollars` is that of a million messages with their
/// receipts.
fn month(dollars: f64, prices: &Prices, plots: &Path) -> Result<String> {
    let mut page = String::new();
    let million = dollars + MINUTES * prices.api_gateway.connection_minutes;
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
