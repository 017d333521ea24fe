//! Endpoints of erasures.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use uuid::Uuid;

use super::making::{check, insert};
use super::views::{ErasureView, NewErasureBody, views};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, ReadHandle, WriteHandle};
use crate::erasures::{Erasure, ErasureId, store, store_sites};
use crate::http::address;
use crate::http::auth::{Admin, Caller};
use crate::http::body::{Body, Id, ok};
use crate::http::idempotency::{Answer, IdempotencyKey, Idempotent};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::query::Query;

/// Erases people everywhere.
///
/// From this answer on, no run of the instance sends them: one that is active stops after the call that it is making.
/// A worker then searches every place, removes what it finds, and searches once more. A person who is named by `email`
/// is sought by that address alone; one who is named by `customerId` also by the addresses that lists have received for
/// it.
#[utoipa::path(
    tag = "erasures",
    security(("bearer" = ["Admin"])),
    request_body = NewErasureBody,
    responses(
        (status = 202, body = ErasureView),
        (
            status = 409,
            description = "The idempotency key was used with another request: `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
        (
            status = 422,
            description = "The request names nobody, too many, or somebody by both or neither: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/erasures")]
pub async fn start_erasure(
    caller: Caller<Admin>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<NewErasureBody>,
) -> Result<HttpResponse, Problem> {
    let idempotent = Idempotent::new(&caller, key, &body.digest);
    if let Some(answer) = idempotent.replay(&app).await? {
        return Ok(answer);
    }
    check(&body.value.people)?;
    let create = async |tx: &mut WriteHandle| {
        let made = insert(tx, &app, &caller, &body.value).await?;
        audit::record(tx, &caller.author, Action::ErasureCreate, Change::made(&made)).await?;
        Ok((answer(tx, made).await?, ()))
    };
    let (response, _) = idempotent.create(&app, create).await?;
    Ok(response)
}

async fn answer(tx: &mut ReadHandle, made: Erasure) -> Result<Answer, Problem> {
    let location = address::location(made.instance_id, "erasures", made.id.0);
    let version = made.version;
    let view = view(tx, made).await?;
    Ok(Answer::json(StatusCode::ACCEPTED, &view)?.about(location, version))
}

/// An erasure with what was found.
pub(super) async fn view(tx: &mut ReadHandle, erasure: Erasure) -> sqlx::Result<ErasureView> {
    let sites = store_sites::of_erasure(tx, erasure.id).await?;
    Ok(ErasureView::of(erasure, sites, db::now()))
}

/// Lists the erasures.
///
/// Newest first, with the days that are left of the month of article 12(3) of the GDPR.
#[utoipa::path(
    tag = "erasures",
    security(("bearer" = ["Admin"])),
    params(Paging),
    responses((status = 200, body = Page<ErasureView>)),
)]
#[get("/erasures")]
pub async fn list_erasures(
    caller: Caller<Admin>,
    app: Data<App>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after::<Uuid>()?);
    let mut tx = app.db.read().await?;
    let rows = store::list(&mut tx, caller.instance, after, limit).await?;
    let rows = views(&mut tx, rows, db::now()).await?;
    let page = Page::of(rows, limit, |row: &ErasureView| row.erasure_id.0, |row| row);
    Ok(HttpResponse::Ok().json(page))
}

/// Reads an erasure.
///
/// `places` says what was found in each place, what was removed, and when a second search found nobody any more. What
/// this service cannot change is named with whose it is.
#[utoipa::path(
    tag = "erasures",
    security(("bearer" = ["Admin"])),
    params(("id" = ErasureId, Path)),
    responses((status = 200, body = ErasureView)),
)]
#[get("/erasures/{id}")]
pub async fn get_erasure(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ErasureId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.read().await?;
    let erasure = find(&mut tx, caller.instance, id.0).await?;
    Ok(ok(erasure.version, &view(&mut tx, erasure).await?))
}

/// The erasure with this id.
pub(super) async fn find(
    tx: &mut ReadHandle,
    instance: Uuid,
    id: ErasureId,
) -> Result<Erasure, Problem> {
    store::get(tx, instance, id).await?.ok_or_else(|| Problem::not_found(NONE))
}

pub(super) const NONE: &str = "erasure with this id";
