//! `keys`: which keys seal secrets, and sealing all of them with the first one.

use anyhow::Context;
use clap::Subcommand;

use crate::config::Config;
use crate::receipts::signer;
use crate::service::open_existing_db;
use crate::upkeep::{fingerprints, rotation};

#[derive(Subcommand)]
pub(super) enum Order {
    /// Seals every secret with the first key of the setting, while the service runs.
    Rotate(Box<Config>),
    /// Counts the secrets of each key, to see which keys may be removed.
    Status(Box<Config>),
    /// Makes a new key that signs receipts; what the old one signed can still be verified.
    RenewSigning(Box<Config>),
}

/// Fails when secrets remain that are not sealed with the first key, or do not open.
pub(super) async fn run(order: Order) -> anyhow::Result<()> {
    let (is_rotation, config) = match order {
        Order::Rotate(config) => (true, config),
        Order::Status(config) => (false, config),
        Order::RenewSigning(config) => return renew_signing(*config).await,
    };
    let config = config.check()?;
    let (db, keys) = (open_existing_db(&config).await?, config.data.keys()?);
    fingerprints::check(&db, &keys)
        .await
        .context("if it is a new database: segment-export migrate")?;
    let mut is_complete = true;
    if is_rotation {
        let rotation = rotation::rotate(&db, &keys).await?;
        print!("{rotation}");
        is_complete = rotation.is_complete();
    }
    let status = rotation::status(&db, &keys).await?;
    print!("{status}");
    db.close().await;
    anyhow::ensure!(is_complete, "some secrets are not sealed with the first key");
    anyhow::ensure!(status.is_openable(), "some secrets do not open: add their keys");
    Ok(())
}

async fn renew_signing(config: Config) -> anyhow::Result<()> {
    let config = config.check()?;
    let (db, keys) = (open_existing_db(&config).await?, config.data.keys()?);
    fingerprints::check(&db, &keys).await?;
    let key = signer::renew(&db, &keys).await?;
    println!("receipts are signed with the new key {}", key.id);
    db.close().await;
    Ok(())
}
