//! Endpoints of connections.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, delete, get, patch, post, put};
use uuid::Uuid;

use super::consent;
use super::find::{find, find_to_change};
use super::views::{ConnectionPatch, CredentialsBody, NewConnectionBody};
use crate::api::exports::dependants::refuse_in_use;
use crate::api::quota::Quota;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::connections::store::{self, NewConnection};
use crate::connections::{Connection, ConnectionView, SealedCredential};
use crate::db::{self, WriteHandle};
use crate::exports::store::ExportQuery;
use crate::http::address;
use crate::http::auth::{Admin, Caller, Contributor};
use crate::http::body::{Body, Id, IfMatch, ok};
use crate::http::idempotency::{Answer, IdempotencyKey, Idempotent};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query::Query;
use crate::http::retry::{conflict, retry};
use crate::names::ConnectionId;

/// Lists the connections.
///
/// Contributors see only the name and type of connections that are shared with them.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Contributor"])),
    params(Paging),
    responses((status = 200, body = Page<ConnectionView>)),
)]
#[get("/connections")]
pub async fn list_connections(
    caller: Caller<Contributor>,
    app: Data<App>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    let rows = store::list(&mut tx, caller.instance, !caller.is_admin(), after, limit).await?;
    let view = if caller.is_admin() { ConnectionView::full } else { ConnectionView::brief };
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row: &Connection| row.id.0, view)))
}

/// Reads a connection.
///
/// Contributors see only the name and type of a shared connection, and get 404 for one that is not shared.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Contributor"])),
    params(("id" = ConnectionId, Path)),
    responses((status = 200, body = ConnectionView)),
)]
#[get("/connections/{id}")]
pub async fn get_connection(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ConnectionId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.read().await?;
    let connection = find(&mut tx, caller.instance, id.0).await?;
    let version = connection.stamps.version;
    if caller.is_admin() {
        return Ok(ok(version, &ConnectionView::full(connection)));
    }
    if !connection.is_shared() {
        return Err(Problem::not_found("connection with this id"));
    }
    Ok(ok(version, &ConnectionView::brief(connection)))
}

/// Creates a connection.
///
/// You must consent to the transfer of data. You can add credentials later.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    request_body = NewConnectionBody,
    responses(
        (status = 201, body = ConnectionView),
        (
            status = 409,
            description = "The display name is in use, the instance has as many connections as it may have, or the \
                idempotency key was used with another request: `nameTaken`, `quotaExceeded`, `idempotencyKeyReused`",
            body = crate::http::problem::ProblemDocument,
        ),
        (
            status = 422,
            description = "Consent is missing, or to another version of the text: `consentRequired`",
            body = crate::http::problem::ProblemDocument,
        ),
    ),
)]
#[post("/connections")]
pub async fn create_connection(
    caller: Caller<Admin>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<NewConnectionBody>,
) -> Result<HttpResponse, Problem> {
    let new = &body.value;
    let create = async |tx: &mut WriteHandle| {
        consent::check(new.consent.as_ref())?;
        let connection = insert(tx, &app, &caller, new).await?;
        let change = Change::made(&connection);
        audit::record(tx, &caller.author, Action::ConnectionCreate, change).await?;
        Ok((created(connection)?, ()))
    };
    let (response, _) = Idempotent::new(&caller, key, &body.digest).create(&app, create).await?;
    Ok(response)
}

async fn insert(
    tx: &mut WriteHandle,
    app: &App,
    caller: &Caller<Admin>,
    new: &NewConnectionBody,
) -> Result<Connection, Problem> {
    let count = store::count(tx, caller.instance).await?;
    Quota::Connections.check(count, app.config.limits.max_connections_per_instance)?;
    let id = ConnectionId(Uuid::now_v7());
    let row = NewConnection {
        id,
        instance: caller.instance,
        display_name: &new.display_name,
        r#type: new.r#type,
        allowed_roles: new.allowed_roles,
        consent_lang: new.consent.as_ref().and_then(|consent| consent.lang),
        by: caller.subject(),
        now: db::now(),
    };
    let connection = store::insert(tx, &row).await.map_err(name_taken)?;
    let Some(credentials) = &new.credentials else {
        return Ok(connection);
    };
    let sealed = SealedCredential::api_key(&credentials.api_key, &app.keys, caller.instance, id);
    let set = store::set_credential(tx, id, &sealed, caller.subject(), db::now()).await?;
    set.ok_or_else(|| Problem::not_found("connection with this id"))
}

