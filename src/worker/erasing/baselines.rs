//! What lists last received of each member.

use std::collections::BTreeSet;

use super::job::ErasingJob;
use super::objects::{Hit, remove_unnamed, search};
use super::swept::Swept;
use crate::baselines::store_forget::{self, NamedObjects};
use crate::baselines::{self, Baseline, Error, ListMember, without_people};
use crate::db;
use crate::erasures::{People, Site, Sought, store_tombstones};
use crate::names::ExportId;
use crate::runs;
use crate::storage::{BASELINES, OwnObject, StoredObject};

/// Writes each baseline without the people. A run that has begun writes its own at its end: it waits for that.
pub async fn sweep(job: &ErasingJob) -> anyhow::Result<Swept> {
    let hits = search(job, BASELINES).await?;
    let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
    let all = store_forget::of_instance(&mut db, instance).await?;
    drop(db);
    let mut swept = Swept { found: 0, obstacle: keep_nos(job, &all, &hits).await? };
    if swept.obstacle.is_some() {
        return Ok(swept);
    }
    for named in &all {
        if has_any(&named.baseline.layers, &hits) {
            swept.note(rewrite(job, named).await?);
        } else if has_any(&named.previous, &hits) {
            swept.note(replace(job, named, named.baseline.clone(), 0).await?);
        }
    }
    let unnamed_hits = hits.into_iter().filter(|hit| !is_named(&all, &hit.object));
    for Hit { object, .. } in unnamed_hits {
        swept.note(unnamed(job, &object).await?);
    }
    if swept.obstacle.is_none() {
        swept.obstacle = senders(job).await?;
    }
    Ok(swept)
}

/// Why the people may come to a baseline yet: a run has sent them before they were erased.
async fn senders(job: &ErasingJob) -> sqlx::Result<Option<String>> {
    let (mut db, erasure) = (job.app.db.read().await?, &job.erasure);
    let (instance, moment) = (erasure.instance_id, erasure.requested_utc);
    let run = runs::store_forget::begun_before(&mut db, instance, moment).await?;
    Ok(run.map(|run| format!("The run {} has begun, and has not ended.", run.0)))
}

fn has_any(objects: &[OwnObject], hits: &[Hit]) -> bool {
    hits.iter().any(|hit| objects.iter().any(|object| object.path == hit.object.path))
}

/// Why a baseline cannot be replaced now: a run has begun.
async fn begun(
    job: &ErasingJob,
    export: ExportId,
    list: Option<&str>,
) -> sqlx::Result<Option<String>> {
    let mut db = job.app.db.read().await?;
    let run = runs::store_forget::begun(&mut db, export, list).await?;
    Ok(run.map(|run| format!("The run {} has begun, and has not ended.", run.0)))
}

async fn rewrite(job: &ErasingJob, named: &NamedObjects) -> anyhow::Result<Option<String>> {
    let Baseline { export_id, ref list_id, .. } = named.baseline;
    if let Some(obstacle) = begun(job, export_id, Some(list_id)).await? {
        return Ok(Some(obstacle));
    }
    let sought = job.sought.clone();
    let is_sought = move |member: &ListMember| is_sought(&sought, member);
    match without_people(&job.app.storage, &named.baseline, is_sought).await {
        Ok((next, removed)) => replace(job, named, next, removed).await,
        Err(Error::Damaged { .. }) => Ok(Some(damaged(export_id))),
        Err(error) => Err(error.into()),
    }
}

/// What is in the way when a baseline cannot be read.
pub fn damaged(export: ExportId) -> String {
    let id = export.0;
    format!(
        "What a list has received from the export {id} is damaged. Restore the file from a backup. Without one, run \
         the export, which writes it anew, and erase people whom you named by their CustomerId by their addresses as \
         well."
    )
}

fn is_sought(sought: &Sought, member: &ListMember) -> bool {
    sought.is_row(&member.customer_id, [member.address.as_str()].into_iter())
}

