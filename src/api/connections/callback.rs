//! The end of a sign-in at Campaign Monitor: the person returns with a code, which is exchanged for tokens.
//!
//! A browser calls this, without a token of ours; the `state` proves which sign-in it is. The `state` is used up before
//! the exchange, and the connection changes only when the tokens are there, so no change is partial. The answer is a
//! small page, or a redirect to the front end. Nothing proves that it is the browser of the person who began:
//! `docs/decisions/0019`.

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get};
use tracing::Instrument;
use url::{Url, form_urlencoded};
use utoipa::IntoParams;

use super::sign_in::State;
use crate::app::App;
use crate::audit::{self, Action, Author, Change, Origin, RefusedCall};
use crate::campaign_monitor::Error;
use crate::connections::store_oauth::{self, SignIn};
use crate::connections::{SealedCredential, store};
use crate::db;
use crate::http::origin;
use crate::names::ConnectionId;

/// The page loads nothing but its own style, is not framed, and not cached.
const HEADERS: [(&str, &str); 2] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Cache-Control", "no-store"),
];

/// What Campaign Monitor sends a person back with.
#[derive(Clone, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Return {
    /// Shows which sign-in it is.
    #[param(required = false, max_length = 200, pattern = r"^[!-~]*$")]
    state: String,
    /// To be exchanged for tokens.
    #[param(required = false, max_length = 2000, pattern = r"^[!-~]*$")]
    code: String,
    /// Why there is no code, such as `access_denied`.
    #[param(required = false, max_length = 200, pattern = r"^[!-~]*$")]
    error: String,
}

/// How a sign-in failed.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Unknown,
    Late,
    Denied,
    Refused,
    Removed,
    CampaignMonitorUnavailable,
    ServiceUnavailable,
}

impl Failure {
    /// Status, code, what happened, and what to do.
    const fn row(self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Self::Unknown => (
                400,
                "signInUnknown",
                "This sign-in is unknown.",
                "It was already used, or a newer one replaced it. Nothing was changed. Go back to the connection and \
                    sign in again.",
            ),
            Self::Late => (
                410,
                "signInExpired",
                "This sign-in took longer than ten minutes.",
                "Nothing was changed. Go back to the connection and sign in again.",
            ),
            Self::Denied => (
                403,
                "accessDenied",
                "Access was not allowed.",
                "Campaign Monitor reports that you denied access to your account. Nothing was changed. To connect it \
                    after all, go back to the connection and sign in again.",
            ),
            Self::Refused => (
                502,
                "destinationRefused",
                "Campaign Monitor did not accept this sign-in.",
                "Nothing was changed. Go back to the connection and sign in again. If it fails again, ask your \
                    operator to check how this service is registered at Campaign Monitor.",
            ),
            Self::Removed => (
                404,
                "connectionRemoved",
                "The connection was removed.",
                "Somebody removed it while you signed in. Create a new connection, and sign in there.",
            ),
            Self::CampaignMonitorUnavailable => (
                503,
                "destinationUnavailable",
                "Campaign Monitor cannot be reached.",
                "Nothing was changed. Wait a minute, then go back to the connection and sign in again.",
            ),
            Self::ServiceUnavailable => (
                503,
                "unavailable",
                "A part of this service is unavailable.",
                "Nothing was changed. Wait a minute, then go back to the connection and sign in again.",
            ),
        }
    }
}

/// Ends a sign-in at Campaign Monitor.
///
/// Campaign Monitor sends the administrator's browser here. The answer is a page; or, where a return address is set, a
/// redirect to it with `outcome` (`connected`, `failed`), `connectionId` and `errorCode`.
#[utoipa::path(
    tag = "connections",
    security(()),
    params(Return),
    responses(
        (status = 200, description = "The connection has its tokens", body = String, content_type = "text/html"),
        (status = 303, description = "Redirect to the front end, whatever the outcome"),
        (
            status = 400,
            description = "The sign-in is unknown, or was already used",
            body = String,
            content_type = "text/html",
        ),
        (status = 403, description = "The person denied access", body = String, content_type = "text/html"),
        (status = 404, description = "The connection was removed meanwhile", body = String, content_type = "text/html"),
        (status = 410, description = "The sign-in took too long", body = String, content_type = "text/html"),
        (
            status = 502,
            description = "Campaign Monitor did not accept the sign-in",
            body = String,
            content_type = "text/html",
        ),
        (
            status = 503,
            description = "Campaign Monitor or a part of the service is unavailable",
            body = String,
            content_type = "text/html",
        ),
    ),
)]
#[get("/oauth/campaign-monitor/callback")]
pub async fn finish_sign_in(app: Data<App>, request: HttpRequest) -> HttpResponse {
    // A task of its own: when the browser disconnects, the tokens must still be stored.
    let returned = Return::parse(request.query_string());
    let origin = origin::of(&request, app.config.forwarded_hops);
    let task = tokio::spawn(finish(app.clone(), returned, origin).in_current_span()).await;
    let (connection, outcome) = task.unwrap_or((None, Err(Failure::ServiceUnavailable)));
    if let Err(failure) = outcome {
        tracing::info!(code = failure.row().1, "a sign-in at Campaign Monitor failed");
    }
    match &app.config.oauth.oauth_return_url {
        Some(front_end) => redirect(front_end.clone(), connection, outcome),
        None => page(outcome),
    }
}

