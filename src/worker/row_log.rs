//! Writes the row log of a run: a file for each batch, before the batch is written.
//!
//! A log that cannot be written stops no run: people get their mail, and the run warns which rows are missing. After
//! some failures in a row the rest of the attempt does not try any more, so that a storage that hangs delays nobody.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow_array::RecordBatch;
use bytes::Bytes;
use chrono::TimeDelta;
use sqlx::types::Json;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::Span;

use super::account::{BatchRows, Done};
use super::members::sent_address;
use crate::app::App;
use crate::db;
use crate::exports::{RowLog, Warning, WarningCode};
use crate::records::columns::{CUSTOMER_ID_COLUMN, Columns};
use crate::records::integers::to_i64;
use crate::records::plan::Plan;
use crate::row_logs::store::{self, RowLogFile, StoredRowLog};
use crate::row_logs::{AddressHasher, LoggedRow, RowOutcome, Stamp, encode, outcomes};
use crate::runs::{Rejection, Run};
use crate::storage::Location;
use crate::telemetry;

/// How long a file may take to be written.
const PUT_MAX: Duration = Duration::from_secs(30);
/// Failures in a row after which no further file is tried.
const FAILURES_MAX: usize = 3;

/// A file that is not in the folder yet, or why it could not be made.
type Built = Result<(RowLogFile, Bytes), String>;

/// Logs the rows of one attempt.
pub struct RowLogger {
    app: Arc<App>,
    folder: Location,
    has_payload: bool,
    stamp: Stamp,
    hasher: Option<AddressHasher>,
    failures: AtomicUsize,
    /// Why the first file was not written.
    flaw: Mutex<Option<String>>,
}

/// Begins the log of a claimed run, or continues it; `None`: its export has none.
pub async fn open(app: &Arc<App>, run: &Run) -> sqlx::Result<Option<Arc<RowLogger>>> {
    let setting = store::setting(&mut app.db.read().await?, run.id).await?;
    let Some(setting) = setting else { return Ok(None) };
    let (logger, log) = RowLogger::of(app, run, &setting);
    if let Some(log) = log {
        let mut tx = app.db.write().await?;
        store::begin(&mut tx, run.id, &log).await?;
        tx.commit().await?;
    }
    Ok(Some(Arc::new(logger)))
}

impl RowLogger {
    /// Without a folder nothing is written; then the run warns of that.
    fn of(app: &Arc<App>, run: &Run, setting: &RowLog) -> (Self, Option<StoredRowLog>) {
        let found = app.storage.locate_writable(setting.url.as_str(), run.instance_id);
        let flaw = found.as_ref().err().map(ToString::to_string);
        let folder = found.unwrap_or_else(|_| Location::stored(String::new(), ""));
        let folder = folder.folder(&run.export_id.0.to_string()).folder(&run.id.0.to_string());
        let (root, path) = folder.parts();
        let log = StoredRowLog { root: root.into(), path: path.into(), payload: setting.payload };
        let log = flaw.is_none().then_some(log);
        let (failures, now) = (if flaw.is_some() { FAILURES_MAX } else { 0 }, db::now());
        let stamp = Stamp {
            export: run.export_id,
            run: run.id,
            batch: None,
            attempt: run.fence,
            trace_id: telemetry::trace_id(&Span::current()),
            started: now,
            ended: now,
        };
        let logger = Self {
            app: app.clone(),
            hasher: hasher(app, run),
            folder,
            has_payload: setting.payload,
            stamp,
            failures: failures.into(),
            flaw: Mutex::new(flaw),
        };
        (logger, log)
    }

    /// Writes the rows of a batch that is about to be written, and notes the file in it.
    pub async fn log(self: Arc<Self>, done: Done, plan: Option<Arc<Plan>>) -> Done {
        if self.is_given_up() {
            return done;
        }
        let logger = self.clone();
        let built = spawn_blocking(move || (logger.of_batch(&done, plan.as_deref()), done));
        let (file, mut done) = match built.await {
            Ok(built) => built,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        if let Some(file) = file {
            done.row_file = self.put(file).await;
        }
        done
    }

    /// Writes some rows of people who left.
    pub async fn log_leavers(&self, part: usize, rows: &[LoggedRow<'_>]) -> Option<RowLogFile> {
        if self.is_given_up() {
            return None;
        }
        let name = format!("leavers-{part:05}-{}.parquet", self.stamp.attempt);
        let stamp = Stamp { ended: db::now(), ..self.stamp.clone() };
        self.put(self.file(name, &stamp, rows)).await
    }

    /// A row of somebody who left, or whose record was accepted.
    pub fn row<'a>(
        &self,
        identifier: &'a str,
        address: impl FnOnce() -> String,
        outcome: RowOutcome,
        action: &'static str,
    ) -> LoggedRow<'a> {
        let address_hash = self.hash(address);
        LoggedRow { address_hash, ..LoggedRow::new(identifier, outcome, action) }
    }

