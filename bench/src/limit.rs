//! Compares sending a message with its database operations alone, and with the same writes in a
//! transaction.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update};
use local::Gateway;
use serde::{Deserialize, Serialize};
use tokio::try_join;

use crate::interceptor::Interceptor;
use crate::load::flat_out;
use crate::prices::Prices;
use crate::process;
use crate::spread::{Spread, float};
use crate::system::{Kind, System};
use crate::workload::{Workload, order};

type Item = HashMap<String, AttributeValue>;

/// How often the operations of a send are made in one round.
const BARE_SENDS: u32 = 2_000;
/// Conversations of the whole system, messages in flight in it, and the time of a round.
const CUSTOMERS: usize = 500;
const IN_FLIGHT: usize = 64;
const ROUND: Duration = Duration::from_secs(2);
/// How many messages are sent with AWS's latencies.
const DELAYED_SENDS: usize = 300;

/// The result.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limit {
    /// Processor time of a send by the whole system, in microseconds.
    pub(crate) whole: Spread,
    /// Processor time of a send's database operations alone, in microseconds.
    pub(crate) bare: Spread,
    /// The whole system's time divided by that of the operations, measured in turns.
    pub(crate) ratio: Spread,
    /// Milliseconds from a send to the push at the other side, with AWS's latencies.
    pub(crate) send: Spread,
    /// The 99th percentile of `send`.
    pub(crate) send_p99: f64,
    /// The same, with a message that is sent over REST.
    #[serde(default)]
    pub(crate) rest: Spread,
    /// The 99th percentile of `rest`.
    #[serde(default)]
    pub(crate) rest_p99: f64,
    /// The same, with a read receipt.
    #[serde(default)]
    pub(crate) receipt: Spread,
    /// The same, with the two writes in a transaction.
    pub(crate) transaction: Spread,
    /// The 99th percentile of `transaction`.
    pub(crate) transaction_p99: f64,
}

/// Measures with data in `folder`.
pub(crate) async fn measure(folder: &Path, rounds: usize, prices: &Prices) -> Result<Limit> {
    let turns = processor(folder, rounds).await?;
    let delaying = Interceptor::delaying(prices.latency);
    let (system, gateway) = System::inside(&folder.join("latency"), &delaying).await?;
    let table = BareTable::of(&system, &gateway, &delaying).await?;
    let workload = Workload::open(system, 40).await?;
    let (mut sends, mut transactions) = (Vec::new(), Vec::new());
    let (mut over_rest, mut receipts) = (Vec::new(), Vec::new());
    // In turns, so that other load on the machine affects all.
    for n in 0..DELAYED_SENDS {
        sends.push(workload.send().await?.latency.as_secs_f64() * 1e3);
        let (customer, sent) = workload.send_over_rest().await?;
        over_rest.push(sent.latency.as_secs_f64() * 1e3);
        let read = workload.read_unacknowledged(customer, sent.seq).await?;
        receipts.push(read.latency.as_secs_f64() * 1e3);
        let began = Instant::now();
        table.send_in_transaction(u64::try_from(n)?, prices).await?;
        transactions.push(began.elapsed().as_secs_f64() * 1e3);
    }
    drop(workload);
    gateway.stop().await;
    Ok(Limit {
        whole: Spread::of(turns.iter().map(|turn| turn.0)),
        bare: Spread::of(turns.iter().map(|turn| turn.1)),
        ratio: Spread::of(turns.iter().map(|turn| turn.0 / turn.1)),
        send_p99: p99(&mut sends),
        send: Spread::of(sends),
        rest_p99: p99(&mut over_rest),
        rest: Spread::of(over_rest),
        receipt: Spread::of(receipts),
        transaction_p99: p99(&mut transactions),
        transaction: Spread::of(transactions),
    })
}

/// The processor time of a message in microseconds: of the whole system, and of the operations
/// alone. They are measured in turns.
async fn processor(folder: &Path, rounds: usize) -> Result<Vec<(f64, f64)>> {
    let system = System::start(Kind::Ours, &folder.join("whole"), false).await?;
    let workload = Arc::new(Workload::open(system, CUSTOMERS).await?);
    let (system, gateway) = System::inside(&folder.join("bare"), &Interceptor::default()).await?;
    let table = BareTable::of(&system, &gateway, &Interceptor::default()).await?;
    let (mut number, mut turns) = (0, Vec::new());
    for _ in 0..rounds {
        let whole = 1e6 / flat_out(&workload, IN_FLIGHT, ROUND, false).await?.efficiency();
        let before = process::cpu(&system.processes)?;
        // Only the SDK and the engine work here: the update, then concurrently the put, two queries
        // and the read of the log entry before.
        for _ in 0..BARE_SENDS {
            table.send(number).await?;
            number += 1;
        }
        let cpu: Duration = process::cpu(&system.processes)?.saturating_sub(before);
        turns.push((whole, cpu.as_secs_f64() * 1e6 / float(BARE_SENDS)));
    }
    gateway.stop().await;
    Ok(turns)
}

