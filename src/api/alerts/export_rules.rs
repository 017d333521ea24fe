//! The rules by which an export differs from its instance.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, put};

use super::saving::save;
use super::views::{RulesBody, RulesView};
use crate::alerts::{RuleList, RuleScope, store_rules};
use crate::api::access::may_edit;
use crate::api::exports::find::{find, find_to_change};
use crate::app::App;
use crate::audit::Action;
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{Body, Id, IfMatch, ok};
use crate::http::problem::{Problem, ProblemDocument};
use crate::names::ExportId;

/// Reads the rules of alerts of an export.
///
/// `rules` are its own; `valid` are these, and for the other kinds those of the instance.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Viewer"])),
    params(("id" = ExportId, Path)),
    responses((status = 200, body = RulesView)),
)]
#[get("/exports/{id}/alert-rules")]
pub async fn get_export_alert_rules(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<ExportId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.read().await?;
    find(&mut tx, caller.instance, id.0).await?;
    let scope = RuleScope { instance: caller.instance, export: Some(id.0) };
    let set = store_rules::get(&mut tx, scope).await?;
    let inherited = store_rules::of_instance(&mut tx, caller.instance).await?;
    let view = RulesView::of(scope, set.as_ref(), &inherited);
    Ok(ok(view.version, &view))
}

/// Sets the rules of alerts of an export.
///
/// For each kind that is there, this rule is valid in place of that of the instance. With an empty list of channels the
/// export tells nobody.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = RulesBody,
    responses(
        (status = 200, body = RulesView),
        (
            status = 422,
            description = "A kind is there twice or not about exports, or a channel is unknown: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[put("/exports/{id}/alert-rules")]
pub async fn put_export_alert_rules(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    if_match: IfMatch,
    body: Body<RulesBody>,
) -> Result<HttpResponse, Problem> {
    let rules = RuleList { items: body.value.rules };
    let scope = RuleScope { instance: caller.instance, export: Some(id.0) };
    let mut tx = app.db.write().await?;
    let export = find_to_change(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, export.connection_id).await?;
    let whose = (scope, Action::ExportSetAlertRules);
    let set = save(&mut tx, &caller, whose, &if_match, &rules).await?;
    let inherited = store_rules::of_instance(&mut tx, caller.instance).await?;
    tx.commit().await?;
    let view = RulesView::of(scope, Some(&set), &inherited);
    Ok(ok(view.version, &view))
}
