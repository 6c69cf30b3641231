//! How it grows: latency and units as conversations, inboxes, the shop and its connections become larger.

mod connections;
mod conversation;
mod inbox;

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde::{Deserialize, Serialize};

use crate::interceptor::Traffic;
use crate::spread::Spread;
use crate::system::System;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// What something takes at one size.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct AtSize {
    pub(crate) size: usize,
    /// Milliseconds.
    pub(crate) latency: Spread,
    /// Of one; none where it was not counted.
    pub(crate) passed: Option<Traffic>,
}

/// What something takes as something else grows.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) points: Vec<AtSize>,
}

/// All lines.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Growth {
    pub(crate) conversation: Vec<Line>,
    pub(crate) inbox: Vec<Line>,
    pub(crate) admins: Vec<Line>,
    pub(crate) connections: Vec<Line>,
}

/// Measures, with data below `folder`; with `quick` only the smaller half.
pub(crate) async fn measure(folder: &Path, quick: bool) -> Result<Growth> {
    let upto = |sizes: &[usize]| sizes[..if quick { 2 } else { sizes.len() }].to_vec();
    eprintln!("a conversation grows");
    let conversation =
        conversation::measure(&folder.join("conversation"), &upto(&[100, 1_000, 10_000, 100_000])).await?;
    eprintln!("an inbox grows");
    let inbox = inbox::measure(&folder.join("inbox"), &upto(&[100, 1_000, 10_000, 100_000])).await?;
    eprintln!("the shop's connections grow");
    let admins = connections::admins(&folder.join("admins"), &upto(&[1, 10, 100, 1_000, 5_000])).await?;
    eprintln!("all connections grow");
    let connections = connections::customers(&folder.join("connections"), &upto(&[100, 1_000, 5_000, 10_000])).await?;
    Ok(Growth { conversation, inbox, admins, connections })
}

/// Lines that get a point each at every size.
fn lines<const N: usize>(names: [&str; N]) -> [Line; N] {
    names.map(|name| Line { what: name.to_owned(), points: Vec::new() })
}

/// GETs `path` a few times as `token`'s owner; milliseconds.
async fn get(system: &System, token: &str, path: &str) -> Result<Spread> {
    let mut times = Vec::new();
    for _ in 0..15 {
        let began = Instant::now();
        let answer = system.http.get(format!("{}{path}", system.base)).bearer_auth(token).send().await?;
        let answer = answer.error_for_status()?.bytes().await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        ensure!(!answer.is_empty(), "an empty answer");
    }
    Ok(Spread::of(times))
}

/// Writes items past the system, many at a time.
async fn write(client: &Client, table: &str, items: impl Iterator<Item = Item>) -> Result<()> {
    let mut items = items.peekable();
    while items.peek().is_some() {
        let batch = items.by_ref().take(25).map(|item| {
            let put = PutRequest::builder().set_item(Some(item)).build()?;
            Ok(WriteRequest::builder().put_request(put).build())
        });
        let batch = batch.collect::<Result<Vec<_>>>()?;
        client.batch_write_item().request_items(table, batch).send().await?;
    }
    Ok(())
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn number(number: usize) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}
