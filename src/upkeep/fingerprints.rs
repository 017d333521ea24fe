//! Refuses an encryption key that is not the one this database knows under its id.
//!
//! Such a key would start without a word, and then no connection would open any more. A new random key in each start of
//! a container is the usual way to get there.

use super::store_fingerprints;
use crate::connections::store_seals;
use crate::db::{self, Db, WriteHandle};
use crate::secrets::Keys;

/// Secrets that are tried with a key that is new here. One alone may be damaged.
const TRIED: i64 = 20;

/// Compares every key with what the database knows, and remembers those that are new.
pub async fn check(db: &Db, keys: &Keys) -> anyhow::Result<()> {
    let mut tx = db.write().await?;
    for (id, fingerprint) in keys.fingerprints() {
        let is_new = store_fingerprints::remember(&mut tx, id, fingerprint, db::now()).await?;
        let fits = if is_new {
            opens_what_it_sealed(&mut tx, keys, id).await?
        } else {
            store_fingerprints::get(&mut tx, id).await? == fingerprint
        };
        anyhow::ensure!(fits, refusal(id));
    }
    Ok(tx.commit().await?)
}

/// Whether a key opens the secrets that name it, where there are any: databases are older than their fingerprints.
async fn opens_what_it_sealed(tx: &mut WriteHandle, keys: &Keys, id: &str) -> anyhow::Result<bool> {
    let seals = store_seals::sealed_with(tx, id, TRIED).await?;
    let opens = |seal: &store_seals::Seal| {
        keys.open(&seal.credential_sealed, seal.instance_id, seal.id.0).is_ok()
    };
    Ok(seals.is_empty() || seals.iter().any(opens))
}

fn refusal(id: &str) -> String {
    format!(
        "the key {id:?} of SEGMENT_EXPORT_ENCRYPTION_KEYS is not the key that sealed the secrets of this database \
         under that id, so they would not open. Set the earlier key again; to seal with a new key, give it an id of \
         its own and put it in front of the earlier one"
    )
}