/// The update and condition expressions of a send, the same as in `store`.
const UPDATE: &str = "SET n = :n, m = :m, #is = :active, im = :im, cg = :rate";
const UPDATE_CONDITION: &str = "n = :seen AND #is <> :closed AND (attribute_not_exists(cg) OR cg <= :now) AND cu = :me";
const PUT_CONDITION: &str = "attribute_not_exists(pk)";

/// Access to the table without the functions.
struct BareTable {
    client: Client,
    table: String,
    /// The head of a real conversation, stored under another key.
    head: Item,
    message: AttributeValue,
}

impl BareTable {
    async fn of(system: &System, gateway: &Gateway, interceptor: &Interceptor) -> Result<Self> {
        order(system, &System::token("somebody", "customer")?).await?;
        let sdk = gateway.sdk();
        let http = interceptor.around(sdk.http_client().context("an SDK without a client")?);
        let client = Client::new(&sdk.to_builder().http_client(http).build());
        let table = gateway.table().context("a system without a table")?.to_owned();
        let items = client.scan().table_name(&table).send().await?.items.unwrap_or_default();
        let is_head = |item: &Item| item.get("sk") == Some(&text("Z"));
        let mut head = items.into_iter().find(is_head).context("an order without a head")?;
        head.insert("pk".to_owned(), text("bench"));
        head.insert("n".to_owned(), number(0));
        client.put_item().table_name(&table).set_item(Some(head.clone())).send().await?;
        let message = head.get("m").context("a head without its last message")?.clone();
        Ok(Self { client, table, head, message })
    }

    /// Makes the database operations of a send, like `store` does.
    async fn send(&self, seq: u64) -> Result<()> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key("bench", "Z")));
        let update = update.update_expression(UPDATE);
        let update =
            update.condition_expression(UPDATE_CONDITION).set_expression_attribute_values(Some(self.values(seq)));
        let update = update.expression_attribute_names("#is", "is").return_values(ReturnValue::AllOld);
        update.send().await?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(self.entry(seq)));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key("bench", &log(seq))));
        let put = async { anyhow::Ok(put.condition_expression(PUT_CONDITION).send().await?) };
        let get = async { anyhow::Ok(get.projection_expression("pk").consistent_read(false).send().await?) };
        try_join!(put, get, self.query_connections("U#somebody"), self.query_connections("U"))?;
        Ok(())
    }

    /// Makes the operations of a send with both writes in a transaction, and waits as long as a
    /// push takes.
    async fn send_in_transaction(&self, seq: u64, prices: &Prices) -> Result<()> {
        let update = Update::builder().table_name(&self.table).set_key(Some(key("bench", "Z")));
        let update = update.update_expression(UPDATE);
        let update =
            update.condition_expression(UPDATE_CONDITION).set_expression_attribute_values(Some(self.values(seq)));
        let update = update.expression_attribute_names("#is", "is").build()?;
        let put = Put::builder().table_name(&self.table).set_item(Some(self.entry(seq)));
        let put = put.condition_expression(PUT_CONDITION).build()?;
        let writes =
            [TransactWriteItem::builder().update(update).build(), TransactWriteItem::builder().put(put).build()];
        self.client.transact_write_items().set_transact_items(Some(writes.into())).send().await?;
        try_join!(self.query_connections("U#somebody"), self.query_connections("U"))?;
        tokio::time::sleep(prices.latency.random_push()).await;
        Ok(())
    }

    async fn query_connections(&self, pk: &str) -> Result<()> {
        let query = self.client.query().table_name(&self.table).key_condition_expression("pk = :u");
        query.expression_attribute_values(":u", text(pk)).consistent_read(true).send().await?;
        Ok(())
    }

    fn values(&self, seq: u64) -> Item {
        let value = |name: &str| self.head.get(name).cloned().unwrap_or(AttributeValue::Null(true));
        let values = [
            (":seen", number(seq)),
            (":n", number(seq + 1)),
            (":m", self.message.clone()),
            (":active", text("active")),
            (":closed", text("closed")),
            (":im", value("im")),
            (":now", number(seq + 1)),
            (":rate", number(seq + 1)),
            (":me", value("cu")),
        ];
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn entry(&self, seq: u64) -> Item {
        let mut entry = self.message.as_m().cloned().unwrap_or_default();
        entry.extend(key("bench", &log(seq + 1)));
        entry.insert("a".to_owned(), number(0));
        entry
    }
}

fn p99(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).copied().unwrap_or_default()
}

fn log(seq: u64) -> String {
    format!("L{seq:012}")
}

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
