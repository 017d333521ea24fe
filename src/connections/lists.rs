//! What a connection shows of its Campaign Monitor account: whether it works, and the lists to pick from.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use futures::future::try_join_all;
use serde::Serialize;
use utoipa::ToSchema;

use super::api::find;
use super::{Connection, ConnectionId, store};
use crate::app::App;
use crate::campaign_monitor::{self, Account, CustomField, Disposition, List, ListStats};
use crate::db;
use crate::exports::{ListId, Warning};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::problem::{Kind, Problem, ProblemDocument};

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

/// The lists of an account, by client.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListsView {
    clients: Vec<ClientView>,
}

/// A Campaign Monitor client and its lists.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientView {
    client_id: String,
    name: String,
    lists: Vec<ListOverviewView>,
}

/// A list to pick.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListOverviewView {
    list_id: String,
    name: String,
}

/// A list, with what an export into it should know.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListView {
    list_id: String,
    name: String,
    opt_in: OptIn,
    fields: Vec<CustomFieldView>,
    counts: ListCountsView,
    warnings: Vec<Warning>,
}

/// Whether new subscribers must confirm.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OptIn {
    /// They are on the list at once.
    Single,
    /// They get a mail, and are on the list once they confirm.
    Double,
}

/// A custom field of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomFieldView {
    /// To be used in the mapping.
    key: String,
    name: String,
    #[schema(example = "Text")]
    data_type: String,
    options: Vec<String>,
}

/// The subscribers of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListCountsView {
    active: i64,
    unsubscribed: i64,
    deleted: i64,
    bounced: i64,
}

