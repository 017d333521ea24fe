//! Finds the members of a segment where they are now, and saves what was found.

use std::collections::HashMap;

use uuid::Uuid;

use super::orphans::supersede;
use super::segment::{Segment, Unreadable};
use super::source::SegmentSource;
use super::store;
use crate::app::App;
use crate::db::{self, ReadHandle, WriteHandle};
use crate::storage::{self, Inspection, ReceiveLimits, TableName};

const FIELDS_MAX: usize = 200;
const ROW_BYTES_MAX: usize = 1 << 20;

/// A segment with the members and the fields that it has now. Files of others are inspected again, which costs little
/// when they are unchanged; a table is copied.
pub async fn current(app: &App, segment: &Segment) -> Result<Segment, Unreadable> {
    let (known, instance) = (segment.known(), segment.instance_id);
    let scope = segment.id.0.to_string();
    let Some(found) = inspect(app, instance, &segment.source.0, &scope, known.clone()).await?
    else {
        app.storage.check(&segment.manifest()).await?;
        return Ok(segment.clone());
    };
    let mut refreshed_utc = segment.refreshed_utc;
    if known.as_ref() != Some(&found) {
        let mut tx = app.db.write().await?;
        save_inspection(&mut tx, segment, &found).await?;
        tx.commit().await?;
        refreshed_utc = Some(db::now());
    }
    Ok(Segment { refreshed_utc, ..segment.clone().with(found) })
}

/// The limits of members that this service stores for an instance.
pub async fn receive_limits(app: &App, instance: Uuid) -> sqlx::Result<ReceiveLimits> {
    let limits = &app.config.limits;
    let stored = stored_bytes(&mut app.db.read().await?, instance).await?;
    let left = limits.max_stored_bytes_per_instance.saturating_sub(stored);
    Ok(ReceiveLimits {
        bytes_max: limits.max_upload_bytes,
        rows_max: limits.max_members_per_segment,
        fields_max: FIELDS_MAX,
        row_bytes_max: ROW_BYTES_MAX,
        stored_bytes_max: left.min(limits.max_stored_bytes_per_segment),
        may_be_empty: true,
    })
}

/// How many bytes this service stores for an instance. What a segment and a run both read counts once.
async fn stored_bytes(db: &mut ReadHandle, instance: Uuid) -> sqlx::Result<u64> {
    let manifests = store::manifests_of_uploads(db, instance).await?;
    let objects = manifests.iter().flat_map(|manifest| &manifest.0.objects);
    let sizes: HashMap<&str, u64> =
        objects.map(|object| (object.path.as_str(), object.size)).collect();
    Ok(sizes.values().sum())
}

/// Fails when the instance of a segment may not read (any more) where its members come from.
pub fn check_open(app: &App, segment: &Segment) -> Result<(), storage::Error> {
    match &segment.source.0 {
        SegmentSource::Table { data_source, .. } => {
            app.tables.source(data_source, segment.instance_id).map(drop)
        }
        source => source.external_data(&app.storage, segment.instance_id).map(drop),
    }
}

/// Inspects the members where they are now, unless they are what is `known`; `None` for uploads. The rows of a table
/// are copied, under the instance and `scope`.
pub async fn inspect(
    app: &App,
    instance: Uuid,
    source: &SegmentSource,
    scope: &str,
    known: Option<Inspection>,
) -> Result<Option<Inspection>, storage::Error> {
    if let SegmentSource::Table { data_source, schema, table } = source {
        let (data_source, schema, table) = (data_source.clone(), schema.clone(), table.clone());
        let name = TableName { data_source, schema, table };
        let limits = receive_limits(app, instance).await.map_err(storage::Error::of_database)?;
        let (source, scope) =
            (app.tables.source(&name.data_source, instance)?, format!("{instance}/{scope}"));
        return app.storage.copy_table(source, &scope, &name, &limits).await.map(Some);
    }
    match source.external_data(&app.storage, instance)? {
        Some(origin) => app.storage.inspect(&origin, known).await.map(Some),
        None => Ok(None),
    }
}

/// Saves what was found in the source of a segment. When the segment was changed meanwhile, the copy of its table is
/// marked for removal: the run that made it reads it first.
pub async fn save_inspection(
    tx: &mut WriteHandle,
    segment: &Segment,
    found: &Inspection,
) -> sqlx::Result<()> {
    let (now, by) = (db::now(), &segment.stamps.updated_by);
    let current = store::get_to_change(tx, segment.instance_id, &segment.name).await?;
    let is_same = |now: &Segment| now.id == segment.id && now.source.0 == segment.source.0;
    if let Some(current) = current.filter(is_same) {
        store::set_members(tx, current.id, found, None, by, now).await?;
        return supersede(tx, &current, now).await;
    }
    if segment.source.0.is_kept_here() {
        for object in &found.manifest.objects {
            store::supersede(tx, segment.id, &object.path, now).await?;
        }
    }
    Ok(())
}
