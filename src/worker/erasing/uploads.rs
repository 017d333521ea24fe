//! Members of segments that this service stores: uploads, and copies of tables.

use chrono::TimeDelta;

use super::job::ErasingJob;
use super::objects::{Hit, remove_unnamed, search};
use super::swept::Swept;
use crate::db;
use crate::erasures::Site;
use crate::runs;
use crate::segments::orphans::{named_of, remove_superseded};
use crate::segments::{Segment, SegmentId, store, store_forget};
use crate::storage::{Manifest, StoredObject, UPLOADS};

/// An object that nothing names may be one that is just being saved.
const SAVED_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// Who the segment was changed by.
const ERASURE: &str = "erasure";

/// Writes the members without the people. A run that has begun reads its own members to the end: it waits for that.
pub async fn sweep(job: &ErasingJob) -> anyhow::Result<Swept> {
    let hits = search(job, UPLOADS).await?;
    let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
    let segments = store_forget::of_instance(&mut db, instance).await?;
    drop(db);
    let mut swept = Swept::default();
    for hit in hits {
        let owner = segments.iter().find(|segment| has(segment, &hit.object));
        let obstacle = match owner {
            Some(segment) => rewrite(job, segment, &hit).await?,
            None => unnamed(job, &hit.object).await?,
        };
        swept.note(obstacle);
    }
    Ok(swept)
}

fn has(segment: &Segment, object: &StoredObject) -> bool {
    let manifest = segment.manifest.as_ref().filter(|_| segment.source.0.is_kept_here());
    manifest.is_some_and(|manifest| manifest.objects.iter().any(|one| one.path == object.path))
}

/// Replaces the members of a segment by the same without the people.
async fn rewrite(job: &ErasingJob, segment: &Segment, hit: &Hit) -> anyhow::Result<Option<String>> {
    let (app, path) = (&job.app, &hit.object.path);
    if let Some(run) = runs::store_forget::reading(&mut app.db.read().await?, segment.id).await? {
        return Ok(Some(format!("The run {} has not ended, and reads an upload.", run.0)));
    }
    let written = app.storage.without_sought(&hit.object, &job.is_sought()).await?;
    let old = segment.manifest();
    let others = old.objects.iter().filter(|object| object.path != *path).cloned();
    let objects: Vec<_> = others.chain(written.objects.iter().cloned()).collect();
    let members = Manifest { objects, ..old };
    let (now, version) = (db::now(), (segment.id, segment.stamps.version));
    let mut tx = job.write().await?;
    if !store_forget::replace_members(&mut tx, version, &members, ERASURE, now).await? {
        drop(tx);
        for object in &written.objects {
            app.storage.remove(&object.path).await?;
        }
        let name = segment.name.as_str();
        return Ok(Some(format!("The segment “{name}” was changed meanwhile.")));
    }
    store::supersede(&mut tx, segment.id, path, now).await?;
    job.count(&mut tx, Site::Uploads, hit.rows, hit.rows).await?;
    tx.commit().await?;
    remove_superseded(app, Some(segment.id)).await?;
    Ok(None)
}

/// Removes an object that no segment names, unless a run reads it.
async fn unnamed(job: &ErasingJob, object: &StoredObject) -> anyhow::Result<Option<String>> {
    let (app, instance) = (&job.app, job.erasure.instance_id);
    if let Some(segment) = object.owner() {
        remove_superseded(app, Some(SegmentId(segment))).await?;
    }
    // A worker that died had replaced it, and counted its rows.
    if !app.storage.has(object).await? {
        return Ok(None);
    }
    if named_of(app, instance).await?.contains(&object.path) {
        let why = "A run that has not ended reads members of a segment as they were before.";
        return Ok(Some(why.into()));
    }
    if object.written > db::now() - SAVED_WITHIN {
        return Ok(Some("An upload that is not saved yet has these people.".into()));
    }
    remove_unnamed(job, object).await?;
    Ok(None)
}
