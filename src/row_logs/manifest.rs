//! The manifest of a run: which files count, and that their rows add up to the counts of the run.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::file::columns;
use super::store::{RowLogFile, StoredRowLog};
use crate::exports::ListId;
use crate::names::{ExportId, RunId};
use crate::runs::{BatchResult, Counts, CountsView, Reason, Run, RunStatus};

/// The version of the manifest, and of the columns.
const SCHEMA: u32 = 1;

/// The name of the manifest. Spark, `DuckDB` and others skip what begins with an underscore.
pub const MANIFEST: &str = "_manifest.json";

/// What is written beside the files.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowLogManifest<'a> {
    schema: u32,
    instance_id: Uuid,
    sync_configuration_id: ExportId,
    export_name: &'a str,
    sync_run_id: RunId,
    list_id: &'a ListId,
    status: RunStatus,
    reason: Option<&'a Reason>,
    submitted_utc: DateTime<Utc>,
    start_utc: Option<DateTime<Utc>>,
    end_utc: Option<DateTime<Utc>>,
    /// They keep the laws of profiles and of leavers.
    counts: CountsView,
    /// Whether the rows of the files are all that the counts say.
    complete: bool,
    /// Batches that have rows and no file, because it could not be written.
    missing_batches: Vec<i64>,
    columns: Vec<&'static str>,
    rows: i64,
    outcomes: BTreeMap<String, i64>,
    /// With `outcomes` of a complete log it is the sum of both laws.
    without_rows: WithoutRows,
    files: Vec<ManifestFile<'a>>,
}

/// What is counted and has no row.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WithoutRows {
    unchanged: i64,
    remaining: i64,
    /// People who left, and are kept.
    kept: i64,
    /// People who left, and whom the run did not come to.
    leavers_remaining: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestFile<'a> {
    name: &'a str,
    batch: Option<i64>,
    rows: i64,
    bytes: i64,
    outcomes: &'a BTreeMap<String, i64>,
}

impl<'a> RowLogManifest<'a> {
    pub fn of(
        run: &'a Run,
        log: &StoredRowLog,
        files: &'a [RowLogFile],
        batches: &[BatchResult],
    ) -> Self {
        let outcomes = sums(files);
        Self {
            schema: SCHEMA,
            instance_id: run.instance_id,
            sync_configuration_id: run.export_id,
            export_name: &run.export_name,
            sync_run_id: run.id,
            list_id: &run.list_id,
            status: run.status,
            reason: run.reason.as_ref().map(|reason| &reason.0),
            submitted_utc: run.submitted_utc,
            start_utc: run.start_utc,
            end_utc: run.end_utc,
            counts: CountsView::of(run.counts, run.leavers),
            complete: is_complete(run, &outcomes),
            missing_batches: missing(files, batches),
            columns: columns(log.payload).into_iter().map(|(name, _)| name).collect(),
            rows: files.iter().map(|file| file.rows).sum(),
            outcomes,
            without_rows: WithoutRows::of(run),
            files: files.iter().map(ManifestFile::of).collect(),
        }
    }

    pub const fn is_complete(&self) -> bool {
        self.complete
    }
}

impl WithoutRows {
    fn of(run: &Run) -> Self {
        Self {
            unchanged: run.counts.unchanged,
            remaining: run.counts.remaining(),
            kept: run.leavers.kept,
            leavers_remaining: run.leavers.found - run.leavers.accounted(),
        }
    }
}

impl<'a> ManifestFile<'a> {
    fn of(file: &'a RowLogFile) -> Self {
        let RowLogFile { name, batch, rows, bytes, outcomes } = file;
        Self { name, batch: *batch, rows: *rows, bytes: *bytes, outcomes: &outcomes.0 }
    }
}

fn sums(files: &[RowLogFile]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (outcome, rows) in files.iter().flat_map(|file| &file.outcomes.0) {
        *sums.entry(outcome.clone()).or_default() += rows;
    }
    sums
}

/// Unchanged profiles, people who stay and what remains are counted, and have no rows.
fn is_complete(run: &Run, outcomes: &BTreeMap<String, i64>) -> bool {
    let rows =
        |words: &[&str]| -> i64 { words.iter().filter_map(|word| outcomes.get(*word)).sum() };
    let Counts { created, updated, rejected, duplicate, invalid, in_doubt, .. } = run.counts;
    let leavers = run.leavers;
    [
        (rows(&["created", "updated", "createdOrUpdated"]), created + updated),
        (rows(&["rejected"]), rejected),
        (rows(&["duplicate"]), duplicate),
        (rows(&["invalid"]), invalid),
        (rows(&["inDoubt"]), in_doubt),
        (rows(&["flagged"]), leavers.flagged),
        (rows(&["deleted"]), leavers.deleted),
        (rows(&["unsubscribed"]), leavers.unsubscribed),
        (rows(&["gone"]), leavers.gone),
        (rows(&["failed"]), leavers.failed),
    ]
    .into_iter()
    .all(|(rows, counted)| rows == counted)
}

fn missing(files: &[RowLogFile], batches: &[BatchResult]) -> Vec<i64> {
    let known: BTreeSet<i64> = files.iter().filter_map(|file| file.batch).collect();
    let has_rows = |batch: &&BatchResult| batch.rows > batch.unchanged;
    let missing = batches.iter().filter(has_rows).map(|batch| batch.number);
    missing.filter(|number| !known.contains(number)).collect()
}
