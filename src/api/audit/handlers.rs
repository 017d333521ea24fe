//! Reads the audit. Events are written where the change is made, in its transaction.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::views::{AuditEventView, CSV_HEADER};
use crate::app::App;
use crate::audit::store::{self, EventQuery};
use crate::audit::{Action, Event};
use crate::db;
use crate::http::auth::{Admin, Caller};
use crate::http::download::{Listing, Offer};
use crate::http::paging::{Page, Paging, SearchText};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::query::Query;
use crate::wire::moment;

/// Selects events; without any of these, all are listed.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Only events of this actor, by subject.
    #[param(inline)]
    actor: Option<SearchText>,
    /// Only events with this action.
    action: Option<Action>,
    /// Only events of this object: the name of a segment, the id of anything else.
    #[param(inline)]
    object_id: Option<SearchText>,
    /// Only events at this time or later.
    #[serde(default, deserialize_with = "moment")]
    from_utc: Option<DateTime<Utc>>,
    /// Only events before this time.
    #[serde(default, deserialize_with = "moment")]
    to_utc: Option<DateTime<Utc>>,
}

/// Lists who changed what, who read personal data, when and from where, and which calls were rejected.
///
/// Calls of nobody with access to an instance (`signIn.fail`, `call.refuse`, and `call.omit`, which counts those
/// without an event) are in the instance `00000000-0000-0000-0000-000000000000`, which a token for all instances opens.
///
/// JSON comes in pages; `Accept: text/csv` or `application/x-ndjson` downloads the complete list. In CSV, a value that
/// begins with `=`, `+`, `-`, `@`, a tab or a carriage return has a single quote before it, so that no spreadsheet runs
/// it as a formula; JSON has it unchanged.
#[utoipa::path(
    tag = "audit",
    security(("bearer" = ["Admin"])),
    params(AuditFilter, Paging),
    responses(
        (
            status = 200,
            content(
                (Page<AuditEventView> = "application/json"),
                (
                    String = "text/csv",
                    example = "auditEventId,occurredUtc,actorKind,actorSubject,actorName,actorRole,action,objectKind,\
                        objectId,objectName,outcome,status,errorCode,before,after,requestId,clientAddress,userAgent,\
                        traceId,actorVerified\r\n",
                ),
                (
                    String = "application/x-ndjson",
                    example = "{\"action\":\"connection.create\",\"outcome\":\"success\"}\n",
                ),
            ),
        ),
        (
            status = 406,
            description = "None of the accepted content types is available: `notAcceptable`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/audit-events")]
pub async fn list_audit_events(
    caller: Caller<Admin>,
    app: Data<App>,
    filter: Query<AuditFilter>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let (instance, filter) = (caller.instance, filter.0.into_filter());
    let read = move |after, limit| {
        let (app, filter) = (app.clone(), filter.clone());
        db::on_behalf_of(Some(instance), async move {
            Ok(store::list(&mut app.db.read().await?, instance, &filter, after, limit).await?)
        })
    };
    let listing = Listing {
        read,
        position: |event: &Event| event.id,
        csv_header: CSV_HEADER,
        csv_fields: AuditEventView::csv_fields,
    };
    // A read of the audit leaves no event.
    listing.answer(Offer::accepted(&request)?, limit, after, async |_, _| Ok(())).await
}

impl AuditFilter {
    fn into_filter(self) -> EventQuery {
        EventQuery {
            actor: self.actor.map(|text| text.0),
            action: self.action.map(Action::as_str),
            object: self.object_id.map(|text| text.0),
            from: self.from_utc,
            to: self.to_utc,
        }
    }
}