/// The connection, if it is known, and the outcome.
type Finished = (Option<ConnectionId>, Result<(), Failure>);

async fn finish(app: Data<App>, returned: Return, origin: Origin) -> Finished {
    let sign_in = match use_up(&app, &returned).await {
        Ok(sign_in) => sign_in,
        Err(failure) => return (None, Err(failure)),
    };
    let SignIn { instance_id, started_by, started_name, .. } = &sign_in;
    let author = Author::administrator(*instance_id, started_by, started_name, origin);
    let outcome = connect(&app, &sign_in, &returned, &author).await;
    if let Err(failure) = outcome
        && let Err(error) = record_failure(&app, &sign_in, &author, failure).await
    {
        tracing::error!(error = %error, "a failed sign-in could not be written to the audit");
    }
    (Some(sign_in.connection_id), outcome)
}

async fn record_failure(
    app: &App,
    sign_in: &SignIn,
    author: &Author,
    failure: Failure,
) -> sqlx::Result<()> {
    let (status, code, ..) = failure.row();
    let refusal =
        RefusedCall { status: status.into(), error_code: code.to_owned(), more_left_out: false };
    let object = Some(sign_in.connection_id.0.to_string());
    let mut tx = app.db.write().await?;
    audit::record_refusal(&mut tx, author, Action::ConnectionSignIn, object, refusal).await?;
    tx.commit().await
}

/// Finds the sign-in and uses it up: this `state` never works a second time.
async fn use_up(app: &App, returned: &Return) -> Result<SignIn, Failure> {
    let state = State::parse(&returned.state).ok_or(Failure::Unknown)?;
    let mut tx = app.db.write().await?;
    let sign_in = store_oauth::sign_in(&mut tx, state.id).await?;
    let sign_in = sign_in.filter(|sign_in| state.is_of(sign_in)).ok_or(Failure::Unknown)?;
    if !store_oauth::use_sign_in(&mut tx, sign_in.id).await? {
        return Err(Failure::Unknown);
    }
    tx.commit().await?;
    Ok(sign_in)
}

async fn connect(
    app: &App,
    sign_in: &SignIn,
    returned: &Return,
    author: &Author,
) -> Result<(), Failure> {
    match (returned.error.as_str(), returned.code.as_str()) {
        _ if sign_in.is_over(db::now()) => return Err(Failure::Late),
        ("access_denied", _) => return Err(Failure::Denied),
        ("", "") => return Err(Failure::Unknown),
        ("", _) => {}
        _ => return Err(Failure::Refused),
    }
    let application = app.oauth.as_ref().ok_or(Failure::Refused)?;
    let now = db::now();
    let tokens = app.campaign_monitor.exchange(application, &returned.code).await?;
    let (instance, id) = (sign_in.instance_id, sign_in.connection_id);
    let sealed = SealedCredential::tokens(&tokens, &app.keys, instance, id, now)?;
    let mut tx = app.db.write().await?;
    let old = store::get_to_change(&mut tx, instance, id).await?.ok_or(Failure::Removed)?;
    let new = store::set_credential(&mut tx, id, &sealed, &sign_in.started_by, db::now()).await?;
    let change = Change::between(&old, &new.ok_or(Failure::Removed)?);
    audit::record(&mut tx, author, Action::ConnectionSignIn, change).await?;
    Ok(tx.commit().await?)
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(error = %error, "a sign-in failed at the database");
        Self::ServiceUnavailable
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(error = %error, "tokens could not be sealed");
        Self::ServiceUnavailable
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        tracing::warn!(error = %error, "Campaign Monitor gave no tokens for a code");
        match error {
            Error::GrantRefused(_) | Error::Refused { .. } => Self::Refused,
            _ => Self::CampaignMonitorUnavailable,
        }
    }
}

impl Return {
    /// Reads a query, and ignores unknown parameters.
    fn parse(query: &str) -> Self {
        let mut returned = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "state" => returned.state = value.into_owned(),
                "code" => returned.code = value.into_owned(),
                "error" => returned.error = value.into_owned(),
                _ => {}
            }
        }
        returned
    }
}

fn redirect(
    mut front_end: Url,
    connection: Option<ConnectionId>,
    outcome: Result<(), Failure>,
) -> HttpResponse {
    let mut query = front_end.query_pairs_mut();
    query.append_pair("outcome", if outcome.is_ok() { "connected" } else { "failed" });
    if let Some(connection) = connection {
        query.append_pair("connectionId", &connection.0.to_string());
    }
    if let Err(failure) = outcome {
        query.append_pair("errorCode", failure.row().1);
    }
    drop(query);
    let location = (header::LOCATION, front_end.as_str());
    respond(StatusCode::SEE_OTHER).insert_header(location).finish()
}

fn page(outcome: Result<(), Failure>) -> HttpResponse {
    let (status, _, title, words) = outcome.err().map_or(
        (
            200,
            "connected",
            "Campaign Monitor is connected.",
            "You can close this window and go back to the connection. If you did not start this, revoke the \
                access of this application in your Campaign Monitor account.",
        ),
        Failure::row,
    );
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    respond(status).content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}}</style>\
         </head><body><main><h1>{title}</h1><p>{words}</p></main></body></html>\n"
    ))
}

fn respond(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    for header in HEADERS {
        response.insert_header(header);
    }
    response
}
