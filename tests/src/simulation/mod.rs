//! A deterministic simulation with injected faults: one seed gives one schedule.
//!
//! The functions and the AWS SDK are the real ones. Between them and the embedded engine is a
//! [`FaultInjector`]. It delays, refuses and loses requests, and ends invocations at any point.
//! Everything runs on one thread with a paused clock, so that only the seed decides the order of
//! events. [`SimulatedUser`]s act like clients. [`Observations`] record what the users were shown,
//! and are compared with the final state, promise by promise.

mod changes;
mod clock;
mod event;
mod fault_injector;
mod fault_plan;
mod held;
mod messages;
mod observations;
mod promises;
mod reading;
mod responses;
mod schedule;
mod simulated_user;
mod stale_reads;
mod stored;
mod written;

pub use fault_injector::FaultInjector;
pub use fault_plan::{Fault, FaultPlan, Mutation};
pub use observations::{NOTE_WRITER, Observations};
pub use simulated_user::SimulatedUser;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain::{Person, Role, SharedId};
use local::Gateway;
use runtime::{Context, Environment, Function, LambdaEvent, Start};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{Shop, as_json};
use clock::Clock;
use event::rest_event;
use fault_injector::{Arrival, Invocation, with_invocation};

/// The timeout of an invocation, as in the template.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The clock errors of a function's instances, in milliseconds.
const SKEWS: [i64; 3] = [0, -2_000, 2_000];

/// The functions, called as Lambda calls them, with a table of their own.
pub struct Simulation {
    gateway: Gateway,
    fault_injector: FaultInjector,
    functions: Functions,
    clock: Clock,
    delayed: RefCell<JoinSet<()>>,
    /// How many records of the stream were handled.
    handled: Cell<usize>,
    /// What the users observed.
    observations: Rc<RefCell<Observations>>,
    /// How many entries of each kind both logs have, after [`Simulation::broken_promises`].
    pub kinds: RefCell<BTreeMap<String, u64>>,
}

struct Functions {
    change_conversation: Instances,
    connect: Instances,
    conversations: Instances,
    create_order: Instances,
    deadlines: Instances,
    disconnect: Instances,
    notify: Instances,
    orders: Instances,
    send_message: Instances,
    signals: Instances,
}

/// Several instances of a function, whose clocks disagree.
pub(crate) struct Instances(Vec<Function>);

/// The answer of an invocation: status and body; `None` if the invocation ended early.
pub type Outcome = Option<(u16, Value)>;

