//! The Lambda process of `change-conversation`. The operation is in `lib.rs`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    runtime::run(change_conversation::start).await
}
