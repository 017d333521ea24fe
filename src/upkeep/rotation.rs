//! Rotates the encryption keys while the service runs: seals every secret again with the first one of the setting.
//!
//! One secret at a time is opened and sealed, and written only if nobody changed it meanwhile. So it may run beside
//! the service, be interrupted, and run again. `docs/OPERATIONS.md` says in which order to add and remove keys.

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

use super::rotation_erasures;
use crate::channels::{self, store_seals::ChannelSeal};
use crate::connections::store_seals::{self, Seal};
use crate::db::Db;
use crate::names::{ChannelId, ConnectionId};
use crate::receipts;
use crate::secrets::{self, Keys};

/// Secrets that are read at a time.
const STEP: i64 = 100;
/// How often secrets are read again that were changed while they were sealed.
const PASSES_MAX: u32 = 10;

/// How many secrets each key has sealed.
#[derive(Debug)]
pub struct Status {
    newest: String,
    /// By key id; those of the settings always, others when secrets name them.
    counts: BTreeMap<String, u64>,
    /// Key ids that secrets name and the settings lack.
    missing: Vec<String>,
}

/// The result of a rotation: what was sealed again, and what was not.
#[derive(Debug, Default)]
pub struct Rotation {
    /// Secrets that were sealed again.
    pub resealed: u64,
    /// Whose secrets do not open, and why.
    pub broken: BTreeMap<String, String>,
    /// Secrets that were changed meanwhile, in each pass.
    missed: u64,
}

/// Counts secrets by the key that sealed them.
pub async fn status(db: &Db, keys: &Keys) -> sqlx::Result<Status> {
    let mut counts: BTreeMap<String, u64> = keys.ids().map(|id| (id.to_owned(), 0)).collect();
    let mut after = None;
    while let Some(seals) = next(db, &mut after).await? {
        for seal in seals {
            *counts.entry(secrets::key_id(&seal.credential_sealed).to_owned()).or_default() += 1;
        }
    }
    let mut after = None;
    while let Some(seals) = next_of_channels(db, &mut after).await? {
        for seal in seals {
            *counts.entry(secrets::key_id(&seal.target_sealed).to_owned()).or_default() += 1;
        }
    }
    for sealed in rotation_erasures::all(db).await? {
        *counts.entry(secrets::key_id(&sealed).to_owned()).or_default() += 1;
    }
    let signing = receipts::store::current(&mut db.read().await?).await?;
    if let Some(sealed) = signing.and_then(|key| key.sealed) {
        *counts.entry(secrets::key_id(&sealed).to_owned()).or_default() += 1;
    }
    let is_missing = |id: &String| !keys.ids().any(|known| known == id);
    let missing = counts.keys().filter(|id| is_missing(id)).cloned().collect();
    Ok(Status { newest: keys.newest_id().to_owned(), counts, missing })
}

/// Seals again, with the newest key, every secret that another key sealed.
pub async fn rotate(db: &Db, keys: &Keys) -> sqlx::Result<Rotation> {
    let mut rotation = Rotation::default();
    for _ in 0..PASSES_MAX {
        rotation.missed = 0;
        rotation.reseal_signing_key(db, keys).await?;
        let erasures = rotation_erasures::reseal(db, keys).await?;
        rotation.resealed += erasures.count;
        rotation.missed += erasures.missed;
        rotation.broken.extend(erasures.broken);
        let mut after = None;
        while let Some(seals) = next(db, &mut after).await? {
            for seal in &seals {
                rotation.reseal(db, keys, seal).await?;
            }
        }
        let mut after = None;
        while let Some(seals) = next_of_channels(db, &mut after).await? {
            for seal in &seals {
                rotation.reseal_channel(db, keys, seal).await?;
            }
        }
        if rotation.missed == 0 {
            break;
        }
    }
    Ok(rotation)
}

