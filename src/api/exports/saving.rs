//! How an export is checked and saved.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use uuid::Uuid;

use super::check::{
    check_consents, check_custom_fields, check_fields, check_list, find_segments, usable_connection,
};
use super::check_flag::check_flag;
use super::check_folders::{check_feedback, check_row_log};
use super::field_errors::FieldErrors;
use super::find::find_to_change;
use super::show::view;
use super::views::SegmentNames;
use crate::api::access::may_edit;
use crate::api::quota::Quota;
use crate::api::runs::cancel::{Uprooted, cancel_open};
use crate::api::schedules;
use crate::api::segments::inspecting::with_new_fields;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, WriteHandle};
use crate::exports::{
    Export, ExportContent, SettingMakers, Warning, store, store_planned, warnings,
};
use crate::feedback;
use crate::http::address;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::ok;
use crate::http::idempotency::{Answer, Idempotent};
use crate::http::problem::Problem;
use crate::http::retry::conflict;
use crate::names::ExportId;
use crate::segments::{self, Segment, SegmentId};

/// The result of `check`.
pub struct Checked {
    /// In the order of the request.
    pub segments: Vec<SegmentId>,
    /// What may surprise the person who runs the export.
    pub warnings: Vec<Warning>,
}

/// Checks an export against its segments and, if it has a connection, against its list. One answer names all that is
/// wrong.
pub async fn check(
    app: &App,
    caller: &Caller<Contributor>,
    content: &ExportContent<'_>,
    names: &SegmentNames,
) -> Result<Checked, Problem> {
    let (mapping, mut errors) = (content.mapping, FieldErrors::default());
    errors.gather(check_custom_fields(mapping))?;
    errors.gather(check_consents(mapping))?;
    errors.gather(check_flag(&content.sync.leavers, mapping))?;
    errors.gather(check_row_log(app, caller.instance, content.row_log))?;
    errors.gather(check_feedback(app, caller.instance, content.feedback))?;
    let found = find_segments(&mut app.db.read().await?, caller.instance, names).await;
    let segments = errors.gather(found)?.unwrap_or_default();
    let segments = with_new_fields(app, mapping, segments).await?;
    errors.gather(check_fields(mapping, &segments))?;
    errors.gather(schedules::check::check(content.schedule, "/schedule", db::now()))?;
    let mut warnings =
        warnings::of_choices(mapping, content.sync.resubscribes(content.options), None);
    warnings.extend(warnings::of_sync(content.sync));
    warnings.extend(warnings::of_segments(&segments));
    if let Some(id) = content.connection_id
        && let Some(connection) = errors.gather(usable_connection(app, caller, id).await)?
    {
        let checked = check_list(app, &connection, content.list_id, mapping, content.sync).await;
        warnings.extend(errors.gather(checked)?.unwrap_or_default());
    }
    errors.take()?;
    Ok(Checked { segments: segments.into_iter().map(|segment| segment.id).collect(), warnings })
}

/// Adds an export, once for each idempotency key.
pub async fn save_new(
    app: &App,
    caller: &Caller<Contributor>,
    idempotent: &Idempotent,
    action: Action,
    content: &ExportContent<'_>,
    checked: Checked,
) -> Result<HttpResponse, Problem> {
    let create = async |tx: &mut WriteHandle| {
        may_edit(tx, caller, content.connection_id).await?;
        let count = store::count(tx, caller.instance).await?;
        Quota::Exports.check(count, app.config.limits.max_exports_per_instance)?;
        let export = insert(tx, caller, action, content, &checked.segments).await?;
        let location = address::location(caller.instance, "exports", export.id.0);
        let version = export.stamps.version;
        let view = view(tx, app, caller, export, checked.warnings).await?;
        Ok((Answer::json(StatusCode::CREATED, &view)?.about(location, version), ()))
    };
    let (response, _) = idempotent.create(app, create).await?;
    Ok(response)
}

