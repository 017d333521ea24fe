//! Folds what a run has done into the next baseline.

use std::sync::{Arc, Mutex, PoisonError};

use futures::Stream;
use sqlx::types::Json;
use tokio_util::sync::CancellationToken;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::buckets::{Update, gather};
use super::error::Error;
use super::member::ListMember;
use super::merged::{LayerScope, with_update};
use crate::storage::{OwnObject, Storage};

/// The most layers on top of the base.
const UPPER_MAX: usize = 4;
/// The upper layers have at most this part of the rows of the base.
const UPPER_PART: u64 = 8;

/// The next version of a baseline: the old one, with these members in place of those with their addresses, or added. Of
/// several with one address the last one counts; apart from that their order does not matter. A member that the old one
/// has keeps its origin, unless it proves to be ours now. Run and fingerprint are the caller's to set.
///
/// An old one that is damaged is forgotten: the next one has only these members.
///
/// Its objects are in the storage, but only who stores it ([`replace`](super::store::replace)) makes it count: soon,
/// since the janitor removes objects that nothing names. When this fails, or the caller leaves, the old one is as it
/// was.
pub async fn fold<E: From<Error>>(
    storage: &Storage,
    old: &Baseline,
    members: impl Stream<Item = Result<Vec<ListMember>, E>>,
) -> Result<Baseline, E> {
    match gather(old.seed(), members).await? {
        Some(update) => Ok(append_or_begin(storage, old, update).await?),
        None => Ok(old.clone()),
    }
}

async fn append_or_begin(
    storage: &Storage,
    old: &Baseline,
    update: Update,
) -> Result<Baseline, Error> {
    let update = Arc::new(Mutex::new(update));
    match append(storage, old, update.clone()).await {
        Err(Error::Damaged { .. }) => append(storage, &old.without_members(), update).await,
        done => done,
    }
}

async fn append(
    storage: &Storage,
    old: &Baseline,
    update: Arc<Mutex<Update>>,
) -> Result<Baseline, Error> {
    let rows = update.lock().unwrap_or_else(PoisonError::into_inner).rows;
    let is_due = old.layers.is_empty() || is_merge_due(&old.layers, rows);
    let scope = if is_due { LayerScope::All } else { LayerScope::Update };
    let (seed, cancelled) = (old.seed(), CancellationToken::new());
    let is_cancelled = cancelled.clone();
    let work = move |layers| {
        let mut update = update.lock().unwrap_or_else(PoisonError::into_inner);
        with_update(layers, update.in_order(is_cancelled), seed, scope)
    };
    let _guard = cancelled.drop_guard();
    let (file, members) = with_layers(storage, &old.layers, work).await?;
    let object = storage.put_own(&old.new_path(), file).await.map_err(Error::Storage)?;
    let mut layers = if is_due { vec![] } else { old.layers.0.clone() };
    layers.push(object);
    let members = i64::try_from(members).unwrap_or(i64::MAX);
    Ok(Baseline { layers: Json(layers), members, ..old.clone() })
}

/// Whether one more layer of so many rows would be too much to read beside the base.
fn is_merge_due(layers: &[OwnObject], rows: u64) -> bool {
    let Some((base, upper)) = layers.split_first() else { return false };
    let upper_rows = upper.iter().map(|layer| layer.rows).sum::<u64>() + rows;
    upper.len() >= UPPER_MAX || upper_rows > base.rows / UPPER_PART
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_due(layers: &[u64], rows: u64) -> bool {
        let layer = |rows: &u64| OwnObject { path: String::new(), bytes: 1, rows: *rows };
        is_merge_due(&layers.iter().map(layer).collect::<Vec<_>>(), rows)
    }

    #[test]
    fn layers_are_merged_when_there_are_many_or_they_are_large_beside_the_base() {
        assert!(!is_due(&[], 1000));
        assert!(!is_due(&[800], 100));
        assert!(is_due(&[800], 101));
        assert!(!is_due(&[800, 50], 50));
        assert!(is_due(&[800, 51], 50));
        assert!(!is_due(&[800, 1, 1, 1], 1));
        assert!(is_due(&[800, 1, 1, 1, 1], 1));
    }
}
