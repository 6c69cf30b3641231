//! An inbox becomes long: the first page of one status, and of all.

use std::path::Path;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::Client;
use domain::SharedId;

use super::{AtSize, Item, Line, get, key, lines, text, write};
use crate::interceptor::Interceptor;
use crate::system::System;
use crate::workload::order;

/// Conversations that were last active in the same minute.
const A_MINUTE: usize = 10;

pub(super) async fn measure(folder: &Path, sizes: &[usize]) -> Result<Vec<Line>> {
    let interceptor = Interceptor::counting();
    let (system, gateway) = System::inside(folder, &interceptor).await?;
    let client = Client::new(gateway.sdk());
    let table = gateway.table().context("a system without a table")?;
    let conversation = order(&system, &System::token("somebody", "customer")?).await?;
    let shared_id = conversation.trim_matches('"').trim_start_matches("cnv_");
    let found = client.get_item().table_name(table).set_key(Some(key(shared_id, "Z"))).send().await?;
    let head = found.item.context("a conversation without a head")?;
    let minute = jiff::Timestamp::now().as_second() / 60;
    let token = System::token("admin", "admin")?;
    let [mut one, mut all] = lines(["page of 25 of one status", "page of 25 of all"]);
    let mut there = 1;
    for size in sizes.iter().copied() {
        write(&client, table, (there..size).map(|number| another(&head, number, minute))).await?;
        there = size;
        for (line, query) in [(&mut one, "?status=active"), (&mut all, "")] {
            let path = format!("/api/chat/conversations{query}");
            interceptor.take();
            get(&system, &token, &path).await?;
            let passed = Some(interceptor.take().each(15));
            let latency = get(&system, &token, &path).await?;
            line.points.push(AtSize { size, latency, passed });
        }
    }
    gateway.stop().await;
    Ok(vec![one, all])
}

/// A conversation like this one, of an earlier minute.
fn another(head: &Item, number: usize, minute: i64) -> Item {
    let shared_id = SharedId::from_random((number as u128).to_be_bytes());
    let minute = minute - i64::try_from(number / A_MINUTE).unwrap_or_default() - 1;
    let mut head = head.clone();
    head.insert("pk".to_owned(), text(shared_id.as_str()));
    head.insert("im".to_owned(), text(format!("{minute:010}#{}", shared_id.as_str())));
    head
}
