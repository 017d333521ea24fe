//! Checks whether a connection works: its credentials, its clients and its export user.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::account::open;
use super::find::find;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::campaign_monitor::{self, Disposition};
use crate::connections::Connection;
use crate::connections::session::AccountSession;
use crate::http::auth::{Admin, Caller};
use crate::http::body::Id;
use crate::http::problem::{Problem, ProblemKind};
use crate::names::ConnectionId;

/// The result of all checks of a connection.
#[derive(Serialize, ToSchema)]
pub struct Verification {
    /// True when every check passed; otherwise see `checks`.
    ok: bool,
    /// In the order in which they were made.
    checks: Vec<Check>,
}

/// One thing that was checked.
#[derive(Serialize, ToSchema)]
pub struct Check {
    /// `credentials`, `clients`, `exportUser`.
    #[schema(example = "credentials")]
    name: &'static str,
    /// Whether it passed. One that could not be made has not passed; `detail` says so.
    ok: bool,
    /// What was found, for people.
    #[schema(example = "Campaign Monitor accepts them.")]
    detail: String,
}

/// Checks a connection against Campaign Monitor.
///
/// The answer says for each check whether it passed. If Campaign Monitor rejects the credentials, the connection needs
/// attention; if it accepts them, the connection works again.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path)),
    responses((status = 200, body = Verification)),
)]
#[post("/connections/{id}/verify")]
pub async fn verify_connection(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
) -> Result<HttpResponse, Problem> {
    let connection = find(&mut app.db.read().await?, caller.instance, id.0).await?;
    let mut checks = match open(&app, &connection) {
        Ok(session) => check_account(&session).await?,
        Err(problem) if problem.kind() == ProblemKind::ConnectionNotConnected => {
            vec![Check { name: "credentials", ok: false, detail: problem.to_string() }]
        }
        Err(problem) => return Err(problem),
    };
    checks.push(check_export_user(&connection));
    let mut tx = app.db.write().await?;
    let verified = find(&mut tx, caller.instance, id.0).await?;
    let change = Change::between(&connection, &verified);
    audit::record(&mut tx, &caller.author, Action::ConnectionVerify, change).await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(Verification { ok: checks.iter().all(|check| check.ok), checks }))
}

async fn check_account(session: &AccountSession) -> Result<Vec<Check>, Problem> {
    let system_date = session.call(|account| async move { account.system_date().await });
    if let Err(error) = system_date.await {
        return Ok(vec![failed("credentials", &error)]);
    }
    session.note_acceptance().await?;
    let credentials =
        Check { name: "credentials", ok: true, detail: "Campaign Monitor accepts them.".into() };
    let clients = session.call(|account| async move { account.clients().await });
    let clients = match clients.await {
        Ok(clients) => Check {
            name: "clients",
            ok: !clients.is_empty(),
            detail: format!("{} clients are visible.", clients.len()),
        },
        Err(error) => failed("clients", &error),
    };
    Ok(vec![credentials, clients])
}

fn failed(name: &'static str, error: &campaign_monitor::Error) -> Check {
    let detail = match error.disposition() {
        Disposition::Retry(_) => format!(
            "Could not check: Campaign Monitor is unavailable ({error}). Verify again later; do not renew the \
                credentials before."
        ),
        Disposition::GiveUp | Disposition::BlockConnection => {
            format!("Campaign Monitor rejected the call: {}.", error.refusal())
        }
    };
    Check { name, ok: false, detail }
}

fn check_export_user(connection: &Connection) -> Check {
    match &connection.export_user_name {
        Some(name) => {
            Check { name: "exportUser", ok: true, detail: format!("Scheduled runs act as {name}.") }
        }
        None => Check {
            name: "exportUser",
            ok: false,
            detail: "The connection has no export user yet. Add one: `PUT …/export-user`.".into(),
        },
    }
}
