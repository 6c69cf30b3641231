//! A conversation becomes long: sending in it, its newest page, one from its middle.

use std::path::Path;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::Client;

use super::{AtSize, Line, get, key, lines, number, text, write};
use crate::interceptor::Interceptor;
use crate::spread::Spread;
use crate::system::System;
use crate::workload::Workload;

/// Messages sent at each size. Nobody is limited: a burst may have 20 of each side.
const SENDS: usize = 16;

pub(super) async fn measure(folder: &Path, sizes: &[usize]) -> Result<Vec<Line>> {
    let interceptor = Interceptor::counting();
    let (system, gateway) = System::inside(folder, &interceptor).await?;
    let client = Client::new(gateway.sdk());
    let table = gateway.table().context("a system without a table")?;
    let token = System::token("customer0", "customer")?;
    let [mut send, mut newest, mut middle] = lines(["send", "newest page of 50", "page of 50 from the middle"]);
    // A world for each size: a limit that was reached before is not for the next.
    let mut workload = Workload::open(system, sizes.len()).await?;
    for (index, size) in sizes.iter().copied().enumerate() {
        let customer = &mut workload.customers[index];
        let token = if index == 0 { token.clone() } else { System::token(&format!("customer{index}"), "customer")? };
        let shared_id = customer.conversation.trim_matches('"').trim_start_matches("cnv_").to_owned();
        let found = client.get_item().table_name(table).set_key(Some(key(&shared_id, "Z"))).send().await?;
        let head = found.item.context("a conversation without a head")?;
        let said = head.get("m").and_then(|said| said.as_m().ok()).context("a head without its last message")?.clone();
        let entries = (2..=size).map(|seq| {
            let mut entry = said.clone();
            // Shown as text: what a system message reports is not of interest here.
            entry.remove("y");
            entry.insert("b".to_owned(), text("A message of usual length, as people write them, is here"));
            entry.insert("a".to_owned(), number(0));
            entry.extend(key(&shared_id, &format!("L{seq:012}")));
            entry
        });
        write(&client, table, entries).await?;
        let update =
            client.update_item().table_name(table).set_key(Some(key(&shared_id, "Z"))).update_expression("SET n = :n");
        update.expression_attribute_values(":n", number(size)).send().await?;
        customer.holds(size)?;

        let customer = &workload.customers[index];
        workload.say(customer, true).await?;
        interceptor.take();
        workload.say(customer, false).await?;
        let passed = Some(interceptor.take());
        let mut times = Vec::new();
        for n in 0..SENDS {
            times.push(workload.say(customer, n % 2 == 0).await?.latency.as_secs_f64() * 1e3);
        }
        send.points.push(AtSize { size, latency: Spread::of(times), passed });
        let path = format!("/api/chat/conversations/cnv_{shared_id}/messages");
        for (line, query) in [(&mut newest, String::new()), (&mut middle, format!("?after={}&limit=50", size / 2))] {
            interceptor.take();
            get(&workload.system, &token, &format!("{path}{query}")).await?;
            // Fifteen times the same.
            let passed = Some(interceptor.take().each(15));
            let latency = get(&workload.system, &token, &format!("{path}{query}")).await?;
            line.points.push(AtSize { size, latency, passed });
        }
    }
    drop(workload);
    gateway.stop().await;
    Ok(vec![send, newest, middle])
}
