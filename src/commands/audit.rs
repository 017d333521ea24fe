//! `audit`: whether the record of who did what is as the service wrote it.

use anyhow::Context;
use clap::Subcommand;

use crate::audit::verify::{Head, verify};
use crate::config::Config;
use crate::db;
use crate::service::open_existing_db;

#[derive(Subcommand)]
pub(super) enum Order {
    /// Finds events that were changed, removed or inserted, and names them. Ends with 0 when there are none.
    Verify(Box<Args>),
}

#[derive(clap::Args)]
pub(super) struct Args {
    /// A head that an earlier call printed, or the log of a scheduler, `position:hash`: the chain must contain it.
    #[arg(long)]
    head: Option<Head>,
    #[command(flatten)]
    config: Config,
}

/// Only reads. Fails when something does not fit.
pub(super) async fn run(order: Order) -> anyhow::Result<()> {
    let Order::Verify(args) = order;
    let config = args.config.check()?;
    let (database, keys) = (open_existing_db(&config).await?, config.data.keys()?);
    let report = verify(&database, &keys, args.head.as_ref(), db::now())
        .await
        .context("if it is a database of an earlier version: segment-export migrate")?;
    print!("{report}");
    database.close().await;
    anyhow::ensure!(report.is_clean(), "the audit is not as the service wrote it");
    Ok(())
}
