//! An export that a run could start now: what it reads and where it goes, or what would stop a run.

use std::collections::HashSet;
use std::sync::Arc;

use super::check::{check_fields, read_list};
use super::find::find;
use super::formats;
use super::no_field::no_custom_field;
use super::runs::refuse;
use crate::api::access::may_edit;
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::campaign_monitor::{CustomField, List};
use crate::connections::Connection;
use crate::db;
use crate::erasures::store_tombstones;
use crate::exports::{Export, Mapping, Warning, warnings};
use crate::http::auth::{Caller, Contributor};
use crate::http::problem::{FieldError, Problem};
use crate::names::ExportId;
use crate::records::plan::Plan;
use crate::runs::start::usable_connection;
use crate::runs::{Reason, ReasonCode};
use crate::segments::{self, Segment, Unreadable};
use crate::storage::Manifest;

/// What a run of an export would read, and where it would go.
pub struct Ready {
    pub export: Export,
    pub connection: Connection,
    pub list: List,
    pub fields: Vec<CustomField>,
    pub plan: Arc<Plan>,
    pub manifests: Vec<Arc<Manifest>>,
    /// The fields in which a segment has numbers.
    pub numbers: HashSet<String>,
}

/// Reads the segments and the settings of the list, or says what would stop a run.
pub async fn prepare(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
) -> Result<Ready, Problem> {
    let (export, segments) = saved(app, caller, id).await?;
    prepare_all(app, export, segments).await
}

/// The export as it is saved, with its segments.
pub async fn saved(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
) -> Result<(Export, Vec<Segment>), Problem> {
    let mut tx = app.db.read().await?;
    let export = find(&mut tx, caller.instance, id).await?;
    may_edit(&mut tx, caller, export.connection_id).await?;
    let segments = segments::store::of_export(&mut tx, id).await?;
    Ok((export, segments))
}

/// The same of an export that may not be saved.
pub async fn prepare_all(
    app: &App,
    export: Export,
    segments: Vec<Segment>,
) -> Result<Ready, Problem> {
    let mut tx = app.db.read().await?;
    let connection = match usable_connection(&mut tx, &export).await? {
        Ok(connection) => connection,
        Err(obstacle) => return Err(refuse(&mut tx, export.id, obstacle).await?),
    };
    drop(tx);
    check_filled(&segments)?;
    let (list, fields) =
        read_list(app, &connection, &export.list_id, &export.mapping, &export.sync.leavers).await?;
    let resubscribe = export.sync.resubscribes(export.options.0);
    let mapping = export.mapping.flagged(&export.sync.leavers);
    let plan = Plan::new(&mapping, resubscribe, &fields)
        .map_err(|key| no_custom_field("/mapping/customFields", &key, &fields))?;
    let mut tx = app.db.read().await?;
    let erased = store_tombstones::load(&mut tx, &app.keys, export.instance_id, db::now()).await?;
    drop(tx);
    let plan = plan.with_tombstones(erased.set);
    let segments = current(app, &segments, &export.mapping).await?;
    let manifests = manifests(app, &segments)?;
    let (plan, numbers) =
        (Arc::new(plan), formats::numbers(&segments).map(str::to_owned).collect());
    Ok(Ready { export, connection, list, fields, plan, manifests, numbers })
}

/// Rejects segments that were never filled: a run would fail.
fn check_filled(segments: &[Segment]) -> Result<(), Problem> {
    let empty = segments.iter().enumerate().filter(|(_, segment)| segment.manifest.is_none());
    let errors = empty.map(|(index, segment)| {
        let name = Some(segment.name.as_str());
        let message = Reason::of_segment(ReasonCode::SegmentNotFound, name, "").message;
        let error = FieldError::new(format!("/segments/{index}"), "segmentNotFound", message);
        error.with("segment", segment.name.as_str())
    });
    Problem::none_of(errors.collect())
}

/// The segments as their data is now, unless it lacks a field of the mapping.
async fn current(
    app: &App,
    segments: &[Segment],
    mapping: &Mapping,
) -> Result<Vec<Segment>, Problem> {
    let mut found = Vec::with_capacity(segments.len());
    for segment in segments {
        let current = segments::current(app, segment).await.map_err(|error| match error {
            Unreadable::Storage(error) => read_problem(&error),
            Unreadable::Database(error) => error.into(),
        })?;
        check_fields(mapping, std::slice::from_ref(&current))?;
        found.push(current);
    }
    Ok(found)
}

/// What there is to read, unless it is more than a run may read.
fn manifests(app: &App, segments: &[Segment]) -> Result<Vec<Arc<Manifest>>, Problem> {
    let manifests: Vec<_> = segments.iter().map(|segment| Arc::new(segment.manifest())).collect();
    match warnings::over_limit(rows(&manifests), app.config.limits.max_profiles_per_export) {
        None => Ok(manifests),
        Some(Warning { code, message, params }) => {
            Err(FieldError::new("/segments", code.word(), message).with_all(params).into())
        }
    }
}

/// The members of all segments together.
pub fn rows(manifests: &[Arc<Manifest>]) -> i64 {
    let rows = manifests.iter().map(|manifest| manifest.rows()).sum::<u64>();
    i64::try_from(rows).unwrap_or(i64::MAX)
}
