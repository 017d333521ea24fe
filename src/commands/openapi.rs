//! `openapi`: the contract, and the page of its errors.

use crate::{http, server};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Prints the page of all error codes instead.
    #[arg(long)]
    errors: bool,
}

pub(super) fn run(args: &Args) {
    if args.errors {
        print!("{}", http::errors::page());
    } else {
        println!("{:#}", server::document());
    }
}
