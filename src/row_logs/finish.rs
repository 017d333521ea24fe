//! Writes the manifest of a run that has ended, and removes what it does not name. Done again, it does the same.
//!
//! The worker that ends a run does it; when it dies before that, or the storage is unavailable, the upkeep does.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use tokio::time::timeout;

use super::manifest::{MANIFEST, RowLogManifest};
use super::store::{self, StoredRowLog};
use crate::app::App;
use crate::db::Time;
use crate::names::RunId;
use crate::runs::{self, store_sent};
use crate::storage::{Error, Location};

/// How long one manifest may take.
const FINISH_MAX: Duration = Duration::from_secs(30);
/// Manifests of runs that are listed at a time.
const STEP: i64 = 100;
/// How long after its run a manifest is tried to be written.
const PATIENCE: TimeDelta = TimeDelta::days(7);

/// Why a manifest is not written.
#[derive(Debug, thiserror::Error)]
pub enum FinishFailure {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Storage(#[from] Error),
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    #[error("the storage did not answer in time")]
    Late,
}

/// Writes the manifests of ended runs that have none. One that cannot be written delays no other.
pub async fn finish_ended(app: &App, now: Time) -> sqlx::Result<()> {
    let mut after = None;
    loop {
        let ended = store::ended(&mut app.db.read().await?, after, STEP).await?;
        let Some((last, _)) = ended.last() else { return Ok(()) };
        after = Some(*last);
        for (run, end) in ended {
            let Err(error) = finish(app, run).await else { continue };
            tracing::warn!(run.id = %run.0, %error, "the manifest of a row log was not written");
            if now - end > PATIENCE {
                let mut tx = app.db.write().await?;
                store::close(&mut tx, run, false).await?;
                tx.commit().await?;
            }
        }
    }
}

/// Writes the manifest of a run, if it has a row log and has ended. A storage that hangs is not waited for.
pub async fn finish(app: &App, id: RunId) -> Result<(), FinishFailure> {
    timeout(FINISH_MAX, try_finish(app, id)).await.unwrap_or(Err(FinishFailure::Late))
}

async fn try_finish(app: &App, id: RunId) -> Result<(), FinishFailure> {
    let mut db = app.db.read().await?;
    let (run, log) = (runs::store::get(&mut db, id).await?, store::open(&mut db, id).await?);
    let (Some(run), Some(log)) = (run.filter(|run| run.status.is_ended()), log) else {
        return Ok(());
    };
    let (files, batches) =
        (store::files(&mut db, id).await?, store_sent::batches(&mut db, id).await?);
    drop(db);
    let manifest = RowLogManifest::of(&run, &log, &files, &batches);
    let text = Bytes::from(serde_json::to_vec_pretty(&manifest)?);
    let folder = folder(&log);
    app.storage.put_outgoing(&folder, MANIFEST, text).await?;
    let named: HashSet<_> = files.iter().map(|file| file.name.as_str()).collect();
    remove_orphans(app, &folder, &named).await?;
    if !manifest.is_complete() {
        tracing::warn!(run.id = %id.0, "rows are missing in the row log of the run");
    }
    let mut tx = app.db.write().await?;
    store::close(&mut tx, id, true).await?;
    Ok(tx.commit().await?)
}

fn folder(log: &StoredRowLog) -> Location {
    Location::stored(log.root.clone(), &log.path)
}

/// Removes files that a worker put there which died before it could name them.
async fn remove_orphans(app: &App, folder: &Location, named: &HashSet<&str>) -> Result<(), Error> {
    for name in app.storage.list_outgoing(folder).await? {
        let is_ours = name.ends_with(".parquet");
        if is_ours && !named.contains(name.as_str()) {
            app.storage.remove_outgoing(folder, &name).await?;
        }
    }
    Ok(())
}
