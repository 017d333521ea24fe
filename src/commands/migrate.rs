//! `migrate`: brings the database up to date.

use crate::config::Config;
use crate::service::{self, open_db};

pub(super) async fn run(config: Config) -> anyhow::Result<()> {
    let config = config.with_secrets()?;
    service::migrate(&config, &open_db(&config).await?).await?;
    println!("the database is up to date");
    Ok(())
}
