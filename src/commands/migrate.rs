//! `migrate`: brings the database up to date.

use crate::config::Config;
use crate::service::open_db;

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    open_db(&config.with_secrets()?).await?.migrate().await?;
    println!("the database is up to date");
    Ok(())
}