/// Keeps people from being sent at another address who said no at one that is erased: a baseline knew that by their
/// `CustomerId`, and forgets it. An id that others have too only numbers the rows of a file, and keeps nobody away.
/// Returns why that is not known.
async fn keep_nos(
    job: &ErasingJob,
    all: &[NamedObjects],
    hits: &[Hit],
) -> anyhow::Result<Option<String>> {
    let (erasure, keys) = (&job.erasure, &job.app.keys);
    let Some(expires) = erasure.tombstones_utc else { return Ok(None) };
    let affected = all.iter().filter(|named| has_any(&named.baseline.layers, hits));
    let said_no = |sought: &Sought, member: &ListMember| {
        is_sought(sought, member) && member.state.is_own_wish() && !member.customer_id.is_empty()
    };
    let mut customer_ids = match ids(job, affected, said_no).await? {
        Ok(ids) if ids.is_empty() => return Ok(None),
        Ok(ids) => ids,
        Err(why) => return Ok(Some(why)),
    };
    let known = customer_ids.clone();
    let is_shared = move |sought: &Sought, member: &ListMember| {
        known.contains(&member.customer_id) && !is_sought(sought, member)
    };
    let shared = match ids(job, all.iter(), is_shared).await? {
        Ok(shared) => shared,
        Err(why) => return Ok(Some(why)),
    };
    customer_ids.retain(|id| !shared.contains(id));
    let people = People { customer_ids, ..People::default() };
    let of = (erasure.instance_id, erasure.id);
    let mut tx = job.write().await?;
    store_tombstones::add(&mut tx, keys, of, &people, expires).await?;
    tx.commit().await?;
    Ok(None)
}

/// The ids of some members of these baselines, or why one of them cannot be read.
async fn ids(
    job: &ErasingJob,
    of: impl Iterator<Item = &NamedObjects>,
    is_meant: impl Fn(&Sought, &ListMember) -> bool + Clone + Send + 'static,
) -> anyhow::Result<Result<BTreeSet<String>, String>> {
    let mut all = BTreeSet::new();
    for named in of {
        let (sought, is_meant) = (job.sought.clone(), is_meant.clone());
        let see = move |found: &mut BTreeSet<String>, member: &ListMember| {
            if is_meant(&sought, member) {
                found.insert(member.customer_id.clone());
            }
        };
        match baselines::seen(&job.app.storage, &named.baseline, see).await {
            Ok(found) => all.extend(found),
            Err(Error::Damaged { .. }) => return Ok(Err(damaged(named.baseline.export_id))),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Ok(all))
}

/// Stores the next version, and removes the objects of the one before. A worker that dies in between leaves them to the
/// next search, which finds them as those of the version before, and counts nobody once more.
async fn replace(
    job: &ErasingJob,
    named: &NamedObjects,
    next: Baseline,
    removed: i64,
) -> anyhow::Result<Option<String>> {
    let storage = &job.app.storage;
    let old = named.baseline.layers.iter().chain(named.previous.iter());
    let stays = |object: &OwnObject| next.layers.iter().any(|one| one.path == object.path);
    let gone: Vec<_> = old.filter(|object| !stays(object)).cloned().collect();
    let mut tx = job.write().await?;
    if !store_forget::replace(&mut tx, &next, &gone, db::now()).await? {
        drop(tx);
        let written = next.layers.iter().filter(|new| !named.baseline.layers.contains(new));
        let written: Vec<_> = written.map(|object| object.path.clone()).collect();
        for path in written {
            storage.remove(&path).await?;
        }
        return Ok(Some(format!("A run of the export {} has begun.", next.export_id.0)));
    }
    job.count(&mut tx, Site::Baselines, removed, removed).await?;
    tx.commit().await?;
    for object in gone {
        storage.remove(&object.path).await?;
    }
    Ok(None)
}

/// Removes an object that no baseline names, unless a run may be about to name it.
async fn unnamed(job: &ErasingJob, object: &StoredObject) -> anyhow::Result<Option<String>> {
    if let Some(export) = object.owner()
        && let Some(obstacle) = begun(job, ExportId(export), None).await?
    {
        return Ok(Some(obstacle));
    }
    // A run that has ended since the objects were listed may have named it; whatever names it later has to begin first.
    let mut db = job.app.db.read().await?;
    let all = store_forget::of_instance(&mut db, job.erasure.instance_id).await?;
    drop(db);
    if !is_named(&all, object) {
        remove_unnamed(job, object).await?;
    }
    Ok(None)
}

fn is_named(all: &[NamedObjects], object: &StoredObject) -> bool {
    let has = |objects: &[OwnObject]| objects.iter().any(|one| one.path == object.path);
    all.iter().any(|named| has(&named.baseline.layers) || has(&named.previous))
}
