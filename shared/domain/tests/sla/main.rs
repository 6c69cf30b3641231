//! The clocks of an SLA: properties that hold for any calendar and any history, beside slow and
//! simple computations, and examples that can be checked by hand.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod business_time;
mod clocks;
mod examples;
mod history;
mod shop;
