//! The Lambda process of `conversations`. The operation is in `lib.rs`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    runtime::run(conversations::start).await
}
