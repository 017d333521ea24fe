//! The lists of a Campaign Monitor account, to choose one for an export.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::{open, problem};
use super::find::find_usable;
use crate::app::App;
use crate::campaign_monitor::{self, Account, CustomField, List, ListStats};
use crate::exports::{ListId, Warning, warnings};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::names::ConnectionId;

/// Clients of an agency whose lists are read at a time.
const CLIENTS_AT_ONCE: usize = 8;

/// The lists of an account, by client.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListsView {
    /// Of the account; an account that is no agency has one.
    clients: Vec<ClientView>,
}

/// A Campaign Monitor client and its lists.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientView {
    /// Id at Campaign Monitor.
    #[schema(example = "4a397ccaaa55eb4e6aa1221e1e2d7122")]
    client_id: String,
    /// As in Campaign Monitor.
    #[schema(example = "Contoso Coffee")]
    name: String,
    /// Empty when the client has none.
    lists: Vec<ListOverviewView>,
}

/// A list of the account, to choose for an export.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListOverviewView {
    /// To be used in an export.
    #[schema(example = "a58ee1d3039b8bec838e6d1482a8a965")]
    list_id: String,
    /// As in Campaign Monitor.
    #[schema(example = "Newsletter")]
    name: String,
}

/// A list, with what an export into it should know.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListView {
    /// To be used in an export.
    #[schema(example = "a58ee1d3039b8bec838e6d1482a8a965")]
    list_id: String,
    /// As in Campaign Monitor.
    #[schema(example = "Newsletter")]
    name: String,
    opt_in: OptIn,
    /// Custom fields that a mapping can fill.
    fields: Vec<CustomFieldView>,
    counts: ListCountsView,
    /// What an export into it should know.
    warnings: Vec<Warning>,
}

/// Whether new subscribers must confirm.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
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
    #[schema(example = "city")]
    key: String,
    /// As in Campaign Monitor.
    #[schema(example = "City")]
    name: String,
    #[schema(example = "Text")]
    /// Text, Number, Date and so on, as in Campaign Monitor.
    data_type: String,
    /// What it may hold, if it is one of several; else empty.
    #[schema(example = json!([]))]
    options: Vec<String>,
}

/// The subscribers of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListCountsView {
    /// On the list, and allowed to get mail.
    #[schema(example = 1200)]
    active: i64,
    /// They asked for no more mail.
    #[schema(example = 31)]
    unsubscribed: i64,
    /// Taken off the list by its owner.
    #[schema(example = 2)]
    deleted: i64,
    /// Mail to them came back.
    #[schema(example = 7)]
    bounced: i64,
}

/// Lists the clients of the account and their lists.
///
/// Read from Campaign Monitor at this moment, to choose a list for an export.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Contributor"])),
    params(("id" = ConnectionId, Path)),
    responses(
        (status = 200, body = ListsView),
        (
            status = 409,
            description = "The connection has no credentials yet, or Campaign Monitor rejects them: \
                `connectionNotConnected`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/connections/{id}/lists")]
pub async fn browse_lists(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ConnectionId>,
) -> Result<HttpResponse, Problem> {
    let connection = find_usable(&app, &caller, id.0).await?;
    let session = open(&app, &connection)?;
    let found = session.call(|account| async move {
        let clients = stream::iter(account.clients().await?);
        let views = clients.map(|client| client_view(&account, client));
        views.buffered(CLIENTS_AT_ONCE).try_collect().await
    });
    let clients = found.await.map_err(|error| problem(&error))?;
    Ok(HttpResponse::Ok().json(ListsView { clients }))
}

async fn client_view(
    account: &Account,
    client: campaign_monitor::ClientOverview,
) -> Result<ClientView, campaign_monitor::Error> {
    let lists = account.lists(&client.client_id).await?;
    let lists = lists
        .into_iter()
        .map(|list| ListOverviewView { list_id: list.list_id, name: list.name })
        .collect();
    Ok(ClientView { client_id: client.client_id, name: client.name, lists })
}

/// Reads one list of the account.
///
/// The answer has its custom fields for the mapping, its counts, and the warnings for an export into it.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Contributor"])),
    params(("id" = ConnectionId, Path), ("listId" = ListId, Path)),
    responses(
        (status = 200, body = ListView),
        (
            status = 409,
            description = "The connection has no credentials yet, or Campaign Monitor rejects them: \
                `connectionNotConnected`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/connections/{id}/lists/{listId}")]
pub async fn get_list(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ConnectionId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list_id = list_of(&request)?;
    let connection = find_usable(&app, &caller, id.0).await?;
    let session = open(&app, &connection)?;
    let id = list_id.as_str();
    let found = session.call(|account| async move {
        futures::try_join!(account.list(id), account.custom_fields(id), account.stats(id))
    });
    let (list, fields, stats) = found
        .await
        .map_err(|error| if error.is_unknown_id() { no_list() } else { problem(&error) })?;
    Ok(HttpResponse::Ok().json(ListView::of(list, fields, stats)))
}

/// The list in the address of a call; what is no id is no list.
pub(super) fn list_of(request: &HttpRequest) -> Result<ListId, Problem> {
    ListId::try_from(request.match_info().query("listId").to_owned()).map_err(|_| no_list())
}

pub(super) fn no_list() -> Problem {
    let detail = "The Campaign Monitor account of this connection has no list with this id.";
    Problem::new(ProblemKind::NotFound, detail)
}

impl ListView {
    pub(super) fn list_id(&self) -> &str {
        &self.list_id
    }

    pub(super) fn of(list: List, fields: Vec<CustomField>, stats: ListStats) -> Self {
        Self {
            warnings: warnings::of_list(&list),
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

/// A custom field and the list that has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldInList<'a> {
    list_id: &'a str,
    #[serde(flatten)]
    field: &'a CustomFieldView,
}

impl CustomFieldView {
    pub(super) fn in_list<'a>(&'a self, list: &'a ListId) -> FieldInList<'a> {
        FieldInList { list_id: list.as_str(), field: self }
    }

    pub(super) fn of(field: CustomField) -> Self {
        Self {
            key: field.bare_key().to_owned(),
            name: field.field_name,
            data_type: format!("{:?}", field.data_type),
            options: field.field_options,
        }
    }
}