/// Checks a connection against Campaign Monitor.
#[utoipa::path(tag = "connections", params(("id" = ConnectionId, Path)), responses((status = 200, body = Verification)))]
#[post("/connections/{id}/verify")]
pub async fn verify_connection(
    caller: Caller<crate::http::auth::Admin>,
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

/// Lists the clients of the account and their lists.
#[utoipa::path(tag = "connections", params(("id" = ConnectionId, Path)), responses((status = 200, body = ListsView), (status = 409, description = "The connection has no credentials yet", body = ProblemDocument)))]
#[get("/connections/{id}/lists")]
pub async fn browse_lists(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ConnectionId>,
) -> Result<HttpResponse, Problem> {
    let connection = find_usable(&app, &caller, id.0).await?;
    let account = open(&app, &connection)?;
    let found = async {
        let clients = account.clients().await?;
        try_join_all(clients.into_iter().map(|client| client_view(&account, client))).await
    };
    let clients = asked(&app, &connection, found.await).await?;
    Ok(HttpResponse::Ok().json(ListsView { clients }))
}

async fn client_view(
    account: &Account,
    client: campaign_monitor::Client,
) -> Result<ClientView, campaign_monitor::Error> {
    let lists = account.lists(&client.client_id).await?;
    let lists = lists
        .into_iter()
        .map(|list| ListOverviewView { list_id: list.list_id, name: list.name })
        .collect();
    Ok(ClientView { client_id: client.client_id, name: client.name, lists })
}

/// Reads one list of the account.
#[utoipa::path(tag = "connections", params(("id" = ConnectionId, Path), ("listId" = ListId, Path)), responses((status = 200, body = ListView), (status = 409, description = "The connection has no credentials yet", body = ProblemDocument)))]
#[get("/connections/{id}/lists/{listId}")]
pub async fn get_list(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ConnectionId>,
    path: actix_web::HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list_id = ListId::try_from(path.match_info().query("listId").to_owned())
        .map_err(|_| Problem::not_found("list"))?;
    let connection = find_usable(&app, &caller, id.0).await?;
    let account = open(&app, &connection)?;
    let id = list_id.as_str();
    let found = futures::try_join!(account.list(id), account.custom_fields(id), account.stats(id));
    if found.as_ref().is_err_and(campaign_monitor::Error::is_unknown_id) {
        return Err(Problem::not_found("list"));
    }
    let (list, fields, stats) = asked(&app, &connection, found).await?;
    Ok(HttpResponse::Ok().json(ListView::of(list, fields, stats)))
}

impl ListView {
    fn of(list: List, fields: Vec<CustomField>, stats: ListStats) -> Self {
        Self {
            warnings: warnings(&list),
            opt_in: if list.confirmed_opt_in { OptIn::Double } else { OptIn::Single },
            list_id: list.list_id,
            name: list.title,
            fields: fields.into_iter().map(CustomFieldView::of).collect(),
            counts: ListCountsView {
                active: stats.total_active_subscribers,
                unsubscribed: stats.total_unsubscribes,
                deleted: stats.total_deleted,
                bounced: stats.total_bounces,
            },
        }
    }
}

impl CustomFieldView {
    fn of(field: CustomField) -> Self {
        Self {
            key: field.bare_key().to_owned(),
            name: field.field_name,
            data_type: format!("{:?}", field.data_type),
            options: field.field_options,
        }
    }
}

/// What an export into a list should know before it runs.
#[must_use]
pub fn warnings(list: &List) -> Vec<Warning> {
    let double_opt_in = Warning {
        code: "doubleOptIn".into(),
        message: format!(
            "“{}” is a double opt-in list: Campaign Monitor mails every new profile a request to confirm, \
             and shows it as unconfirmed until then.",
            list.title
        ),
    };
    if list.confirmed_opt_in { vec![double_opt_in] } else { vec![] }
}

/// The connection, if the caller may use it for exports.
pub async fn find_usable<R>(
    app: &App,
    caller: &Caller<R>,
    id: ConnectionId,
) -> Result<Connection, Problem> {
    let connection = find(&mut app.db.read().await?, caller.instance, id).await?;
    if caller.is_admin() || connection.is_shared() {
        return Ok(connection);
    }
    Err(Problem::not_found("connection"))
}

/// The account of a connection that has credentials.
pub fn open(app: &App, connection: &Connection) -> Result<Account, Problem> {
    let credential = connection.credential(&app.keys).map_err(anyhow::Error::new)?;
    let credential = credential.ok_or_else(|| {
        Problem::new(
            Kind::ConnectionNotConnected,
            "The connection has no credentials yet. An administrator can add them.",
        )
    })?;
    Ok(app.campaign_monitor.account(credential))
}

/// What Campaign Monitor answered, or the problem of it; a refused credential is recorded.
pub async fn asked<T>(
    app: &App,
    connection: &Connection,
    answer: Result<T, campaign_monitor::Error>,
) -> Result<T, Problem> {
    let error = match answer {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    note_refusal(app, connection, &error).await?;
    Err(match error.disposition() {
        Disposition::Retry(pause) => {
            let seconds = pause.map_or(30, |pause| pause.as_secs().max(1));
            let detail = format!("Campaign Monitor: {error}. Try again later.");
            Problem::new(Kind::CampaignMonitorUnavailable, detail).retry_after(seconds)
        }
        Disposition::BlockConnection => {
            let detail = format!("Campaign Monitor refuses the credentials ({error}). Renew them.");
            Problem::new(Kind::CampaignMonitorRefused, detail)
        }
        Disposition::GiveUp => {
            Problem::new(Kind::CampaignMonitorRefused, format!("Campaign Monitor says: {error}."))
        }
    })
}

async fn note_refusal(
    app: &App,
    connection: &Connection,
    error: &campaign_monitor::Error,
) -> Result<(), Problem> {
    if error.disposition() != Disposition::BlockConnection {
        return Ok(());
    }
    let Some(sealed) = &connection.credential_sealed else {
        return Ok(());
    };
    let mut tx = app.db.write().await?;
    store::set_refused(&mut tx, connection.id, sealed, &error.to_string()).await?;
    Ok(tx.commit().await?)
}

async fn note_acceptance(app: &App, connection: &Connection) -> Result<(), Problem> {
    let Some(sealed) = &connection.credential_sealed else {
        return Ok(());
    };
    let mut tx = app.db.write().await?;
    store::set_verified(&mut tx, connection.id, sealed, db::now()).await?;
    Ok(tx.commit().await?)
}
