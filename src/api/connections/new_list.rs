//! Creates a list in the Campaign Monitor account of a connection.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::{open, problem};
use super::find::find_usable;
use super::lists::{ListView, OptIn};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::campaign_monitor::{
    Account, ClientOverview, CustomField, Error, List, ListStats, NewList,
};
use crate::connections::session::AccountSession;
use crate::db::WriteHandle;
use crate::http::address;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, Id};
use crate::http::idempotency::{Answer, IdempotencyKey, Idempotent};
use crate::http::problem::{FieldError, Problem, ProblemDocument, ProblemKind};
use crate::names::{ConnectionId, DisplayName};

/// Campaign Monitor's code of a title that another list of the client has.
const TITLE_IN_USE: i64 = 250;

/// Clients that a sentence names.
const CLIENTS_SHOWN: usize = 10;

/// A list to be created.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewListBody {
    pub name: DisplayName,
    /// Whether new subscribers must confirm.
    pub opt_in: OptIn,
    /// What an unsubscribe from this list means.
    #[serde(default)]
    pub unsubscribe: UnsubscribeScope,
    /// The client that gets the list; may be left out where the account has only one.
    #[serde(default)]
    #[schema(
        max_length = 100,
        pattern = r"^[^\x00]*$",
        example = "4a397ccaaa55eb4e6aa1221e1e2d7122"
    )]
    pub client_id: Option<String>,
}

/// What an unsubscribe from a list means.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum UnsubscribeScope {
    /// A person who unsubscribes gets no mail of any list of the client, and this list mails nobody who has
    /// unsubscribed from another one.
    #[default]
    AllLists,
    /// A person who unsubscribes gets no mail of this list only. People who have unsubscribed from other lists of the
    /// client may get its mail.
    OnlyThisList,
}

/// What the audit keeps: the list itself may be changed in Campaign Monitor.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    list_id: &'a str,
    name: &'a str,
    opt_in: OptIn,
    unsubscribe: UnsubscribeScope,
}

/// Creates a list.
///
/// It is created in Campaign Monitor at this moment, and is empty. Unless you say otherwise, an unsubscribe from it
/// counts for all lists of the client.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Contributor"])),
    params(("id" = ConnectionId, Path)),
    request_body = NewListBody,
    responses(
        (status = 201, body = ListView),
        (
            status = 409,
            description = "The client has a list with this name, the connection has no credentials yet, or Campaign \
                Monitor rejects them, or the idempotency key was used with another request: `nameTaken`, \
                `connectionNotConnected`, `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
        (
            status = 422,
            description = "The account has several clients and none is named, or the one that is named is unknown: \
                `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/connections/{id}/lists")]
pub async fn create_list(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ConnectionId>,
    key: IdempotencyKey,
    body: Body<NewListBody>,
) -> Result<HttpResponse, Problem> {
    let connection = find_usable(&app, &caller, id.0).await?;
    let call = Idempotent::new(&caller, key, &body.digest);
    if let Some(answer) = call.replay(&app).await? {
        return Ok(answer);
    }
    let new = &body.value;
    let view = make(&open(&app, &connection)?, new).await?;
    let lists = format!("connections/{}/lists", id.0.0);
    let location = address::location(caller.instance, &lists, view.list_id());
    let keep = async |tx: &mut WriteHandle| {
        let made = Made {
            list_id: view.list_id(),
            name: new.name.as_str(),
            opt_in: new.opt_in,
            unsubscribe: new.unsubscribe,
        };
        let change = Change::done(&connection, &made);
        audit::record(tx, &caller.author, Action::ConnectionCreateList, change).await?;
        Ok((Answer::json(StatusCode::CREATED, &view)?.at(location), ()))
    };
    Ok(call.create(&app, keep).await?.0)
}

async fn make(session: &AccountSession, new: &NewListBody) -> Result<ListView, Problem> {
    let clients = session.call(|account| async move { account.clients().await });
    let client = client_of(&clients.await.map_err(|error| problem(&error))?, new)?;
    let list = NewList {
        title: new.name.as_str(),
        confirmed_opt_in: matches!(new.opt_in, OptIn::Double),
        only_this_list: matches!(new.unsubscribe, UnsubscribeScope::OnlyThisList),
    };
    let (client, list) = (client.as_str(), &list);
    let made = session.call(|account| make_and_read(account, client, list));
    let (list, fields, stats) = made.await.map_err(|error| refused(&error))?;
    Ok(ListView::of(list, fields, stats))
}

async fn make_and_read(
    account: Account,
    client: &str,
    new: &NewList<'_>,
) -> Result<(List, Vec<CustomField>, ListStats), Error> {
    let id = account.create_list(client, new).await?;
    futures::try_join!(account.list(&id), account.custom_fields(&id), account.stats(&id))
}

/// The client that was named, or the only one.
fn client_of(clients: &[ClientOverview], new: &NewListBody) -> Result<String, Problem> {
    let has = named(clients);
    let error = match (&new.client_id, clients) {
        (None, [only]) => return Ok(only.client_id.clone()),
        (None, []) => "The account has no client. Create one in Campaign Monitor.".to_owned(),
        (None, _) => {
            format!("The account has several clients. Name the one that gets the list: {has}.")
        }
        (Some(id), _) if clients.iter().any(|client| client.client_id.eq_ignore_ascii_case(id)) => {
            return Ok(id.clone());
        }
        (Some(_), _) => format!("The account has no client with this id. It has {has}."),
    };
    let error = FieldError::new("/clientId", "unknownClient", error);
    Err(if clients.is_empty() { error } else { error.with("clients", has) }.into())
}

/// Ids and names of the clients of an account, in a row.
fn named(clients: &[ClientOverview]) -> String {
    let shown = clients.iter().take(CLIENTS_SHOWN);
    let mut names: Vec<_> =
        shown.map(|client| format!("`{}` ({})", client.client_id, client.name)).collect();
    if clients.len() > CLIENTS_SHOWN {
        names.push("others, which `GET …/lists` names".to_owned());
    }
    names.join(", ")
}

fn refused(error: &Error) -> Problem {
    match error {
        Error::Refused { code: TITLE_IN_USE, .. } => Problem::new(
            ProblemKind::NameTaken,
            "The client has a list with this name. Choose another name, or use that list.",
        ),
        error => problem(error),
    }
}
