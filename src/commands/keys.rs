//! `keys`: which keys seal secrets, and sealing all of them with the first one.

use anyhow::Context;
use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::config::Config;
use crate::db::Db;
use crate::receipts::signer;
use crate::secrets::Keys;
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
    /// Revokes a key that signed receipts, because others may know it: nobody may trust any more what it signed. If it
    /// still signs, a new one takes over.
    RevokeSigning(Box<Revocation>),
}

/// The key to revoke, and the settings of the service.
#[derive(Args)]
pub(super) struct Revocation {
    /// `kid` of the key, as the public keys and the receipts name it.
    #[arg(value_name = "KID")]
    kid: Uuid,
    #[command(flatten)]
    config: Config,
}

/// Fails when secrets remain that are not sealed with the first key, or do not open.
pub(super) async fn run(order: Order) -> anyhow::Result<()> {
    let (is_rotation, config) = match order {
        Order::Rotate(config) => (true, config),
        Order::Status(config) => (false, config),
        Order::RenewSigning(config) => return renew_signing(*config).await,
        Order::RevokeSigning(revocation) => return revoke_signing(*revocation).await,
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
    let (db, keys) = open(config).await?;
    let key = signer::renew(&db, &keys).await?;
    println!("receipts are signed with the new key {}", key.id);
    db.close().await;
    Ok(())
}

async fn revoke_signing(Revocation { kid, config }: Revocation) -> anyhow::Result<()> {
    let (db, keys) = open(config).await?;
    let current = signer::revoke(&db, &keys, kid).await?;
    let current =
        current.with_context(|| format!("no key that signs receipts has the id {kid}"))?;
    println!("the key {kid} is revoked; receipts are signed with the key {}", current.id);
    db.close().await;
    Ok(())
}

async fn open(config: Config) -> anyhow::Result<(Db, Keys)> {
    let config = config.check()?;
    let (db, keys) = (open_existing_db(&config).await?, config.data.keys()?);
    fingerprints::check(&db, &keys).await?;
    Ok((db, keys))
}
