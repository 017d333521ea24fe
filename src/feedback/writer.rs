//! Writes the files of one export: first the one that an earlier attempt has begun, if there is one, and then others
//! with who is in none, part after part.
//!
//! A file that is put into its folder may appear there until the storage has answered or the time for that is over.
//! So who puts one notes it, in a transaction that holds the tombstones: an erasure that comes later waits for it, and
//! one that came before is seen. A file that is not finished is put once more, without who was erased meanwhile.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::timeout;

use super::clock::AccountClock;
use super::departed::Departed;
use super::failure::FileFailure;
use super::fairness::FairShare;
use super::file::{encode, name};
use super::parts::{Leavers, Parts};
use super::read::FeedbackError;
use super::store_files::{self, DueExport, FilesProgress};
use super::told::Told;
use crate::app::App;
use crate::campaign_monitor::Error;
use crate::connections::session::AccountSession;
use crate::db;
use crate::erasures::{TombstoneKey, Tombstones, store_tombstones};
use crate::exports::Export;
use crate::storage::{self, Location};
use crate::{baselines, connections, exports};

/// People who come back while pages are read shift those behind them: then all pages are read once more.
const READS_MAX: usize = 3;
/// How long a file may take to be written.
const PUT_MAX: Duration = Duration::from_secs(30);
/// What was given up may still reach the storage within this time.
const LANDS_MAX: TimeDelta = TimeDelta::seconds(60);

/// An export, its folder and who left its list.
pub(super) struct Writer<'a> {
    app: &'a App,
    export: Export,
    folder: Location,
    key: TombstoneKey,
    of: Leavers,
}

/// Those of a part who are not erased, what is known of them, and as of which tombstones.
struct Part {
    left: Vec<Departed>,
    told: Told,
    generation: i64,
}

/// Writes every file of an export that is due.
pub(super) async fn write(
    app: &App,
    due: &DueExport,
    begun: FilesProgress,
    share: &mut FairShare,
) -> Result<(), FileFailure> {
    let opened = share.step(app, Box::pin(Writer::open(app, due))).await?;
    let mut number = begun.planned;
    let is_steady = if let Some(writer) = &opened {
        Box::pin(writer.write_all(begun, &mut number, share)).await?
    } else {
        give_up(app, due, number).await?;
        true
    };
    if !is_steady {
        // Somebody may be missing.
        return Err(FeedbackError::Destination(Error::Interrupted).into());
    }
    let mut tx = app.db.write().await?;
    store_files::settle(&mut tx, due.id, number, due.ended_utc).await?;
    Ok(tx.commit().await?)
}

impl<'a> Writer<'a> {
    /// `None` where there is nothing to write.
    async fn open(app: &'a App, due: &DueExport) -> Result<Option<Self>, FileFailure> {
        let mut db = app.db.read().await?;
        let export = exports::store::get(&mut db, due.instance_id, due.id).await?;
        drop(db);
        let Some(export) = export else { return Ok(None) };
        let Some(setting) = &export.feedback else { return Ok(None) };
        let folder = app.storage.locate_writable(setting.url.as_str(), export.instance_id)?;
        let folder = folder.folder(&export.id.0.to_string());
        let Some(of) = leavers(app, &export).await? else { return Ok(None) };
        let mut tx = app.db.write().await?;
        let key = store_tombstones::key(&mut tx, &app.keys, export.instance_id).await?;
        tx.commit().await?;
        Ok(Some(Self { app, export, folder, key, of }))
    }

