//! `openapi`: the contract, and the pages of its errors and of the forms of values.

use crate::records::values_page;
use crate::{http, server};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Prints the page of all error codes instead.
    #[arg(long)]
    errors: bool,
    /// Prints the page of all forms of values instead.
    #[arg(long, conflicts_with = "errors")]
    values: bool,
}

pub(super) fn run(args: &Args) {
    if args.errors {
        print!("{}", http::errors::page());
    } else if args.values {
        print!("{}", values_page::page());
    } else {
        println!("{:#}", server::document());
    }
}
