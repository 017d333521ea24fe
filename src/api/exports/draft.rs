//! An export that is not saved, or not as it is saved: it is checked as saving does, and only read by a preview.

use sqlx::types::Json;
use uuid::Uuid;

use super::patch::ExportPatch;
use super::ready::saved;
use super::saving::check;
use super::views::{NewExportBody, SegmentNames};
use crate::api::access::may_edit;
use crate::app::App;
use crate::db::{self, Stamps};
use crate::exports::{Export, ExportContent, SettingMakers};
use crate::http::auth::{Caller, Contributor};
use crate::http::problem::Problem;
use crate::names::ExportId;
use crate::segments::{self, Segment};

/// A new export, with its segments.
pub(super) async fn new(
    app: &App,
    caller: &Caller<Contributor>,
    new: &NewExportBody,
) -> Result<(Export, Vec<Segment>), Problem> {
    described(app, caller, None, &new.content(), &new.segments).await
}

/// An export as a change would make it, with its segments.
pub(super) async fn changed(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
    patch: &ExportPatch,
) -> Result<(Export, Vec<Segment>), Problem> {
    // Who may not edit the export as it is learns nothing of it by naming another connection.
    let (old, segments) = saved(app, caller, id).await?;
    let names = patch.segment_names(segments);
    let patched = patch.patched(&old);
    described(app, caller, Some(&old), &patched.content(), &names).await
}

/// The export of this content, as it would be saved.
async fn described(
    app: &App,
    caller: &Caller<Contributor>,
    old: Option<&Export>,
    content: &ExportContent<'_>,
    names: &SegmentNames,
) -> Result<(Export, Vec<Segment>), Problem> {
    let checked = check(app, caller, content, names).await?;
    let mut tx = app.db.read().await?;
    may_edit(&mut tx, caller, content.connection_id).await?;
    let mut segments = Vec::with_capacity(checked.segments.len());
    for id in &checked.segments {
        segments.extend(segments::store::get_by_id(&mut tx, *id).await?);
    }
    let (by, now) = (caller.subject(), db::now());
    let export = Export {
        // What a run has sent before is known by it. A new export has sent nothing.
        id: old.map_or_else(|| ExportId(Uuid::now_v7()), |old| old.id),
        instance_id: caller.instance,
        display_name: content.display_name.clone(),
        connection_id: content.connection_id,
        list_id: content.list_id.clone(),
        mapping: Json(content.mapping.clone()),
        options: Json(content.options),
        sync: Json(content.sync.clone()),
        row_log: content.row_log.cloned().map(Json),
        feedback: content.feedback.cloned().map(Json),
        schedule: Json(content.schedule.clone()),
        next_planned_utc: None,
        makers: Json(SettingMakers::one(&content.deciding(&checked.segments), by)),
        stamps: Stamps {
            version: 1,
            created_by: by.to_owned(),
            created_utc: now,
            updated_by: by.to_owned(),
            updated_utc: now,
        },
    };
    Ok((export, segments))
}