async fn insert(
    tx: &mut WriteHandle,
    caller: &Caller<Contributor>,
    action: Action,
    content: &ExportContent<'_>,
    segments: &[SegmentId],
) -> Result<Export, Problem> {
    let id = ExportId(Uuid::now_v7());
    let by = caller.subject();
    let makers = SettingMakers::one(&content.deciding(segments), by);
    let export = store::insert(tx, caller.instance, id, content, &makers, by, db::now())
        .await
        .map_err(conflict)?;
    store::set_segments(tx, id, segments).await.map_err(conflict)?;
    let segments = segments::store::of_export(tx, id).await?;
    let change = Change::made((&export, &segments[..]));
    audit::record(tx, &caller.author, action, change).await?;
    store_planned::plan(tx, id, content.schedule.next(db::now())).await?;
    Ok(export)
}

/// Changes an export, unless it is already as it should be. A conflict when somebody else changed it meanwhile, or
/// removed its connection or a segment.
pub async fn save(
    app: &App,
    caller: &Caller<Contributor>,
    action: Action,
    old: &Export,
    content: &ExportContent<'_>,
    checked: Checked,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let current = find_to_change(&mut tx, caller.instance, old.id).await?;
    if current.stamps.version != old.stamps.version {
        return Err(Problem::conflict());
    }
    for connection in [current.connection_id, content.connection_id].into_iter().flatten() {
        may_edit(&mut tx, caller, Some(connection)).await?;
    }
    let old_segments = segments::store::of_export(&mut tx, old.id).await?;
    let is_same_set =
        old_segments.iter().map(|segment| segment.id).eq(checked.segments.iter().copied());
    let export = if is_same_set && ExportContent::of(&current) == *content {
        current
    } else {
        let old = (&current, &old_segments[..]);
        change(&mut tx, caller, action, old, content, &checked.segments).await?
    };
    let version = export.stamps.version;
    let view = view(&mut tx, app, caller, export, checked.warnings).await?;
    tx.commit().await?;
    Ok(ok(version, &view))
}

async fn change(
    tx: &mut WriteHandle,
    caller: &Caller<Contributor>,
    action: Action,
    old: (&Export, &[Segment]),
    content: &ExportContent<'_>,
    segments: &[SegmentId],
) -> Result<Export, Problem> {
    let (id, now) = (old.0.id, db::now());
    // A run uses the connection that the export had when the run started.
    if content.connection_id != old.0.connection_id {
        cancel_open(tx, caller, id, Uprooted::Detached).await?;
    }
    let (by, makers) = (caller.subject(), makers(old, content, segments, caller.subject()));
    let export = store::update(tx, id, content, &makers, by, now).await.map_err(conflict)?;
    store::set_segments(tx, id, segments).await.map_err(conflict)?;
    let segments = segments::store::of_export(tx, id).await?;
    let change = Change::between(old, (&export, &segments[..]));
    audit::record(tx, &caller.author, action, change).await?;
    let (before, after) = (old.0.feedback.as_deref(), content.feedback);
    let is_same = before.zip(after).is_some_and(|(old, new)| old.url.is_same_folder(&new.url));
    // Another folder begins with everybody.
    if before.is_some() && !is_same {
        feedback::store_files::forget(tx, id).await?;
    }
    // A planned time that is due and has not started a run yet stays, unless the schedule changes.
    if old.0.schedule.0 != *content.schedule {
        store_planned::plan(tx, id, content.schedule.next(now)).await?;
    }
    Ok(export)
}

/// Who made each setting, once `by` has changed the export.
fn makers(
    (export, segments): (&Export, &[Segment]),
    content: &ExportContent<'_>,
    new_segments: &[SegmentId],
    by: &str,
) -> SettingMakers {
    let segments: Vec<_> = segments.iter().map(|segment| segment.id).collect();
    let old = ExportContent::of(export).deciding(&segments);
    let new = content.deciding(new_segments);
    export.makers.changed((&old, &new), by, &export.stamps.updated_by)
}
