//! The rows of people who left, written when their run ends: each call about them is too little for a file of its own.

use futures::StreamExt;

use super::job::Job;
use super::row_log::RowLogger;
use crate::baselines::{self, ListMember};
use crate::exports::Leavers;
use crate::records::basis::Basis;
use crate::row_logs::RowOutcome;
use crate::row_logs::store::RowLogFile;
use crate::runs::{store_leavers, store_plans};

/// Rows of a file.
const ROWS_MAX: usize = 50_000;

/// Writes the rows of those to whom something was done, or tried. Their slots count in the baseline for which the plan
/// was made; where that is another one now, or cannot be read, they have no rows, and the manifest says that rows are
/// missing.
pub async fn log_leavers(job: &Job, basis: &Basis) -> sqlx::Result<Vec<RowLogFile>> {
    let Some(logger) = &job.row_log else { return Ok(vec![]) };
    let mut tx = job.app.db.read().await?;
    let plan = store_plans::get(&mut tx, job.run.id).await?;
    let done = store_leavers::of_run(&mut tx, job.run.id).await?;
    drop(tx);
    if done.is_empty() || plan.map(|plan| plan.baseline_version) != Some(basis.baseline.version) {
        return Ok(vec![]);
    }
    let (mut files, mut left, mut slot) = (vec![], vec![], 0);
    let mut pages = Box::pin(baselines::members(&job.app.storage, &basis.baseline));
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                logger.note_flaw(error.to_string());
                break;
            }
        };
        let numbered = page.into_iter().zip(slot..).collect::<Vec<_>>();
        slot += numbered.len();
        left.extend(numbered.into_iter().filter_map(|(member, slot)| {
            Some((member, RowOutcome::of_leaver(*done.get(&slot)?)?))
        }));
        if left.len() >= ROWS_MAX {
            files.extend(write(job, logger, files.len(), std::mem::take(&mut left)).await);
        }
    }
    if !left.is_empty() {
        files.extend(write(job, logger, files.len(), left).await);
    }
    Ok(files)
}

async fn write(
    job: &Job,
    logger: &RowLogger,
    part: usize,
    left: Vec<(ListMember, RowOutcome)>,
) -> Option<RowLogFile> {
    let action = match job.run.sync.leavers {
        Leavers::Keep => "skip",
        Leavers::Flag(_) => "flag",
        Leavers::Delete => "delete",
        Leavers::Unsubscribe => "unsubscribe",
    };
    let mut rows = Vec::with_capacity(left.len());
    for (member, outcome) in &left {
        rows.push(logger.row(&member.customer_id, || member.address.clone(), *outcome, action));
    }
    logger.log_leavers(part, &rows).await
}
