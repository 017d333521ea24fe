//! Rotation of what erasures have sealed: the people of open ones, and the keys of tombstones.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::db::Db;
use crate::erasures::store_seals::{self, ErasureSeal};
use crate::secrets::Keys;

/// Secrets that are read at a time.
const STEP: i64 = 100;

/// The two tables with a sealed column.
#[derive(Clone, Copy)]
enum Sealed {
    People,
    TombstoneKeys,
}

impl Sealed {
    const ALL: [Self; 2] = [Self::People, Self::TombstoneKeys];

    const fn word(self) -> &'static str {
        match self {
            Self::People => "erasure",
            Self::TombstoneKeys => "tombstone key",
        }
    }

    async fn next(
        self,
        db: &Db,
        after: &mut Option<Uuid>,
    ) -> sqlx::Result<Option<Vec<ErasureSeal>>> {
        let mut tx = db.read().await?;
        let seals = match self {
            Self::People => store_seals::people(&mut tx, *after, STEP).await?,
            Self::TombstoneKeys => store_seals::keys(&mut tx, *after, STEP).await?,
        };
        *after = seals.last().map(|seal| seal.id).or(*after);
        Ok((!seals.is_empty()).then_some(seals))
    }
}

/// Everything that erasures have sealed.
pub(super) async fn all(db: &Db) -> sqlx::Result<Vec<String>> {
    let mut sealed = Vec::new();
    for kind in Sealed::ALL {
        let mut after = None;
        while let Some(seals) = kind.next(db, &mut after).await? {
            sealed.extend(seals.into_iter().map(|seal| seal.sealed));
        }
    }
    Ok(sealed)
}

/// How many were sealed again, and why others were not.
#[derive(Default)]
pub(super) struct Resealed {
    pub(super) count: u64,
    /// Somebody changed them while they were sealed, so they are read once more.
    pub(super) missed: u64,
    /// Those that do not open, by what they are.
    pub(super) broken: BTreeMap<String, String>,
}

/// Seals again what another key than the newest one has sealed.
pub(super) async fn reseal(db: &Db, keys: &Keys) -> sqlx::Result<Resealed> {
    let mut done = Resealed::default();
    for kind in Sealed::ALL {
        let mut after = None;
        while let Some(seals) = kind.next(db, &mut after).await? {
            for seal in &seals {
                done.reseal_one(db, keys, kind, seal).await?;
            }
        }
    }
    Ok(done)
}

impl Resealed {
    async fn reseal_one(
        &mut self,
        db: &Db,
        keys: &Keys,
        kind: Sealed,
        seal: &ErasureSeal,
    ) -> sqlx::Result<()> {
        let new = match keys.reseal(&seal.sealed, seal.instance_id, seal.id) {
            Ok(None) => return Ok(()),
            Ok(Some(new)) => new,
            Err(error) => {
                drop(self.broken.insert(format!("{} {}", kind.word(), seal.id), error.to_string()));
                return Ok(());
            }
        };
        let mut tx = db.write().await?;
        let is_replaced = match kind {
            Sealed::People => store_seals::replace_people(&mut tx, seal, &new).await?,
            Sealed::TombstoneKeys => store_seals::replace_key(&mut tx, seal, &new).await?,
        };
        tx.commit().await?;
        self.count += u64::from(is_replaced);
        self.missed += u64::from(!is_replaced);
        Ok(())
    }
}
