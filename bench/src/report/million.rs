//! The section that estimates a million connections.

use super::tab::tabs_at_quota;
use crate::results::Part;
use crate::tab::{Day, Tabs};

pub(super) fn section(tabs: Option<&Part<Tabs>>) -> String {
    let at_quota = |is_visible: bool| {
        let of_kind = |day: &&Day| day.kind.is_visible == is_visible;
        let days = tabs.iter().flat_map(|part| &part.measured.days).filter(of_kind);
        days.map(tabs_at_quota)
            .reduce(f64::min)
            .map_or_else(|| "not measured".to_owned(), |tabs| format!("{:.1} million", tabs / 1e6))
    };
    let (visible, hidden) = (at_quota(true), at_quota(false));
    format!(
        "\
## A million connections, calculated

This was calculated from the counts of [an open tab](#an-open-tab) and AWS's default quotas (developer guides of API Gateway and \
Lambda). A million clients are connected and mostly silent.

| what | needs | quota | limit |
|---|---|---|---|
| heartbeats, and all that an idle tab sends | a frame every four minutes of a visible tab, every nine and a half of a hidden one | 10,000 requests a second an account, REST requests and frames together | **{visible} visible tabs, {hidden} hidden ones** |
| new connections, each for at most two hours, with a ticket | 139 a second | 500 a second | 3.6 million, if they end evenly |
| all clients come back after an outage | 1,000,000 | 500 a second | all are back after 33 minutes |
| concurrent invocations: 5,700 a second of 20 ms each | 115 | 1,000 | 8.7 million |
| the admins' rows, read for each message and for each `ping` of a customer | one unit, for some dozens of connections | 3,000 units a second on one key | 3,000 messages a second, or 700,000 visible tabs of customers |
| the inbox: conversations whose minute changes | two units a change, in one status | 1,000 units a second on one key of the index | 500 to 1,000 changes a second |

So a million silent tabs stay below the **10,000 requests a second**, and messages take the rest. Before many millions of \
connections, these must change:

- The quota is raised on request.
- Clients spread their reconnects.
- The shop's presence, which each `ping` of a customer reads from the key of all admins, is kept by the function for a moment.
- Then the inbox's key of one status and the key of all admins must be split into shards that are read concurrently.

"
    )
}
