//! Compares the importer with a program that only writes the same items, as fast as the table
//! accepts them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures_util::{StreamExt, stream};
use import::{ImportCounts, ImportOptions, Settings, Source};
use local::Gateway;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Store;

use crate::growth::Item;
use crate::interceptor::Interceptor;
use crate::spread::{Spread, float};
use crate::system::System;

/// One order in `ORDERS_PER_CONVERSATION` has a conversation, with `MESSAGES` messages.
const ORDERS_PER_CONVERSATION: usize = 4;
const MESSAGES: usize = 4;
/// Concurrent requests, of the importer and of the other program.
const MAX_CONCURRENT: usize = 16;
/// The maximum number of items in a `BatchWriteItem` request.
const BATCH: usize = 25;

/// The result.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Import {
    /// Orders in each round.
    pub(crate) orders: usize,
    /// Items that they become.
    pub(crate) items: usize,
    /// Imported orders a second.
    pub(crate) created: Spread,
    /// Orders a second in a second import, which finds nothing new.
    pub(crate) unchanged: Spread,
    /// Orders a second when their items are only written.
    pub(crate) bare: Spread,
    /// The import's time divided by the time of only writing.
    pub(crate) ratio: Spread,
}

/// Measures with data in `folder`.
pub(crate) async fn measure(folder: &Path, rounds: usize, quick: bool) -> Result<Import> {
    let orders = if quick { 500 } else { 4_000 };
    std::fs::create_dir_all(folder)?;
    let file = folder.join("orders.jsonl");
    std::fs::write(&file, (1..=orders).map(|id| line(id) + "\n").collect::<String>())?;
    let (mut turns, mut items) = (Vec::new(), 0);
    for round in 0..rounds {
        let (_, gateway) = System::inside(&folder.join(format!("import{round}")), &Interceptor::default()).await?;
        let (created, created_in) = import(&gateway, &file).await?;
        let (again, unchanged_in) = import(&gateway, &file).await?;
        ensure!(created.created == again.unchanged && again.unchanged == orders as u64, "{created:?}, then {again:?}");
        let all = scan(&gateway).await?;
        gateway.stop().await;
        items = all.len();
        let (_, gateway) = System::inside(&folder.join(format!("bare{round}")), &Interceptor::default()).await?;
        let bare_in = write(&gateway, all).await?;
        gateway.stop().await;
        turns.push([created_in, unchanged_in, bare_in].map(|took| took.as_secs_f64()));
    }
    let rate = |which: usize| Spread::of(turns.iter().map(|turn| float(orders) / turn[which]));
    let ratio = Spread::of(turns.iter().map(|[created, _, bare]| created / bare));
    Ok(Import { orders, items, created: rate(0), unchanged: rate(1), bare: rate(2), ratio })
}

/// An order as a line of the JSON Lines file.
fn line(id: usize) -> String {
    let message = |number: usize| {
        json!({"id": id * 100 + number, "sender": {"id": if number.is_multiple_of(2) { "1" } else { "shop" }}, "readBy": ["shop"],
            "body": "A message of usual length, as people write them, is here", "createdAt": format!("2021-03-04T06:0{number}:00Z")})
    };
    let messages = if id.is_multiple_of(ORDERS_PER_CONVERSATION) { MESSAGES } else { 0 };
    let conversation = json!({"participants": [{"id": "shop", "role": "admin", "name": "Grace"}],
        "messages": (0..messages).map(message).collect::<Vec<_>>()});
    let order = json!({"id": id, "number": format!("S-{id}"), "status": "pending", "createdAt": "2021-03-04T05:06:07Z",
        "customer": {"id": 1, "name": "Ann"}, "items": [{"title": "Desk lamp", "unitPrice": "12.50", "quantity": 2}],
        "conversations": [conversation]});
    order.to_string()
}

async fn import(gateway: &Gateway, file: &Path) -> Result<(ImportCounts, Duration)> {
    let (rules, names) = Settings::default().split()?;
    let source = Source::parse(&file.to_string_lossy(), names, 0)?;
    let store = Store::new(gateway.sdk(), table(gateway)?);
    let refused: PathBuf = file.with_file_name("refused.jsonl");
    let began = Instant::now();
    let import_counts =
        import::run(source, store, ImportOptions { rules, concurrency: MAX_CONCURRENT, dry_run: false }, &refused)
            .await?;
    Ok((import_counts, began.elapsed()))
}

async fn scan(gateway: &Gateway) -> Result<Vec<Item>> {
    let pages = Client::new(gateway.sdk()).scan().table_name(table(gateway)?).into_paginator().items().send();
    Ok(pages.try_collect().await?)
}

async fn write(gateway: &Gateway, items: Vec<Item>) -> Result<Duration> {
    let (client, table) = (Client::new(gateway.sdk()), table(gateway)?);
    let puts = items.into_iter().map(|item| {
        let put = PutRequest::builder().set_item(Some(item)).build()?;
        Ok(WriteRequest::builder().put_request(put).build())
    });
    let puts = puts.collect::<Result<Vec<_>>>()?;
    let began = Instant::now();
    let requests =
        puts.chunks(BATCH).map(|batch| client.batch_write_item().request_items(table, batch.to_vec()).send());
    let mut answers = stream::iter(requests).buffer_unordered(MAX_CONCURRENT);
    while let Some(answer) = answers.next().await {
        ensure!(answer?.unprocessed_items.is_none_or(|left| left.is_empty()), "the table left items unprocessed");
    }
    Ok(began.elapsed())
}

fn table(gateway: &Gateway) -> Result<&str> {
    gateway.table().context("a system without a table")
}
