//! Against the limit: what a send takes beside the bare database operations it consists of, and beside a transaction.

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

/// How often the bare operations are made in a round.
const BARE: u32 = 2_000;
/// Conversations of the whole system, messages under way in it, and how long a round takes.
const CUSTOMERS: usize = 500;
const IN_FLIGHT: usize = 64;
const ROUND: Duration = Duration::from_secs(2);
/// Messages with AWS's latencies.
const SENDS: usize = 300;

/// Measured.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limit {
    /// Processor time of a send by the whole system, in microseconds.
    pub(crate) whole: Spread,
    /// Processor time of the bare operations of a send, in microseconds.
    pub(crate) bare: Spread,
    /// How many times the bare operations the whole is, measured in turns.
    pub(crate) ratio: Spread,
    /// Milliseconds from send to the other side's screen with AWS's latencies.
    pub(crate) send: Spread,
    /// 99 in a hundred are below this.
    pub(crate) send_p99: f64,
    /// The same with the two writes in a transaction.
    pub(crate) transaction: Spread,
    pub(crate) transaction_p99: f64,
}

/// Measures, with data below `folder`.
pub(crate) async fn measure(folder: &Path, rounds: usize, prices: &Prices) -> Result<Limit> {
    let turns = processor(folder, rounds).await?;
    let delaying = Interceptor::delaying(prices.latency);
    let (system, gateway) = System::inside(&folder.join("latency"), &delaying).await?;
    let table = BareTable::of(&system, &gateway, &delaying).await?;
    let workload = Workload::open(system, 40).await?;
    let (mut sends, mut transactions) = (Vec::new(), Vec::new());
    // In turns, so that whatever else the machine does falls on both.
    for n in 0..SENDS {
        sends.push(workload.send().await?.latency.as_secs_f64() * 1e3);
        let began = Instant::now();
        table.transacted(u64::try_from(n)?, prices).await?;
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
        transaction_p99: p99(&mut transactions),
        transaction: Spread::of(transactions),
    })
}

/// Microseconds of processor time: the whole system's for a message, then the bare requests', and so on in turns.
async fn processor(folder: &Path, rounds: usize) -> Result<Vec<(f64, f64)>> {
    let system = System::start(Kind::Ours, &folder.join("whole"), false).await?;
    let workload = Arc::new(Workload::open(system, CUSTOMERS).await?);
    let (system, gateway) = System::inside(&folder.join("bare"), &Interceptor::default()).await?;
    let table = BareTable::of(&system, &gateway, &Interceptor::default()).await?;
    let (mut number, mut turns) = (0, Vec::new());
    for _ in 0..rounds {
        let whole = 1e6 / flat_out(&workload, IN_FLIGHT, ROUND, false).await?.efficiency();
        let before = process::cpu(&system.processes)?;
        // Nothing but the SDK and the engine: the update, then the put, the two queries and the look for the message before.
        for _ in 0..BARE {
            table.sent(number).await?;
            number += 1;
        }
        let cpu: Duration = process::cpu(&system.processes)?.saturating_sub(before);
        turns.push((whole, cpu.as_secs_f64() * 1e6 / float(BARE)));
    }
    gateway.stop().await;
    Ok(turns)
}

/// A send's expressions, as the store has them, for both ways to write it.
const MOVE: &str = "SET n = :n, m = :m, #is = :active, im = :im, cg = :rate";
const MAY_SEND: &str = "n = :seen AND #is <> :closed AND (attribute_not_exists(cg) OR cg <= :now) AND cu = :me";
const ABSENT: &str = "attribute_not_exists(pk)";

/// The table without the system around it.
struct BareTable {
    client: Client,
    table: String,
    /// A real conversation's head, under a key of its own.
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

    /// A send's operations, as the store makes them.
    async fn sent(&self, seq: u64) -> Result<()> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key("bench", "Z")));
        let update = update.update_expression(MOVE);
        let update = update.condition_expression(MAY_SEND).set_expression_attribute_values(Some(self.values(seq)));
        let update = update.expression_attribute_names("#is", "is").return_values(ReturnValue::AllOld);
        update.send().await?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(self.entry(seq)));
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key("bench", &log(seq))));
        let put = async { anyhow::Ok(put.condition_expression(ABSENT).send().await?) };
        let get = async { anyhow::Ok(get.projection_expression("pk").consistent_read(true).send().await?) };
        try_join!(put, get, self.query_connections("U#somebody"), self.query_connections("U"))?;
        Ok(())
    }

    /// A send whose two writes are a transaction, then the queries, then a post that takes as long as it would.
    async fn transacted(&self, seq: u64, prices: &Prices) -> Result<()> {
        let update = Update::builder().table_name(&self.table).set_key(Some(key("bench", "Z")));
        let update = update.update_expression(MOVE);
        let update = update.condition_expression(MAY_SEND).set_expression_attribute_values(Some(self.values(seq)));
        let update = update.expression_attribute_names("#is", "is").build()?;
        let put = Put::builder().table_name(&self.table).set_item(Some(self.entry(seq)));
        let put = put.condition_expression(ABSENT).build()?;
        let writes =
            [TransactWriteItem::builder().update(update).build(), TransactWriteItem::builder().put(put).build()];
        self.client.transact_write_items().set_transact_items(Some(writes.into())).send().await?;
        try_join!(self.query_connections("U#somebody"), self.query_connections("U"))?;
        tokio::time::sleep(prices.latency.a_post()).await;
        Ok(())
    }

    async fn query_connections(&self, place: &str) -> Result<()> {
        let query = self.client.query().table_name(&self.table).key_condition_expression("pk = :u");
        query.expression_attribute_values(":u", text(place)).consistent_read(true).send().await?;
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
