//! The section that estimates a million connections.

pub(super) const SECTION: &str = "\
## A million connections, calculated

This was calculated, not measured, from AWS's default quotas (developer guides of API Gateway and Lambda). A million clients are \
connected and mostly silent.

| what | needs | quota | limit |
|---|---|---|---|
| syncs over REST: every 60 s, one or two requests a client | 16,700 to 33,300 a second | 10,000 requests a second an account | **300,000 to 600,000 connections** |
| new connections, each for at most two hours, with a ticket | 139 a second | 500 a second | 3.6 million, if they end evenly |
| all clients come back after an outage | 1,000,000 | 500 a second | all are back after 33 minutes |
| concurrent invocations: 35,000 a second of 20 ms each | 700 | 1,000 | 1.4 million |
| the admins' rows, read for each message | one unit a message, for some dozens of connections | 3,000 units a second on one key | 3,000 messages a second |
| the inbox: conversations whose minute changes | two units a change, in one status | 1,000 units a second on one key of the index | 500 to 1,000 changes a second |

So the **10,000 requests a second** are the first limit, and the syncs of silent clients reach it, not the messages. Before a \
million connections, these must change:

- The quota is raised on request.
- A silent client syncs every five minutes instead of every minute, or the answer of `ping` contains the sync: a message instead of a request.
- Clients spread their reconnects.
- Then the inbox's key of one status and the key of all admins must be split into shards that are read concurrently.

";
