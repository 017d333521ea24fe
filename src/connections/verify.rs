//! Whether a connection works.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::account::{note_acceptance, note_refusal, open};
use super::api::find;
use super::{Connection, ConnectionId};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::campaign_monitor::Account;
use crate::http::auth::{Admin, Caller};
use crate::http::body::Id;
use crate::http::problem::Problem;

/// Whether a connection works.
#[derive(Serialize, ToSchema)]
pub struct Verification {
    /// Whether every check passed.
    ok: bool,
    checks: Vec<Check>,
}

/// One thing that was checked.
#[derive(Serialize, ToSchema)]
pub struct Check {
    /// `credentials`, `clients`, `exportUser`.
    #[schema(example = "credentials")]
    name: &'static str,
    ok: bool,
    detail: String,
}

/// Checks a connection against Campaign Monitor.
#[utoipa::path(tag = "connections", params(("id" = ConnectionId, Path)), responses((status = 200, body = Verification)))]
#[post("/connections/{id}/verify")]
pub async fn verify_connection(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
) -> Result<HttpResponse, Problem> {
    let connection = find(&mut app.db.read().await?, caller.instance, id.0).await?;
    let mut checks = vec![];
    match open(&app, &connection) {
        Ok(account) => checks.extend(check_account(&app, &connection, &account).await?),
        Err(problem) => {
            checks.push(Check { name: "credentials", ok: false, detail: problem.to_string() });
        }
    }
    checks.push(check_export_user(&connection));
    let mut tx = app.db.write().await?;
    let verified = find(&mut tx, caller.instance, id.0).await?;
    let change = Change::between(&connection, &verified);
    audit::record(&mut tx, &caller.author, Action::ConnectionVerify, change).await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(Verification { ok: checks.iter().all(|check| check.ok), checks }))
}

async fn check_account(
    app: &App,
    connection: &Connection,
    account: &Account,
) -> Result<Vec<Check>, Problem> {
    let system_date = account.system_date().await;
    if let Err(error) = &system_date {
        note_refusal(app, connection, error).await?;
        let detail = format!("Campaign Monitor says: {error}.");
        return Ok(vec![Check { name: "credentials", ok: false, detail }]);
    }
    note_acceptance(app, connection).await?;
    let credentials =
        Check { name: "credentials", ok: true, detail: "Campaign Monitor accepts them.".into() };
    let clients = match account.clients().await {
        Ok(clients) => Check {
            name: "clients",
            ok: !clients.is_empty(),
            detail: format!("{} clients are visible.", clients.len()),
        },
        Err(error) => {
            Check { name: "clients", ok: false, detail: format!("Campaign Monitor says: {error}.") }
        }
    };
    Ok(vec![credentials, clients])
}

fn check_export_user(connection: &Connection) -> Check {
    match &connection.export_user_name {
        Some(name) => {
            Check { name: "exportUser", ok: true, detail: format!("Scheduled runs act as {name}.") }
        }
        None => Check {
            name: "exportUser",
            ok: false,
            detail: "Nobody has been added as export user yet.".into(),
        },
    }
}
