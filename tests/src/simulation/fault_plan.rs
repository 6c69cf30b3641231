//! The faults of a simulation.

/// What can happen to one request of a function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The invocation ends before the request is sent.
    CrashBefore,
    /// The request is executed, and the invocation ends before it gets the answer.
    CrashAfter,
    /// The request is executed, and the SDK gets no answer.
    LostReply,
    /// The service throttles the request and does not execute it.
    Throttled,
    /// The service returns a server error and does not execute the request.
    ServerError,
    /// A transaction is cancelled because of a conflict with another one. Other requests are not
    /// affected.
    Conflict,
    /// The request takes longer than a push may take. Three of them take longer than an invocation
    /// may take.
    Slow,
    /// An eventually consistent read returns the previous answer, or an empty one. Other requests
    /// are not affected.
    Stale,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 8] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::LostReply,
        Self::Throttled,
        Self::ServerError,
        Self::Conflict,
        Self::Slow,
        Self::Stale,
    ];
}

/// A deliberate error in the behaviour of the product, made here instead of in its code. The
/// checker has to find it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mutation {
    /// Messages are pushed before they are in the log.
    PushBeforePut,
    /// A message that a crash left out of the log is never put there.
    NoHelp,
    /// The head is updated without the condition on `seenSeq`.
    NoCondition,
    /// The entry of a change is in the log before its effect is made.
    EntryBeforeEffect,
}

/// The faults of a simulation.
#[derive(Clone, Debug)]
pub struct FaultPlan {
    /// The seed of the random number generator.
    pub seed: u64,
    /// How many of a thousand requests get a fault. The same number of a thousand invocations gets
    /// its event twice, gets it late, or ends at some await.
    pub per_mille: u32,
    /// A fault of the request with this number, counted from the call of [`FaultInjector::arm`].
    pub exactly: Option<(usize, Fault)>,
    /// An invocation ends at the poll with this number, counted from the call of
    /// [`FaultInjector::arm`].
    pub crash_at_poll: Option<usize>,
    /// The deliberate error.
    pub mutation: Option<Mutation>,
}

impl FaultPlan {
    /// A plan without faults.
    pub fn none() -> Self {
        Self { seed: 0, per_mille: 0, exactly: None, crash_at_poll: None, mutation: None }
    }
}
