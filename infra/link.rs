//! The build script of every function: a release is linked to one fixed address.
//!
//! A position-independent program has some 35,000 addresses corrected at every start, which takes as long as all else that
//! a function does before it asks for its first event. It gives up that each start has other addresses; a function runs in
//! a machine of its own, and is in a language without dangling pointers.

fn main() {
    println!("cargo::rerun-if-changed=../../infra/link.rs");
    let variable = |name| std::env::var(name).unwrap_or_default();
    if variable("PROFILE") == "release" && variable("CARGO_CFG_TARGET_OS") == "linux" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
