//! The program: what its command line orders is in `commands`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match segment_export::commands::run().await {
        Ok(code) => code,
        // Not as `Debug`: who typed the command needs no stack trace, whatever RUST_BACKTRACE says.
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
