//! The Lambda process of `disconnect`. The operation is in `lib.rs`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    runtime::run(disconnect::start).await
}
