//! Lists of people that a run keeps for a while: read in pages or as a whole, recorded in the audit, and gone with the
//! rejections of the run.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{Action, Change};
use crate::db::{self, ReadHandle};
use crate::http::auth::{Caller, Contributor};
use crate::http::download::{Listing, Offer};
use crate::http::paging::{Paging, Position};
use crate::http::problem::{Problem, ProblemKind};
use crate::names::RunId;

/// A call that reads such a list.
pub struct DetailCall<'a> {
    pub caller: &'a Caller<Contributor>,
    pub app: Data<App>,
    pub reads: &'a ReadRecorder,
    pub request: &'a HttpRequest,
    pub paging: &'a Paging,
    pub run: RunId,
}

/// A list of people that is deleted with the rejections of its run.
pub struct DetailList<R, V, P, Check, Fetch> {
    pub action: Action,
    /// What the audit keeps of the call, beside its form and the number of rows: an object.
    pub what: Value,
    /// Rejects the call when some of the rows may be deleted.
    pub check: Check,
    /// Reads so many rows after a position.
    pub fetch: Fetch,
    pub position: fn(&R) -> P,
    pub csv_header: &'static str,
    pub csv_fields: fn(V) -> Vec<String>,
}

impl DetailCall<'_> {
    /// The list in the form that the caller accepts. When rows are deleted meanwhile, a download fails: half a list
    /// must not look complete.
    pub async fn answer<R, V, P, Check, Fetch>(
        self,
        list: DetailList<R, V, P, Check, Fetch>,
    ) -> Result<HttpResponse, Problem>
    where
        R: 'static,
        V: From<R> + Serialize + 'static,
        P: Position + Copy + 'static,
        Check: AsyncFn(&mut ReadHandle) -> Result<(), Problem> + Clone + 'static,
        Fetch: AsyncFn(&mut ReadHandle, Option<P>, i64) -> sqlx::Result<Vec<R>> + Clone + 'static,
    {
        let Self { caller, app, reads, request, paging, run } = self;
        let DetailList { action, what, check, fetch, position, csv_header, csv_fields } = list;
        let (limit, after, instance) = (paging.limit()?, paging.after()?, caller.instance);
        let db = app.db.clone();
        let record = async |format: &'static str, rows: Option<usize>| {
            let mut what = what.clone();
            (what["format"], what["rows"]) = (json!(format), json!(rows));
            let seen = Change::read(&run.0, None, &what);
            Ok(reads.record(&db, &caller.author, action, seen).await?)
        };
        check(&mut app.db.read().await?).await?;
        let read = move |after, limit| {
            let (app, check, fetch) = (app.clone(), check.clone(), fetch.clone());
            db::on_behalf_of(Some(instance), async move {
                let mut tx = app.db.read().await?;
                let rows = fetch(&mut tx, after, limit).await?;
                check(&mut tx).await?;
                Ok(rows)
            })
        };
        let listing = Listing { read, position, csv_header, csv_fields };
        listing.answer(Offer::accepted(request)?, limit, after, record).await
    }
}

/// The answer when details are deleted.
pub fn removed(what: &str) -> Problem {
    let detail = format!(
        "The {what} of this run were deleted at the end of their retention period. The counts of the run remain."
    );
    Problem::new(ProblemKind::Removed, detail)
}
