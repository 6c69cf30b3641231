//! The importer beside a program that writes the same items, as fast as the table takes them, and does nothing else.

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

/// One in so many orders was talked about, in so many messages.
const TALKED: usize = 4;
const MESSAGES: usize = 4;
/// Requests under way, of either.
const MAX_CONCURRENT: usize = 16;
/// As many as a request may write.
const BATCH: usize = 25;

/// Measured.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Import {
    /// In a round.
    pub(crate) orders: usize,
    /// What became of them.
    pub(crate) items: usize,
    /// Orders a second that came along.
    pub(crate) created: Spread,
    /// Orders a second that were found to be there already.
    pub(crate) unchanged: Spread,
    /// Orders a second whose items were only written.
    pub(crate) bare: Spread,
    /// How many times as long it took to import as to only write.
    pub(crate) ratio: Spread,
}

/// Measures, with data below `folder`.
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

/// An order as a file has it.
fn line(id: usize) -> String {
    let message = |number: usize| {
        json!({"id": id * 100 + number, "sender": {"id": if number.is_multiple_of(2) { "1" } else { "shop" }}, "readBy": ["shop"],
            "body": "A message of usual length, as people write them, is here", "createdAt": format!("2021-03-04T06:0{number}:00Z")})
    };
    let messages = if id.is_multiple_of(TALKED) { MESSAGES } else { 0 };
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
        ensure!(answer?.unprocessed_items.is_none_or(|left| left.is_empty()), "the table did not take everything");
    }
    Ok(began.elapsed())
}

fn table(gateway: &Gateway) -> Result<&str> {
    gateway.table().context("a system without a table")
}