    /// Of what the run must warn: rows are missing.
    pub fn warning(&self) -> Option<Warning> {
        let flaw = self.flaw.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let message = format!(
            "Rows of this run are missing in its row log: {flaw}. Everybody was sent all the same. The manifest in the \
             folder says which batches are missing; the rejections of the run are complete."
        );
        Some(Warning::new(WarningCode::RowLogIncomplete, message).with("cause", flaw))
    }

    /// Keeps why rows are missing; the first cause stays.
    pub(super) fn note_flaw(&self, error: String) {
        tracing::warn!(error, "rows of a run could not be logged");
        self.flaw.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    fn is_given_up(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= FAILURES_MAX
    }

    fn hash(&self, address: impl FnOnce() -> String) -> Option<String> {
        self.hasher.as_ref().map(|hasher| hasher.hash(&address()))
    }

    /// `None`: nothing of it has a row.
    fn of_batch(&self, done: &Done, plan: Option<&Plan>) -> Option<Built> {
        let columns = Columns::of(&done.rows.page);
        let rows = self.rows(done, &columns, plan.filter(|_| self.has_payload));
        if rows.is_empty() {
            return None;
        }
        let name = format!("batch-{:08}-{}.parquet", done.batch.number, self.stamp.attempt);
        let started = done.batch.started_utc.unwrap_or_else(db::now);
        let ended = started + TimeDelta::milliseconds(done.batch.duration_ms);
        let stamp = Stamp { batch: Some(done.batch.number), started, ended, ..self.stamp.clone() };
        Some(self.file(name, &stamp, &rows))
    }

    /// Those that were accepted, then the others. Unchanged profiles have no rows.
    fn rows<'a>(
        &self,
        done: &'a Done,
        columns: &'a Columns<'a>,
        plan: Option<&Plan>,
    ) -> Vec<LoggedRow<'a>> {
        let BatchRows { page, positions, records, unsent } = &done.rows;
        let accepted = accepted(done);
        let rejected: HashSet<i64> = done.rejections.iter().map(|one| one.position).collect();
        let unsent: HashSet<_> = unsent.iter().collect();
        let is_accepted =
            |row: &&usize| !unsent.contains(*row) && !rejected.contains(&positions.of(**row));
        let accepted = records.iter().filter(is_accepted).map(|row| {
            let id = columns.written(CUSTOMER_ID_COLUMN, *row).unwrap_or_default();
            let logged = self.row(id, || sent_address(columns, *row), accepted, "");
            LoggedRow { payload: payload(plan, page, *row), ..logged }
        });
        let others = done.rejections.iter().map(|one| self.rejected(done, columns, one, plan));
        accepted.chain(others).collect()
    }

    fn rejected<'a>(
        &self,
        done: &Done,
        columns: &Columns<'_>,
        rejection: &'a Rejection,
        plan: Option<&Plan>,
    ) -> LoggedRow<'a> {
        let logged = LoggedRow::of_rejection(rejection);
        let row = done.rows.positions.row(rejection.position);
        let row = row.filter(|row| *row < done.rows.page.num_rows());
        let Some(row) = row.filter(|_| logged.outcome != RowOutcome::Invalid) else {
            return logged;
        };
        let is_sent = logged.outcome != RowOutcome::Duplicate;
        LoggedRow {
            address_hash: self.hash(|| sent_address(columns, row)),
            payload: payload(plan.filter(|_| is_sent), &done.rows.page, row),
            ..logged
        }
    }

    fn file(&self, name: String, stamp: &Stamp, rows: &[LoggedRow<'_>]) -> Built {
        let bytes = encode(stamp, rows, self.has_payload).map_err(|error| error.to_string())?;
        let file = RowLogFile {
            name,
            batch: stamp.batch,
            rows: to_i64(rows.len()),
            bytes: to_i64(bytes.len()),
            outcomes: Json(outcomes(rows)),
        };
        Ok((file, bytes))
    }

    /// Puts a file into the folder. `None`: it is not there, and the run will warn of that.
    async fn put(&self, built: Built) -> Option<RowLogFile> {
        let put = async {
            let (file, bytes) = built?;
            let put = self.app.storage.put_outgoing(&self.folder, &file.name, bytes);
            match timeout(PUT_MAX, put).await {
                Ok(Ok(())) => Ok(file),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err("the storage did not answer in time".to_owned()),
            }
        };
        match put.await {
            Ok(file) => {
                self.failures.store(0, Ordering::Relaxed);
                Some(file)
            }
            Err(error) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                self.note_flaw(error);
                None
            }
        }
    }
}

/// `None`: the operator has set no key.
fn hasher(app: &App, run: &Run) -> Option<AddressHasher> {
    let key = app.config.storage.row_log_key().ok()??;
    Some(AddressHasher::new(&key, run.instance_id))
}

/// An answer says how many of its call are new, not who.
const fn accepted(done: &Done) -> RowOutcome {
    match (done.counts.created, done.counts.updated) {
        (_, 0) => RowOutcome::Created,
        (0, _) => RowOutcome::Updated,
        _ => RowOutcome::CreatedOrUpdated,
    }
}

fn payload(plan: Option<&Plan>, page: &RecordBatch, row: usize) -> Option<String> {
    String::from_utf8(plan?.record(page, row).into()).ok()
}