async fn next(db: &Db, after: &mut Option<ConnectionId>) -> sqlx::Result<Option<Vec<Seal>>> {
    let seals = store_seals::list(&mut db.read().await?, *after, STEP).await?;
    *after = seals.last().map(|seal| seal.id).or(*after);
    Ok((!seals.is_empty()).then_some(seals))
}

async fn next_of_channels(
    db: &Db,
    after: &mut Option<ChannelId>,
) -> sqlx::Result<Option<Vec<ChannelSeal>>> {
    let seals = channels::store_seals::list(&mut db.read().await?, *after, STEP).await?;
    *after = seals.last().map(|seal| seal.id).or(*after);
    Ok((!seals.is_empty()).then_some(seals))
}

impl Rotation {
    async fn reseal(&mut self, db: &Db, keys: &Keys, seal: &Seal) -> sqlx::Result<()> {
        let id = seal.id.0;
        match keys.reseal(&seal.credential_sealed, seal.instance_id, id) {
            Ok(None) => {}
            Err(error) => {
                drop(self.broken.insert(format!("connection {id}"), error.to_string()));
            }
            Ok(Some(new)) => {
                let mut tx = db.write().await?;
                let is_replaced = store_seals::replace(&mut tx, seal, &new).await?;
                tx.commit().await?;
                self.resealed += u64::from(is_replaced);
                self.missed += u64::from(!is_replaced);
            }
        }
        Ok(())
    }

    /// The same with the URL and the secrets of a channel.
    async fn reseal_channel(
        &mut self,
        db: &Db,
        keys: &Keys,
        seal: &ChannelSeal,
    ) -> sqlx::Result<()> {
        let id = seal.id.0;
        match keys.reseal(&seal.target_sealed, seal.instance_id, id) {
            Ok(None) => {}
            Err(error) => drop(self.broken.insert(format!("channel {id}"), error.to_string())),
            Ok(Some(new)) => {
                let mut tx = db.write().await?;
                let is_replaced = channels::store_seals::replace(&mut tx, seal, &new).await?;
                tx.commit().await?;
                self.resealed += u64::from(is_replaced);
                self.missed += u64::from(!is_replaced);
            }
        }
        Ok(())
    }

    /// The same with the key that signs receipts.
    async fn reseal_signing_key(&mut self, db: &Db, keys: &Keys) -> sqlx::Result<()> {
        let mut tx = db.write().await?;
        let key = receipts::store::current(&mut tx).await?;
        let Some((id, sealed)) = key.and_then(|key| key.sealed.map(|sealed| (key.id, sealed)))
        else {
            return Ok(());
        };
        match keys.reseal(&sealed, Uuid::nil(), id) {
            Ok(None) => {}
            Err(error) => {
                drop(self.broken.insert(format!("signing key {id}"), error.to_string()));
            }
            Ok(Some(new)) => {
                let is_replaced = receipts::store::reseal(&mut tx, id, &sealed, &new).await?;
                self.resealed += u64::from(is_replaced);
                self.missed += u64::from(!is_replaced);
            }
        }
        tx.commit().await
    }

    /// Whether every secret is sealed with the newest key.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.broken.is_empty() && self.missed == 0
    }
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sealed again with the first key: {}", self.resealed)?;
        if self.missed > 0 {
            writeln!(f, "changed meanwhile, so run this again: {}", self.missed)?;
        }
        for (owner, why) in &self.broken {
            writeln!(f, "the secret of {owner} stays as it is: {why}")?;
        }
        Ok(())
    }
}

impl Status {
    /// Whether the settings have the key of every secret.
    #[must_use]
    pub fn is_openable(&self) -> bool {
        self.missing.is_empty()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, count) in &self.counts {
            let note = match (*id == self.newest, count) {
                (true, _) => " (the first: it seals)",
                _ if self.missing.contains(id) => " (MISSING from the settings: they do not open)",
                (false, 0) => " (seals nothing: it may be removed, unless you have just added it)",
                (false, _) => "",
            };
            writeln!(f, "secrets sealed with key {id}: {count}{note}")?;
        }
        Ok(())
    }
}
