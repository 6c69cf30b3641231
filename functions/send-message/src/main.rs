//! The Lambda process of `send-message`. The operation is in `lib.rs`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    runtime::run(send_message::start).await
}
