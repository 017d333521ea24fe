//! Keeps the ledger: what was planned, and which run answers it.

use sqlx::Result;
use uuid::Uuid;

use super::planned_time::MissedBecause;
use super::store::{self, NewExpectation, OpenExpectation};
use crate::db::{Db, ReadHandle, Time, WriteHandle};
use crate::exports::{self, Export, store_planned};
use crate::names::ExportId;
use crate::runs::Run;
use crate::schedules;
use crate::schedules::refresh::Planned;

/// The most planned times of an export that are noted at once: of every minute, those of sixteen hours.
const TIMES_MAX: usize = 1000;
/// Rows that are read at a time.
const STEP: i64 = 200;

/// Notes the planned times that have passed and that no scheduler has acted on, and closes those that nobody plans any
/// more.
pub async fn note(db: &Db, now: Time) -> Result<()> {
    note_exports(db, now).await?;
    note_refreshes(db, now).await?;
    close_unplanned(db, now).await
}

/// Says which run answers the time `planned` of an export, and that later ones until `now` were missed meanwhile: one
/// run makes up for them.
pub async fn answer_export(
    tx: &mut WriteHandle,
    export: &Export,
    planned: Time,
    run: &Run,
    now: Time,
) -> Result<()> {
    let later = export.schedule.upcoming(planned).take_while(|time| *time <= now);
    answer(tx, run, planned, later.take(TIMES_MAX)).await
}

/// The same of a system refresh, for each run that it started.
pub async fn answer_refresh(
    tx: &mut WriteHandle,
    refresh: &Planned,
    planned: Time,
    runs: &[Run],
    now: Time,
) -> Result<()> {
    let later = passed(refresh, planned, now);
    for run in runs {
        answer(tx, run, planned, later.iter().copied()).await?;
    }
    Ok(())
}

async fn answer(
    tx: &mut WriteHandle,
    run: &Run,
    planned: Time,
    later: impl Iterator<Item = Time>,
) -> Result<()> {
    let new = |planned| NewExpectation::of(run.instance_id, run.export_id, planned);
    store::answer(tx, &new(planned), run.id, None).await?;
    for time in later {
        store::answer(tx, &new(time), run.id, Some(MissedBecause::ServiceDown)).await?;
    }
    Ok(())
}

async fn note_exports(db: &Db, now: Time) -> Result<()> {
    let mut last = None;
    loop {
        let mut read = db.read().await?;
        let due = store_planned::due(&mut read, now, last, STEP).await?;
        let mut new = vec![];
        for (instance, id) in &due {
            let Some(export) = exports::store::get(&mut read, *instance, *id).await? else {
                continue;
            };
            let Some(planned) = export.next_planned_utc else { continue };
            let later = export.schedule.upcoming(planned).take_while(|time| *time <= now);
            let times: Vec<_> = std::iter::once(planned).chain(later).take(TIMES_MAX).collect();
            new.push(unknown(&mut read, (*instance, *id), &times).await?);
        }
        drop(read);
        insert(db, new).await?;
        match due.last() {
            Some((_, id)) => last = Some(*id),
            None => return Ok(()),
        }
    }
}

async fn note_refreshes(db: &Db, now: Time) -> Result<()> {
    let (mut read, mut new) = (db.read().await?, vec![]);
    for instance in schedules::store::refreshes_due(&mut read, now).await? {
        let Some(refresh) = schedules::store::get(&mut read, instance).await? else { continue };
        let Some(planned) = refresh.next_planned_utc else { continue };
        let later = passed(&refresh, planned, now);
        let times: Vec<_> = std::iter::once(planned).chain(later).collect();
        for export in exports::store::all(&mut read, instance).await? {
            if export.schedule.follows_refreshes() {
                new.push(unknown(&mut read, (instance, export.id), &times).await?);
            }
        }
    }
    drop(read);
    insert(db, new).await
}

/// The times of a refresh after `planned`, until `now`.
fn passed(refresh: &Planned, planned: Time, now: Time) -> Vec<Time> {
    let times = refresh.schedule.upcoming(planned, TIMES_MAX).into_iter();
    times.take_while(|time| *time <= now).collect()
}

/// Those of the planned times of an export that the ledger does not have.
async fn unknown(
    read: &mut ReadHandle,
    (instance, export): (Uuid, ExportId),
    times: &[Time],
) -> Result<Vec<NewExpectation>> {
    let known = store::known(read, export, times).await?;
    let new = times.iter().filter(|time| !known.contains(time));
    Ok(new.map(|time| NewExpectation::of(instance, export, *time)).collect())
}

/// Most of the time there is nothing new, and then nothing is written. Nobody may hold a connection to read meanwhile:
/// where there are few, who waits for one more may wait for ever.
async fn insert(db: &Db, exports: Vec<Vec<NewExpectation>>) -> Result<()> {
    for new in exports.into_iter().filter(|new| !new.is_empty()) {
        let mut tx = db.write().await?;
        for expectation in &new {
            store::insert(&mut tx, expectation).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn close_unplanned(db: &Db, now: Time) -> Result<()> {
    let mut last = None;
    loop {
        let open = store::open(&mut db.read().await?, now, last, STEP).await?;
        for expectation in &open {
            if !is_pending(&mut db.read().await?, expectation).await? {
                let mut tx = db.write().await?;
                store::close(&mut tx, expectation.id, MissedBecause::Unplanned).await?;
                tx.commit().await?;
            }
        }
        match open.last() {
            Some(expectation) => last = Some(expectation.id),
            None => return Ok(()),
        }
    }
}

/// Whether the next scheduler that lives makes up for it. It is read after the open time, so a scheduler that has acted
/// meanwhile has answered it already, and closing it changes nothing.
async fn is_pending(tx: &mut ReadHandle, open: &OpenExpectation) -> Result<bool> {
    let Some(export) = exports::store::get(tx, open.instance_id, open.export_id).await? else {
        return Ok(true); // Its row goes with the export.
    };
    let next = if export.schedule.follows_refreshes() {
        schedules::store::get(tx, open.instance_id)
            .await?
            .and_then(|refresh| refresh.next_planned_utc)
    } else {
        export.next_planned_utc
    };
    Ok(next.is_some_and(|next| next <= open.planned_utc))
}

impl NewExpectation {
    fn of(instance: Uuid, export: ExportId, planned: Time) -> Self {
        Self { instance, export, planned }
    }
}