    /// False when people came back while it was read, time after time.
    async fn write_all(
        &self,
        begun: FilesProgress,
        number: &mut i64,
        share: &mut FairShare,
    ) -> Result<bool, FileFailure> {
        if begun.planned > begun.written {
            self.write_begun(*number, share).await?;
        }
        for _ in 0..READS_MAX {
            let mut parts = Parts::new(&self.of);
            while let Some(written) =
                share.step(self.app, Box::pin(self.write_part(&mut parts, *number))).await?
            {
                *number = written;
            }
            if parts.is_steady() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes the file that an earlier attempt has begun, with the same people, but for those who have come back or
    /// were erased: these are not in it.
    async fn write_begun(&self, number: i64, share: &mut FairShare) -> Result<(), FileFailure> {
        let mut parts = Parts::new(&self.of);
        let (mut people, mut kept, mut generation) = (vec![], HashSet::new(), None);
        while let Some(part) = share.step(self.app, Box::pin(self.next(&mut parts))).await? {
            generation.get_or_insert(part.generation);
            let Part { left, told, .. } = part;
            for one in left.into_iter().filter(|one| told.file_of(one) == Some(number)) {
                if kept.insert(told.person(&one, number).digest) {
                    people.push(one);
                }
            }
        }
        let generation = generation.unwrap_or_default();
        let write = async {
            let mut tx = self.app.db.write().await?;
            self.begin_put(&mut tx, number, generation).await?;
            tx.commit().await?;
            self.put(number, &people).await?;
            self.finish(number, generation, Some(&kept)).await
        };
        share.step(self.app, Box::pin(write)).await
    }

    /// Writes a file after file `number` with those of the next part who are in none, if there are any. The number of
    /// the last file that there is; `None` after the last part.
    async fn write_part(
        &self,
        parts: &mut Parts<'_>,
        number: i64,
    ) -> Result<Option<i64>, FileFailure> {
        let Some(Part { left, told, generation }) = self.next(parts).await? else {
            return Ok(None);
        };
        let new = left.into_iter().filter(|one| told.file_of(one).is_none());
        let new: Vec<_> = new.collect();
        if new.is_empty() {
            return Ok(Some(number));
        }
        let people: Vec<_> = new.iter().map(|one| told.person(one, number + 1)).collect();
        let mut tx = self.app.db.write().await?;
        if !store_files::plan(&mut tx, self.export.id, number, &people).await? {
            return Err(FileFailure::Outrun);
        }
        self.begin_put(&mut tx, number + 1, generation).await?;
        tx.commit().await?;
        self.put(number + 1, &new).await?;
        self.finish(number + 1, generation, None).await?;
        Ok(Some(number + 1))
    }

    async fn next(&self, parts: &mut Parts<'_>) -> Result<Option<Part>, FileFailure> {
        let (app, instance) = (self.app, self.export.instance_id);
        let Some(mut left) = parts.next(app).await? else { return Ok(None) };
        let mut db = app.db.read().await?;
        let erased = store_tombstones::load(&mut db, &app.keys, instance, db::now()).await?;
        left.retain(|one| !is_erased(&erased, one));
        let digests: Vec<_> = left.iter().map(|one| Told::digest(&self.key, one)).collect();
        let told = store_files::told(&mut db, self.export.id, &digests).await?;
        let told = Told::new(self.key.clone(), told);
        Ok(Some(Part { left, told, generation: erased.generation }))
    }

    /// Notes that the file may appear from now on, unless people were erased since its people were chosen.
    async fn begin_put(
        &self,
        tx: &mut db::WriteHandle,
        number: i64,
        generation: i64,
    ) -> Result<(), FileFailure> {
        self.require(tx, generation).await?;
        let until = db::now() + PUT_MAX + LANDS_MAX;
        if !store_files::begin_put(tx, self.export.id, number, generation, until).await? {
            return Err(FileFailure::Outrun);
        }
        Ok(())
    }

    async fn require(&self, tx: &mut db::WriteHandle, generation: i64) -> Result<(), FileFailure> {
        let now = store_tombstones::hold_generation(tx, self.export.instance_id).await?;
        if now == generation { Ok(()) } else { Err(FileFailure::Erased) }
    }

    /// Puts a file into the folder. One of nobody is removed: an earlier attempt may have put it.
    async fn put(&self, number: i64, people: &[Departed]) -> Result<(), FileFailure> {
        let (storage, name) = (&self.app.storage, name(number));
        if people.is_empty() {
            return Ok(storage.remove_outgoing(&self.folder, &name).await?);
        }
        let file = encode(people).map_err(anyhow::Error::new)?;
        let put = storage.put_outgoing(&self.folder, &name, file);
        Ok(timeout(PUT_MAX, put).await.unwrap_or_else(|_| Err(late()))?)
    }

    /// Notes that a file is there. Who was chosen for it and is not in it comes to a later one: it has only `kept`,
    /// where these may be fewer.
    async fn finish(
        &self,
        number: i64,
        generation: i64,
        kept: Option<&HashSet<i64>>,
    ) -> Result<(), FileFailure> {
        let mut tx = self.app.db.write().await?;
        self.require(&mut tx, generation).await?;
        if !store_files::finish(&mut tx, self.export.id, number).await? {
            return Err(FileFailure::Outrun);
        }
        if let Some(kept) = kept {
            store_files::keep_only(&mut tx, self.export.id, number, kept).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Forgets who was chosen for a file that is not written any more: the export has another list.
async fn give_up(app: &App, due: &DueExport, number: i64) -> Result<(), FileFailure> {
    let mut tx = app.db.write().await?;
    if store_files::finish(&mut tx, due.id, number).await? {
        store_files::keep_only(&mut tx, due.id, number, &HashSet::new()).await?;
    }
    Ok(tx.commit().await?)
}

/// Whose departures are read; `None` of an export that has sent nobody.
async fn leavers(app: &App, export: &Export) -> Result<Option<Leavers>, FileFailure> {
    let mut db = app.db.read().await?;
    let baseline = baselines::store::get(&mut db, export.id, export.list_id.as_str()).await?;
    let connection = match export.connection_id {
        Some(id) => connections::store::get(&mut db, export.instance_id, id).await?,
        None => None,
    };
    drop(db);
    let Some(baseline) = baseline else { return Ok(None) };
    let connection = connection.filter(|connection| connection.unusable().is_none());
    let connection = connection.ok_or(FileFailure::NotConnected)?;
    let session = AccountSession::open(app, &app.runs_client, &connection);
    let session = session.map_err(anyhow::Error::new)?.ok_or(FileFailure::NotConnected)?;
    let clock = AccountClock::read(&session).await.map_err(FeedbackError::Destination)?;
    Ok(Some(Leavers { session, baseline, clock }))
}

fn is_erased(erased: &Tombstones, one: &Departed) -> bool {
    erased.set.as_ref().is_some_and(|set| set.has(&one.email, &one.customer_id))
}

fn late() -> storage::Error {
    storage::Error::Unavailable("the storage did not answer in time".into())
}
