//! The program `order-chat-import`. Its code is in `lib.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    import::main(std::env::args_os()).into()
}
