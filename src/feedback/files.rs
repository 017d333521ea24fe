//! Writes who left into the folders of exports: after runs that ended, those whom no file has yet. `docs/FEEDBACK.md`
//! is the promise.
//!
//! Who is in the next file is chosen and kept first; then the file is written, and then it counts as written. A process
//! that dies in between leaves a file that is written once more, with the same people and under the same name. So
//! nobody is missing, nobody is in two files, and a file that somebody has read never gets others. No run waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio_util::task::TaskTracker;

use super::failure::FileFailure;
use super::fairness::{FairShare, alone_until};
use super::store_files::{self, DueExport, FilesProgress};
use super::writer::write;
use crate::app::App;
use crate::backoff;
use crate::db::{self, Time};
use crate::slots::Slots;

/// Exports that are listed at a time.
const STEP: i64 = 100;
/// The pauses after failures.
const PAUSE_FIRST: Duration = Duration::from_mins(1);
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// Begins with the files that are due, as far as there are slots; the others are due the next time. One that cannot be
/// written is due again later.
pub async fn begin_due(
    app: &Arc<App>,
    slots: &Arc<Slots>,
    tasks: &TaskTracker,
    now: Time,
) -> sqlx::Result<()> {
    let mut after = None;
    loop {
        let due = store_files::due(&mut app.db.read().await?, now, after, STEP).await?;
        let Some(last) = due.last() else { return Ok(()) };
        after = Some(last.id);
        for export in due {
            let Some(share) = FairShare::take(slots, export.instance_id, export.id) else {
                continue;
            };
            if let Some(begun) = begin(app, &export).await? {
                tasks.spawn(write_one(app.clone(), export, begun, share));
            }
        }
    }
}

/// `None`: another process has begun.
async fn begin(app: &App, due: &DueExport) -> sqlx::Result<Option<FilesProgress>> {
    let mut tx = app.db.write().await?;
    let begun = store_files::begin(&mut tx, due.id, db::now(), alone_until()).await?;
    tx.commit().await?;
    Ok(begun)
}

/// Writes the files of an export, unless the service stops.
async fn write_one(app: Arc<App>, due: DueExport, begun: FilesProgress, mut share: FairShare) {
    let written = async {
        match Box::pin(write(&app, &due, begun, &mut share)).await {
            Ok(()) => Ok(()),
            Err(failure) => note(&app, &due, begun, &failure).await,
        }
    };
    let noted = select! {
        noted = written => noted,
        () = app.stop.cancelled() => return,
    };
    if let Err(error) = noted {
        tracing::warn!(export.id = %due.id.0, %error, "who left could not be written; retrying");
    }
}

/// Notes why nothing was written, and when it is due again.
async fn note(
    app: &App,
    due: &DueExport,
    begun: FilesProgress,
    failure: &FileFailure,
) -> sqlx::Result<()> {
    let mut tx = app.db.write().await?;
    match failure {
        FileFailure::Outrun => return Ok(()),
        FileFailure::Erased => store_files::renew(&mut tx, due.id, db::now()).await?,
        _ => {
            tracing::warn!(export.id = %due.id.0, ?failure, "who left was not written");
            let attempt = u32::try_from(begun.failures).unwrap_or(u32::MAX).saturating_add(1);
            let until = db::now() + backoff::pause(PAUSE_FIRST, PAUSE_MAX, attempt, rand::random());
            store_files::fail(&mut tx, due.id, until, &failure.to_string()).await?;
        }
    }
    tx.commit().await
}
