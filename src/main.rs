//! The program: what its command line orders is in `commands`.

use std::process::ExitCode;

fn main() -> ExitCode {
    segment_export::commands::bound_memory();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    match segment_export::commands::run().await {
        Ok(code) => code,
        // Not as `Debug`: who typed the command needs no stack trace, whatever RUST_BACKTRACE says.
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
