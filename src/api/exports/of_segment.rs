//! Calls about the exports of a segment.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};

use super::show::page;
use super::views::ExportView;
use crate::api::segments::find::find;
use crate::app::App;
use crate::exports::store::ExportQuery;
use crate::http::auth::{Caller, Viewer};
use crate::http::body::Name;
use crate::http::paging::{Page, Paging};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::segments::SegmentName;

/// Lists the exports that use a segment.
///
/// You cannot remove the segment while it has any.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Viewer"])),
    params(("name" = SegmentName, Path), Paging),
    responses((status = 200, body = Page<ExportView>)),
)]
#[get("/segments/{name}/exports")]
pub async fn list_segment_exports(
    caller: Caller<Viewer>,
    app: Data<App>,
    name: Name<SegmentName>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    find(&mut app.db.read().await?, caller.instance, &name.0).await?;
    let segment = Some(name.0.as_str().to_owned());
    let filter = ExportQuery { segment, ..Default::default() };
    page(&app, &caller, &filter, &paging).await
}
