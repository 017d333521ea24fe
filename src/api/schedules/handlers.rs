//! Endpoints of schedules.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, put};

use super::check::check_refresh;
use super::views::RefreshScheduleView;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self};
use crate::http::auth::{Admin, Caller};
use crate::http::body::{Body, IfMatch, ok};
use crate::http::problem::Problem;
use crate::schedules::refresh::RefreshSchedule;
use crate::schedules::store;

/// Reads when the system refresh of the instance runs.
///
/// The refresh starts every active export whose schedule is `systemRefresh`. It is off until an administrator switches
/// it on.
#[utoipa::path(
    tag = "schedules",
    security(("bearer" = ["Admin"])),
    responses((status = 200, body = RefreshScheduleView)),
)]
#[get("/schedule")]
pub async fn get_schedule(caller: Caller<Admin>, app: Data<App>) -> Result<HttpResponse, Problem> {
    let planned = store::get(&mut app.db.read().await?, caller.instance).await?;
    let view = RefreshScheduleView::of(caller.instance, planned, db::now());
    Ok(ok(view.version, &view))
}

/// Sets when the system refresh of the instance runs.
///
/// It runs one to four times a day, every day or on some days of the week, in its time zone.
#[utoipa::path(
    tag = "schedules",
    security(("bearer" = ["Admin"])),
    request_body = RefreshSchedule,
    responses((status = 200, body = RefreshScheduleView)),
)]
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
