//! Endpoints of schedules.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post, put};

use super::check::{check, check_change, check_refresh};
use super::views::{ChangedExports, RefreshScheduleView, SchedulesBody};
use crate::api::exports::check::may_edit;
use crate::api::exports::handlers::{find_to_change, view};
use crate::api::exports::views::ExportView;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, Tx};
use crate::exports::{self, Export};
use crate::http::auth::{Admin, Caller, Contributor};
use crate::http::body::{Body, Id, IfMatch, ok};
use crate::http::problem::{FieldError, Kind, Problem};
use crate::names::ExportId;
use crate::schedules::refresh::RefreshSchedule;
use crate::schedules::{Schedule, store};

/// Reads when the system refresh of the instance comes.
///
/// It starts every active export whose schedule is `systemRefresh`. It is off until an administrator switches it on.
#[utoipa::path(tag = "schedules", security(("bearer" = ["Admin"])), responses((status = 200, body = RefreshScheduleView)))]
#[get("/schedule")]
pub async fn get_schedule(caller: Caller<Admin>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let planned = store::get(&mut app.db.read().await?, caller.instance).await?;
    let view = RefreshScheduleView::of(caller.instance, planned, db::now());
    Ok(ok(view.version, &view))
}

/// Says when the system refresh of the instance comes.
///
/// Once to four times a day, every day or on some days of the week, by the clock of its time zone.
#[utoipa::path(tag = "schedules", security(("bearer" = ["Admin"])), request_body = RefreshSchedule, responses((status = 200, body = RefreshScheduleView)))]
#[put("/schedule")]
pub async fn put_schedule(
    caller: Caller<Admin>,
    app: Data<App>,
    if_match: IfMatch,
    body: Body<RefreshSchedule>,
) -> Result<HttpResponse, Problem> {
    let (schedule, now) = (body.value, db::now());
    let mut tx = app.db.write().await?;
    let old = store::get(&mut tx, caller.instance).await?;
    let version = old.as_ref().map_or(0, |old| old.stamps.version);
    if_match.check(version)?;
    check_refresh(&schedule)?;
    let by = caller.subject();
    let planned = store::set(&mut tx, caller.instance, version, &schedule, by, now).await?;
    let planned = planned.ok_or_else(Problem::changed)?;
    let before = old.map_or_else(RefreshSchedule::default, |old| old.schedule.0);
    let change = Change::between((caller.instance, &before), (caller.instance, &schedule));
    audit::record(&mut tx, &caller.author, Action::InstanceSetSchedule, change).await?;
    tx.commit().await?;
    let view = RefreshScheduleView::of(caller.instance, Some(planned), now);
    Ok(ok(view.version, &view))
}

/// Says when an export runs by itself.
///
/// With every system refresh, at times of its own, or not at all. The answer shows the next five times.
#[utoipa::path(tag = "schedules", security(("bearer" = ["Contributor"])), params(("id" = ExportId, Path)), request_body = Schedule, responses((status = 200, body = ExportView)))]
#[put("/exports/{id}/schedule")]
pub async fn set_export_schedule(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    if_match: IfMatch,
    body: Body<Schedule>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let export = find_to_change(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, export.connection_id).await?;
    if_match.check(export.stamps.version)?;
    check(&body.value, "", db::now())?;
    let action = Action::ExportSetSchedule;
    let view = change(&mut tx, &app, &caller, action, &export, &body.value).await?;
    tx.commit().await?;
    Ok(ok(view.version, &view))
}

/// Changes the schedules of several exports.
///
/// `keepIndividual` switches them on or off, and leaves when they run; `defineNew` gives all of them the same schedule.
/// All are changed, or none.
#[utoipa::path(tag = "schedules", security(("bearer" = ["Contributor"])), request_body = SchedulesBody, responses((status = 200, body = ChangedExports)))]
#[post("/schedules")]
pub async fn change_schedules(
    caller: Caller<Contributor>,
    app: Data<App>,
    body: Body<SchedulesBody>,
) -> Result<HttpResponse, Problem> {
    let body = body.value;
    check_change(&body, db::now())?;
    let mut tx = app.db.write().await?;
    let mut items = Vec::with_capacity(body.export_ids.len());
    for export in selected(&mut tx, &caller, &body.export_ids).await? {
        let schedule = body.schedule_of(&export.schedule);
        let action = Action::ExportSetSchedules;
        items.push(change(&mut tx, &app, &caller, action, &export, &schedule).await?);
    }
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(ChangedExports { items }))
}

/// The exports of these ids, all of which the caller may edit.
async fn selected(
    tx: &mut Tx,
    caller: &Caller<Contributor>,
    ids: &[ExportId],
) -> Result<Vec<Export>, Problem> {
    // In one order, so that of two calls with the same exports none waits for the other.
    let mut in_order: Vec<_> = ids.iter().enumerate().collect();
    in_order.sort_unstable_by_key(|(_, id)| id.0);
    let (mut found, mut unknown) = (BTreeMap::new(), BTreeMap::new());
    for (index, id) in in_order {
        if let Some(export) = exports::store::get_to_change(tx, caller.instance, *id).await? {
            may_edit(tx, caller, export.connection_id).await?;
            found.insert(index, export);
        } else {
            let (pointer, message) = (format!("/exportIds/{index}"), "There is no such export.");
            unknown.insert(index, FieldError::new(pointer, "unknownExport", message));
        }
    }
    if unknown.is_empty() {
        Ok(found.into_values().collect())
    } else {
        Err(Problem::from_errors(Kind::Unprocessable, unknown.into_values().collect()))
    }
}

/// Changes the schedule of an export.
async fn change(
    tx: &mut Tx,
    app: &App,
    caller: &Caller<Contributor>,
    action: Action,
    export: &Export,
    schedule: &Schedule,
) -> Result<ExportView, Problem> {
    let by = caller.subject();
    let changed = store::set_of_export(tx, export.id, schedule, by, db::now()).await?;
    let change = Change::between((export, &[][..]), (&changed, &[][..]));
    audit::record(tx, &caller.author, action, change).await?;
    view(tx, app, caller, changed, vec![]).await
}
