//! The section that estimates a million connections.

pub(super) const SECTION: &str = "\
## A million connections, on paper

Nobody has tried this; it is arithmetic with AWS's default quotas (API Gateway's and Lambda's developer guides). A million clients are connected and mostly silent.

| what | asks for | quota | binds at |
|---|---|---|---|
| REST: a client that hears nothing syncs every 60 s, one or two requests | 16,700 to 33,300 a second | 10,000 requests a second, all APIs of an account together | **300,000 to 600,000 connections** |
| new connections: one lives for at most two hours | 139 a second, and for each a ticket over REST | 500 a second | 3.6 million, if they end evenly |
| all come back at once after an outage | 1,000,000 | 500 a second | they are back after 33 minutes |
| calls under way: 35,000 a second of 20 ms each | 700 | 1,000 | 1.4 million |
| the admins' rows, read by each message | one unit a message, while dozens of the shop's connections fit into it | 3,000 units a second on one key | 3,000 messages a second |
| the inbox: conversations that become active in a minute | two units a move, in one status | 1,000 units a second on one key of the index | 500 to 1,000 moves a second |

So the **10,000 requests a second** bind first, and not for the messages but for the syncs of those who hear nothing. What changes before a million: the quota is
raised on request; the sync of a silent client goes from one minute to five, or rides in the answer of `ping`, which is a message rather than a request; clients spread their coming back. After that the
inbox's one key for a status and the admins' one key for all of them have to be split, by a shard in front, read side by side.

";
