//! How a segment is registered or changed: its source is read first, then both are saved in one transaction.

use actix_web::ResponseError;

use super::reading::inspect;
use crate::api::exports::dependants::refuse_in_use;
use crate::api::quota::Quota;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, WriteHandle};
use crate::exports::store::ExportQuery;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::IfMatch;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::retry::{conflict, retry};
use crate::names::DisplayName;
use crate::segments::orphans::{discard, remove_superseded_soon, supersede};
use crate::segments::{Segment, SegmentName, SegmentSource, SourceFlaw, store};
use crate::storage::{Format, Inspection};

/// What a caller wants of a segment.
pub struct SegmentEdit<'a> {
    /// Saving may register it; updating needs one that exists.
    pub action: Action,
    pub name: &'a SegmentName,
    /// `None` keeps the one it has.
    pub display_name: Option<&'a DisplayName>,
    /// `None` keeps the one it has, and its members; a new segment is for uploads.
    pub source: Option<&'a SegmentSource>,
}

/// Registers or changes a segment. True when it is new.
pub async fn apply(
    app: &App,
    caller: &Caller<Contributor>,
    if_match: &IfMatch,
    edit: &SegmentEdit<'_>,
) -> Result<(bool, Segment), Problem> {
    let found = match edit.source {
        Some(source) => {
            check_source(source)?;
            inspect(app, caller.instance, edit.name, source, None).await?
        }
        None => None,
    };
    let saved = retry(async || save(app, caller, if_match, edit, found.as_ref()).await).await;
    if let (Err(problem), Some(found)) = (&saved, &found)
        && edit.source.is_some_and(SegmentSource::is_kept_here)
    {
        give_back(app, found, problem).await;
    }
    let (is_new, segment) = saved?;
    remove_superseded_soon(app, segment.id).await;
    Ok((is_new, segment))
}

/// Removes members that were stored for a change that was rejected. After any other failure the change may have been
/// saved, so its members must stay.
pub async fn give_back(app: &App, found: &Inspection, problem: &Problem) {
    if problem.status_code().is_client_error() {
        discard(app, found).await;
    }
}

/// Saves a segment with the members that were found. True when it is new.
async fn save(
    app: &App,
    caller: &Caller<Contributor>,
    if_match: &IfMatch,
    edit: &SegmentEdit<'_>,
    found: Option<&Inspection>,
) -> Result<(bool, Segment), Problem> {
    let (now, by) = (db::now(), caller.subject());
    let mut tx = app.db.write().await?;
    let old = store::get_to_change(&mut tx, caller.instance, edit.name).await?;
    if_match.check(old.as_ref().map_or(0, |old| old.stamps.version))?;
    let mut segment = match &old {
        Some(old) => change(&mut tx, caller, old, edit, found).await?,
        None => register(app, &mut tx, caller, edit).await?,
    };
    if let Some(found) = found {
        segment = store::set_members(&mut tx, segment.id, found, None, by, now).await?;
    }
    let change = match &old {
        Some(old) => Change::between(old, &segment),
        None => Change::made(&segment),
    };
    audit::record(&mut tx, &caller.author, edit.action, change).await?;
    tx.commit().await?;
    Ok((old.is_none(), segment))
}

async fn register(
    app: &App,
    tx: &mut WriteHandle,
    caller: &Caller<Contributor>,
    edit: &SegmentEdit<'_>,
) -> Result<Segment, Problem> {
    let (Action::SegmentSave, Some(display_name)) = (edit.action, edit.display_name) else {
        return Err(Problem::not_found("segment with this name"));
    };
    let count = store::count(tx, caller.instance).await?;
    Quota::Segments.check(count, app.config.limits.max_segments_per_instance)?;
    let (now, by) = (db::now(), caller.subject());
    let source = edit.source.cloned().unwrap_or_default();
    let new = store::insert(tx, caller.instance, edit.name, display_name, &source, by, now);
    new.await.map_err(conflict)
}

async fn change(
    tx: &mut WriteHandle,
    caller: &Caller<Contributor>,
    old: &Segment,
    edit: &SegmentEdit<'_>,
    found: Option<&Inspection>,
) -> Result<Segment, Problem> {
    let (now, by) = (db::now(), caller.subject());
    let source = edit.source.unwrap_or(&old.source.0);
    let keep_members = old.source.0 == *source;
    if !keep_members {
        check_exchange(tx, old, source, found).await?;
    }
    if !keep_members || found.is_some() {
        supersede(tx, old, now).await?;
    }
    let display_name = edit.display_name.unwrap_or(&old.display_name);
    Ok(store::update(tx, old.id, display_name, source, keep_members, by, now).await?)
}

/// Rejects another source that would leave the exports of a segment without the members they were made for.
async fn check_exchange(
    tx: &mut WriteHandle,
    old: &Segment,
    source: &SegmentSource,
    found: Option<&Inspection>,
) -> Result<(), Problem> {
    let has_members = found.is_some_and(|found| found.manifest.rows() > 0);
    if has_members && source.is_same_kind(&old.source.0) {
        return Ok(());
    }
    let what = "segment, so its source cannot become one of another kind, or one without members";
    let filter = ExportQuery::of_segment(&old.name);
    let in_use = (ProblemKind::SegmentInUse, what, "Change");
    refuse_in_use(tx, old.instance_id, &filter, in_use).await
}

/// Rejects a source that cannot be kept.
fn check_source(source: &SegmentSource) -> Result<(), Problem> {
    match source.flaw() {
        Some(SourceFlaw { pointer, why, params }) => {
            Err(FieldError::new(pointer, "invalid", why).with_all(params).into())
        }
        None => check_dialect(source),
    }
}

/// Rejects settings of CSV that contradict each other or the format.
fn check_dialect(source: &SegmentSource) -> Result<(), Problem> {
    let SegmentSource::Files { format, csv: Some(dialect), .. } = source else {
        return Ok(());
    };
    let (pointer, message) = match (format, dialect.header, &dialect.columns) {
        (Format::Parquet, ..) => {
            ("/source/csv", "Parquet files have no CSV settings. Remove `csv`.")
        }
        (Format::Csv, false, None) => {
            ("/source/csv/columns", "Without a header, `columns` must name the columns.")
        }
        (Format::Csv, ..) => return Ok(()),
    };
    let error = FieldError::new(pointer, "invalidCsv", message.to_owned());
    Err(error.into())
}
