//! Endpoints that set when exports run by themselves.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpResponse, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::find::find_to_change;
use super::show::view;
use super::views::ExportView;
use crate::api::access::may_edit;
use crate::api::schedules::check::{check, not_of_this_kind, repeated};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, Time, WriteHandle};
use crate::exports::{self, Export, store_planned};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, Id, IfMatch, ok};
use crate::http::problem::{FieldError, Problem};
use crate::names::ExportId;
use crate::schedules::Schedule;
use crate::wire::list;

/// The most exports of one change.
const EXPORTS_MAX: usize = 200;

/// How several schedules change at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum Mode {
    /// Each export keeps its schedule; all are switched on, or off.
    KeepIndividual,
    /// All exports get the same schedule.
    DefineNew,
}

/// The schedules of several exports.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SchedulesBody {
    /// 1 to 200 exports, each once.
    #[serde(deserialize_with = "list::<EXPORTS_MAX, _, _>")]
    #[schema(min_items = 1, max_items = 200)]
    export_ids: Vec<ExportId>,
    mode: Mode,
    /// On or off; with `keepIndividual`.
    #[serde(default)]
    active: Option<bool>,
    /// The new schedule; with `defineNew`.
    #[serde(default)]
    schedule: Option<Schedule>,
}

impl SchedulesBody {
    /// The new schedule of one of the exports.
    fn schedule_of(&self, old: &Schedule) -> Schedule {
        let active = self.active.unwrap_or(old.active);
        self.schedule.clone().unwrap_or_else(|| Schedule { active, ..old.clone() })
    }
}

/// The exports whose schedules were changed.
#[derive(Serialize, ToSchema)]
pub struct ChangedExports {
    /// In the order of the request.
    items: Vec<ExportView>,
}

/// Sets when an export runs by itself.
///
/// An export can run with every system refresh, at times of its own, or only when somebody starts it. The answer shows
/// the next five times.
#[utoipa::path(
    tag = "schedules",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = Schedule,
    responses((status = 200, body = ExportView)),
)]
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
/// `keepIndividual` switches the schedules on or off and keeps their times; `defineNew` gives all exports the same
/// schedule. Either all of them change, or none.
#[utoipa::path(
    tag = "schedules",
    security(("bearer" = ["Contributor"])),
    request_body = SchedulesBody,
    responses((status = 200, body = ChangedExports)),
)]
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
    tx: &mut WriteHandle,
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
            let (pointer, message) =
                (format!("/exportIds/{index}"), "This instance has no export with this id.");
            unknown.insert(index, FieldError::new(pointer, "unknownExport", message));
        }
    }
    Problem::none_of(unknown.into_values().collect())?;
    Ok(found.into_values().collect())
}

async fn change(
    tx: &mut WriteHandle,
    app: &App,
    caller: &Caller<Contributor>,
    action: Action,
    export: &Export,
    schedule: &Schedule,
) -> Result<ExportView, Problem> {
    let by = caller.subject();
    let changed = store_planned::set_schedule(tx, export.id, schedule, by, db::now()).await?;
    let change = Change::between((export, &[][..]), (&changed, &[][..]));
    audit::record(tx, &caller.author, action, change).await?;
    view(tx, app, caller, changed, vec![]).await
}

fn check_change(body: &SchedulesBody, now: Time) -> Result<(), Problem> {
    let mut errors = if (1..=EXPORTS_MAX).contains(&body.export_ids.len()) {
        repeated(&body.export_ids, "/exportIds")
    } else {
        let message = format!("Send 1 to {EXPORTS_MAX} export ids.");
        let error = FieldError::new("/exportIds", "wrongNumber", message);
        vec![error.with("min", 1_i64).with("max", EXPORTS_MAX)]
    };
    let (active, schedule) = (body.active.is_some(), body.schedule.is_some());
    errors.extend(match body.mode {
        Mode::KeepIndividual => fits("/active", active, "/schedule", schedule, "defineNew"),
        Mode::DefineNew => fits("/schedule", schedule, "/active", active, "keepIndividual"),
    });
    Problem::none_of(errors)?;
    body.schedule.as_ref().map_or(Ok(()), |schedule| check(schedule, "/schedule", now))
}

/// Checks that the member of the mode is there, and the member of the other mode is not.
fn fits(own: &str, has_own: bool, strange: &str, has_strange: bool, of: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if !has_own {
        errors.push(FieldError::new(own, "missing", "This member is required in this mode."));
    }
    if has_strange {
        errors.push(not_of_this_kind(strange.into(), ("mode", of)));
    }
    errors
}
