//! A world in which things go wrong, the same way every time for the same seed.
//!
//! The functions are the real ones and so is the SDK; between them and the embedded engine sits [`Chaos`], which delays, refuses and
//! loses requests, and ends invocations in the middle. Everything runs on one thread under a stopped clock, so that the only order
//! there is comes from the seed. [`Actor`]s do what clients do, a [`Ledger`] remembers what they were told, and the
//! ledger is held against the final state, promise by promise.

mod actor;
mod chaos;
mod event;
mod ledger;

pub use actor::Actor;
pub use chaos::{Chaos, Fault, Mutation, Plan};
pub use ledger::Ledger;

use std::cell::RefCell;
use std::rc::Rc;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use domain::{Person, Role, Twin};
use local::Gateway;
use runtime::{Context, Environment, Function, LambdaEvent, Start};
use serde_json::Value;

use crate::Shop;
use chaos::{Invocation, with_invocation};

/// The functions, called as Lambda would, in front of a table of their own.
pub struct World {
    gateway: Gateway,
    chaos: Chaos,
    functions: Functions,
    /// What clients were told.
    pub ledger: Rc<RefCell<Ledger>>,
}

struct Functions {
    connect: Function,
    conversations: Function,
    create_order: Function,
    disconnect: Function,
    orders: Function,
    send_message: Function,
    signals: Function,
}

/// The answer of an invocation: status and body; nothing if it ended in the middle.
pub type Outcome = Option<(u16, Value)>;

impl World {
    /// A world with an empty table in which `plan` decides what goes wrong.
    pub async fn open(plan: Plan) -> Self {
        let gateway = local::start(Shop::settings(), local::functions()).await.unwrap();
        let inner = gateway.sdk().http_client().unwrap();
        let chaos = Chaos::new(plan, inner);
        let sdk: SdkConfig = gateway
            .sdk()
            .to_builder()
            .http_client(SharedHttpClient::new(chaos.clone()))
            // The SDK's own dice would make every run another one.
            .retry_config(RetryConfig::standard().with_use_static_exponential_base(true))
            .build();
        let environment: Environment = [
            ("TABLE_NAME".to_owned(), gateway.table().unwrap().to_owned()),
            ("WEBSOCKET_URL".to_owned(), gateway.websocket_url().unwrap().to_owned()),
        ]
        .into_iter()
        .collect();
        let start = |start: Start| start(&environment, &sdk).unwrap();
        let functions = Functions {
            connect: start(connect::start),
            conversations: start(conversations::start),
            create_order: start(create_order::start),
            disconnect: start(disconnect::start),
            orders: start(orders::start),
            send_message: start(send_message::start),
            signals: start(signals::start),
        };
        Self { gateway, chaos, functions, ledger: Rc::default() }
    }

    /// What goes wrong in it.
    pub fn chaos(&self) -> &Chaos {
        &self.chaos
    }

    /// Ends it.
    pub async fn close(self) {
        self.gateway.stop().await;
    }

    /// A person with this id.
    pub fn person(id: &str, role: Role) -> Person {
        Person { user_id: id.to_owned(), role, name: id.to_owned() }
    }

    /// Calls a function with an event; sometimes, as Lambda does, twice at the same time.
    pub(crate) async fn call(&self, function: &Function, event: Value) -> Outcome {
        if !self.chaos.twice() {
            return self.invoke(function, event).await;
        }
        let (one, other) = tokio::join!(self.invoke(function, event.clone()), self.invoke(function, event));
        one.or(other)
    }

    async fn invoke(&self, function: &Function, event: Value) -> Outcome {
        let invocation = Invocation::begin();
        let answer = function.call(LambdaEvent::new(event, Context::default()));
        let answer = tokio::select! {
            biased;
            () = invocation.ended_in_the_middle() => return None,
            answer = with_invocation(&invocation, answer) => answer,
        };
        self.chaos.finish(&invocation).await;
        // A function error: the gateway would say 500.
        let Ok(answer) = answer else { return Some((500, Value::Null)) };
        let status = answer["statusCode"].as_u64().unwrap();
        let body = answer["body"].as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
        Some((u16::try_from(status).unwrap(), body))
    }

    /// The X of the order that `person` places under this key.
    pub fn twin(person: &Person, key: &str) -> Twin {
        Twin::from_idempotency_key(person, key)
    }
}
