//! Exports as callers of the API see them.

use actix_web::HttpResponse;

use super::expectation_views::{ExpectationView, FreshnessView};
use super::views::{ExportView, Watched};
use crate::alerts::freshness;
use crate::api::access::permissions;
use crate::app::App;
use crate::db::{self, ReadHandle};
use crate::expectations::store::ExpectationQuery;
use crate::exports::store::{self, ExportQuery};
use crate::exports::{Export, Warning, warnings as export_warnings};
use crate::feedback::store_files;
use crate::http::auth::{Caller, Viewer};
use crate::http::paging::{Page, Paging};
use crate::http::problem::Problem;
use crate::runs::{self, Run};
use crate::{expectations, schedules, segments};

/// An export as `caller` sees it.
pub async fn view<R>(
    tx: &mut ReadHandle,
    app: &App,
    caller: &Caller<R>,
    export: Export,
    mut warnings: Vec<Warning>,
) -> Result<ExportView, Problem> {
    let segments = segments::store::of_export(tx, export.id).await?;
    let selected = segments.iter().filter_map(|segment| segment.member_count).sum();
    warnings
        .extend(export_warnings::over_limit(selected, app.config.limits.max_profiles_per_export));
    if export.feedback.is_some() {
        let flaw = store_files::flaw(tx, export.id).await?;
        warnings.extend(flaw.as_deref().map(export_warnings::of_feedback));
    }
    let names = segments.into_iter().map(|segment| segment.name).collect();
    let permissions = permissions(tx, caller, export.connection_id).await?;
    let last_run = match runs::store::open_of_export(tx, export.id).await? {
        Some(open) => Some(open),
        None => runs::store::last_of_export(tx, export.id).await?,
    };
    let watched = watched(tx, &export, last_run).await?;
    Ok(ExportView::of(export, names, permissions, warnings, watched))
}

async fn watched(
    tx: &mut ReadHandle,
    export: &Export,
    last_run: Option<Run>,
) -> Result<Watched, Problem> {
    let (instance, planned, now) = (export.instance_id, export.next_planned_utc, db::now());
    let newest = ExpectationQuery::default();
    let last = expectations::store::list(tx, export.id, newest, (None, 1), now).await?.pop();
    let freshness = freshness::of_export(tx, export, now).await?;
    Ok(Watched {
        last_run,
        last_planned: last.map(|last| ExpectationView::of(last, now)),
        freshness: FreshnessView::of(&freshness, now),
        next_runs: schedules::next_runs(tx, instance, &export.schedule, planned, now).await?,
    })
}

/// A page of the exports that `filter` selects, as `caller` sees them.
pub async fn page(
    app: &App,
    caller: &Caller<Viewer>,
    filter: &ExportQuery,
    paging: &Paging,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    let rows = store::list(&mut tx, caller.instance, filter, after, limit).await?;
    let page = Page::of(rows, limit, |row: &Export| row.id.0, |row| row);
    let mut items = Vec::with_capacity(page.items.len());
    for export in page.items {
        items.push(view(&mut tx, app, caller, export, vec![]).await?);
    }
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: page.next_cursor }))
}
