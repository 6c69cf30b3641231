//! The Lambda process of `create-order`. The operation is in `lib.rs`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    runtime::run(create_order::start).await
}