impl Simulation {
    /// A simulation with an empty table and the faults of `plan`.
    pub async fn open(plan: FaultPlan) -> Self {
        let gateway = local::start(Shop::settings(), local::functions()).await.unwrap();
        let inner = gateway.sdk().http_client().unwrap();
        let fault_injector = FaultInjector::new(plan, inner);
        let sdk: SdkConfig = gateway
            .sdk()
            .to_builder()
            .http_client(SharedHttpClient::new(fault_injector.clone()))
            // The SDK's random back-off would make every run different.
            .retry_config(RetryConfig::standard().with_use_static_exponential_base(true))
            // It looks at every second that passes, also when days do.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let environment: Environment = [
            ("ARCHIVE_AFTER_DAYS".to_owned(), "30".to_owned()),
            ("TABLE_NAME".to_owned(), gateway.table().unwrap().to_owned()),
            ("WEBSOCKET_URL".to_owned(), gateway.websocket_url().unwrap().to_owned()),
            ("EDIT_MINUTES".to_owned(), "15".to_owned()),
            ("LOG_SAMPLING".to_owned(), "20".to_owned()),
        ]
        .into_iter()
        .collect();
        let clock = Clock::start();
        let instance = |start: Start, skew: i64| {
            let time = SharedTimeSource::new(clock.off_by(skew));
            start(&environment, &sdk.to_builder().time_source(time).build()).unwrap()
        };
        let start = |start: Start| Instances(SKEWS.into_iter().map(|skew| instance(start, skew)).collect());
        let functions = Functions {
            change_conversation: start(change_conversation::start),
            connect: start(connect::start),
            conversations: start(conversations::start),
            create_order: start(create_order::start),
            deadlines: start(deadlines::start),
            disconnect: start(disconnect::start),
            notify: start(notify::start),
            orders: start(orders::start),
            send_message: start(send_message::start),
            signals: start(signals::start),
        };
        let (delayed, handled) = (RefCell::default(), Cell::new(0));
        let (observations, kinds) = (Rc::default(), RefCell::default());
        Self { gateway, fault_injector, functions, clock, delayed, handled, observations, kinds }
    }

    /// The injector of its faults.
    pub fn fault_injector(&self) -> &FaultInjector {
        &self.fault_injector
    }

    /// The current time in milliseconds since 1970, by the correct clock.
    pub fn now_millis(&self) -> i64 {
        self.clock.millis()
    }

    /// Sets the clocks of all functions forward by this many milliseconds, or back if negative.
    pub fn step_clocks(&self, millis: i64) {
        self.clock.step(millis);
    }

    /// The answer to one request of `person` on `route`, as the template spells it.
    pub async fn rest(&self, person: &Person, route: &str, id: &str, query: &str, body: &Value) -> (u16, Value) {
        let event = rest_event(person, self.now_millis(), route, id, query, None, body);
        self.call(self.function(route), event).await.unwrap_or_default()
    }

    /// The function behind a route.
    fn function(&self, route: &str) -> &Instances {
        match route {
            "POST /api/chat/conversations/{id}/messages" => &self.functions.send_message,
            "POST /api/chat/conversations/{id}/read" => &self.functions.signals,
            "PATCH /api/chat/conversations/{id}"
            | "POST /api/chat/conversations/{id}/desk"
            | "POST /api/chat/conversations/{id}/messages/{seq}/changes" => &self.functions.change_conversation,
            "POST /api/sales" => &self.functions.create_order,
            _ if route.contains("/sales/") => &self.functions.orders,
            _ => &self.functions.conversations,
        }
    }

    /// One run of `deadlines`, as its schedule calls it. Returns whether it came to its end.
    pub async fn sweep(&self) -> bool {
        let event = json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event", "detail": "{}" });
        self.call(&self.functions.deadlines, event).await.is_some_and(|(status, _)| status == 200)
    }

    /// One batch of the table's stream for `notify`. Returns whether it was handled.
    pub async fn notify(&self, records: &[Value]) -> bool {
        let event = json!({ "Records": records });
        self.call(&self.functions.notify, event).await.is_some_and(|(status, _)| status == 200)
    }

    /// The items of the table, in DynamoDB's JSON, by their keys.
    pub async fn items(&self) -> BTreeMap<(String, String), Value> {
        let scan = Client::new(self.gateway.sdk()).scan().table_name(self.gateway.table().unwrap());
        let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
        let keyed = |item: HashMap<String, AttributeValue>| {
            let text = |name: &str| item[name].as_s().unwrap().clone();
            ((text("pk"), text("sk")), as_json(&AttributeValue::M(item.clone()))["M"].take())
        };
        items.into_iter().map(keyed).collect()
    }

    /// The minutes of the due list.
    pub async fn due_minutes(&self) -> Vec<i64> {
        let items = self.items().await;
        let of_list = items.keys().filter(|(pk, sk)| pk == "D" && sk != "-");
        of_list.map(|(_, sk)| sk.split('#').next().unwrap().parse().unwrap()).collect()
    }

    /// Ends all faults, and waits for the delayed invocations.
    pub async fn stop_faults(&self) {
        self.fault_injector.stop_faults();
        let mut delayed = self.delayed.take();
        while let Some(ended) = delayed.join_next().await {
            ended.unwrap();
        }
    }

    /// Stops the gateway.
    pub async fn close(self) {
        self.gateway.stop().await;
    }

    /// A person with this id.
    pub fn person(id: &str, role: Role) -> Person {
        Person { user_id: id.to_owned(), role, name: id.to_owned() }
    }

    /// Calls a function with an event. The plan may deliver the event twice at the same time, or
    /// delayed, when its sender has given up.
    async fn call(&self, function: &Instances, event: Value) -> Outcome {
        self.deliver(function, event).await.0
    }

    /// As [`Simulation::call`]. Also returns whether the event arrives only once and at once.
    async fn deliver(&self, function: &Instances, event: Value) -> (Outcome, bool) {
        let instance = || function.0[self.fault_injector.instance(function.0.len())].clone();
        match self.fault_injector.arrival() {
            Arrival::Once => (invoke(self.fault_injector.clone(), instance(), event).await, true),
            Arrival::Twice => {
                let one = invoke(self.fault_injector.clone(), instance(), event.clone());
                let (one, other) = tokio::join!(one, invoke(self.fault_injector.clone(), instance(), event));
                (one.or(other), false)
            }
            Arrival::Late(delay) => {
                let invocation = invoke(self.fault_injector.clone(), instance(), event);
                self.delayed.borrow_mut().spawn(async move {
                    tokio::time::sleep(delay).await;
                    invocation.await;
                });
                (None, false)
            }
        }
    }

    /// The shared id of the order that `person` places with this idempotency key.
    pub fn shared_id(person: &Person, key: &str) -> SharedId {
        SharedId::from_idempotency_key(person, key)
    }
}

/// Runs one invocation. Returns `None` if it ends early.
async fn invoke(fault_injector: FaultInjector, function: Function, event: Value) -> Outcome {
    let invocation = Invocation::begin();
    let last_poll = fault_injector.last_poll();
    let answer = async { function.call(LambdaEvent::new(event, Context::default())).await };
    let answer = tokio::select! {
        biased;
        () = invocation.ended_in_the_middle() => return None,
        () = fault_injector.invocations_end() => return None,
        () = tokio::time::sleep(TIMEOUT) => return None,
        answer = until_poll(&fault_injector, last_poll, with_invocation(&invocation, answer)) => answer?,
    };
    fault_injector.finish(&invocation).await;
    // After a function error the gateway answers 500.
    let Ok(answer) = answer else { return Some((500, Value::Null)) };
    // A function that nobody waits for answers nothing.
    let status = answer["statusCode"].as_u64().unwrap_or(200);
    let body = answer["body"].as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    Some((u16::try_from(status).unwrap(), body))
}

/// Runs `future`, but stops it at its poll number `last`, or at the poll that the plan names. So an
/// invocation can end at any await. Returns `None` if it was stopped.
async fn until_poll<T>(
    fault_injector: &FaultInjector,
    last: Option<usize>,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|context| {
        if last == Some(polls) || fault_injector.ends_at_this_poll() {
            return Poll::Ready(None);
        }
        polls += 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}
