//! The rules of an instance: what opens alerts, and which channels get them.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, put};

use super::saving::save;
use super::views::{RulesBody, RulesView};
use crate::alerts::{RuleList, RuleScope, store_rules};
use crate::app::App;
use crate::audit::Action;
use crate::http::auth::{Admin, Caller, Viewer};
use crate::http::body::{Body, IfMatch, ok};
use crate::http::problem::{Problem, ProblemDocument};

/// Reads the rules of alerts.
///
/// An instance that has set none has the rules that need no knowledge of what is usual, and tells every channel.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Viewer"])),
    responses((status = 200, body = RulesView)),
)]
#[get("/alert-rules")]
pub async fn get_alert_rules(
    caller: Caller<Viewer>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let scope = RuleScope { instance: caller.instance, export: None };
    let set = store_rules::get(&mut app.db.read().await?, scope).await?;
    let view = RulesView::of(scope, set.as_ref(), &RuleList::default());
    Ok(ok(view.version, &view))
}

/// Sets the rules of alerts.
///
/// They replace all rules of the instance. Alerts of a kind that is no longer there end, with a message that says so;
/// those that are open follow their rule as it is now.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    request_body = RulesBody,
    responses(
        (status = 200, body = RulesView),
        (
            status = 422,
            description = "A kind is there twice, or a channel is unknown: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[put("/alert-rules")]
pub async fn put_alert_rules(
    caller: Caller<Admin>,
    app: Data<App>,
    if_match: IfMatch,
    body: Body<RulesBody>,
) -> Result<HttpResponse, Problem> {
    let rules = RuleList { items: body.value.rules };
    let scope = RuleScope { instance: caller.instance, export: None };
    let mut tx = app.db.write().await?;
    let whose = (scope, Action::InstanceSetAlertRules);
    let set = save(&mut tx, &caller, whose, &if_match, &rules).await?;
    tx.commit().await?;
    let view = RulesView::of(scope, Some(&set), &RuleList::default());
    Ok(ok(view.version, &view))
}
