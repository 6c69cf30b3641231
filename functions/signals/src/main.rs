//! The Lambda process of `signals`. The operation is in `lib.rs`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    runtime::run(signals::start).await
}