fn created(connection: Connection) -> Result<Answer, Problem> {
    let location = address::location(connection.instance_id, "connections", connection.id.0);
    let version = connection.stamps.version;
    let view = ConnectionView::full(connection);
    Ok(Answer::json(StatusCode::CREATED, &view)?.about(location, version))
}

fn name_taken(error: sqlx::Error) -> Problem {
    if db::is_unique_violation(&error) {
        return Problem::new(
            ProblemKind::NameTaken,
            "Another connection of this instance has this display name. Choose another name.",
        );
    }
    error.into()
}

/// Renames a connection, or changes who may use it.
///
/// Members that you leave out stay as they are. Exports over a connection that is no longer shared keep running.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path)),
    request_body = ConnectionPatch,
    responses(
        (status = 200, body = ConnectionView),
        (
            status = 409,
            description = "The display name is in use: `nameTaken`",
            body = crate::http::problem::ProblemDocument,
        ),
    ),
)]
#[patch("/connections/{id}")]
pub async fn update_connection(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
    if_match: IfMatch,
    body: Body<ConnectionPatch>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let old = find_to_change(&mut tx, caller.instance, id.0).await?;
    if_match.check(old.stamps.version)?;
    let name = body.value.display_name.as_ref().unwrap_or(&old.display_name);
    let allowed = body.value.allowed_roles.unwrap_or(old.allowed_roles);
    if (name, allowed) == (&old.display_name, old.allowed_roles) {
        return Ok(ok(old.stamps.version, &ConnectionView::full(old)));
    }
    let connection = store::update(&mut tx, id.0, name, allowed, caller.subject(), db::now())
        .await
        .map_err(name_taken)?;
    let change = Change::between(&old, &connection);
    audit::record(&mut tx, &caller.author, Action::ConnectionUpdate, change).await?;
    tx.commit().await?;
    Ok(ok(connection.stamps.version, &ConnectionView::full(connection)))
}

/// Replaces the credentials.
///
/// The connection keeps its id, and its exports stay as they are.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path)),
    request_body = CredentialsBody,
    responses((status = 200, body = ConnectionView)),
)]
#[put("/connections/{id}/credentials")]
pub async fn set_credentials(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
    if_match: IfMatch,
    body: Body<CredentialsBody>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let old = find_to_change(&mut tx, caller.instance, id.0).await?;
    if_match.check(old.stamps.version)?;
    let sealed = SealedCredential::api_key(&body.value.api_key, &app.keys, caller.instance, id.0);
    let connection =
        store::set_credential(&mut tx, id.0, &sealed, caller.subject(), db::now()).await?;
    let connection = connection.ok_or_else(|| Problem::not_found("connection with this id"))?;
    let change = Change::between(&old, &connection);
    audit::record(&mut tx, &caller.author, Action::ConnectionSetCredentials, change).await?;
    tx.commit().await?;
    Ok(ok(connection.stamps.version, &ConnectionView::full(connection)))
}

/// Removes a connection and erases its secret.
///
/// Rejected while exports use the connection: detach or remove them first. Exports that were detached keep what they
/// know of the people on their lists (the baselines) until they are removed; runs over the connection stay as history
/// until they reach their age. The account at Campaign Monitor stays as it is.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path)),
    responses(
        (status = 204),
        (
            status = 409,
            description = "Exports use it; `dependants` names them: `connectionInUse`",
            body = crate::http::problem::ProblemDocument,
        ),
    ),
)]
#[delete("/connections/{id}")]
pub async fn delete_connection(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    retry(async || remove(&app, &caller, id.0, &if_match).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn remove(
    app: &App,
    caller: &Caller<Admin>,
    id: ConnectionId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let mut tx = app.db.write().await?;
    let connection = find_to_change(&mut tx, caller.instance, id).await?;
    if_match.check(connection.stamps.version)?;
    let filter = ExportQuery { connection: Some(id), ..Default::default() };
    let in_use = (ProblemKind::ConnectionInUse, "connection", "Detach");
    refuse_in_use(&mut tx, caller.instance, &filter, in_use).await?;
    store::delete(&mut tx, id).await.map_err(conflict)?;
    let change = Change::removed(&connection);
    audit::record(&mut tx, &caller.author, Action::ConnectionRemove, change).await?;
    Ok(tx.commit().await?)
}
