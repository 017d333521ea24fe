//! Rejected rows and value problems of runs.

use super::job::ErasingJob;
use super::swept::Swept;
use crate::db::ReadHandle;
use crate::erasures::Site;
use crate::names::RunId;
use crate::runs::store_forget::{self, ProblemPerson, RejectedPerson};

/// Runs that are listed at a time.
const RUNS: i64 = 500;
/// Rows that are read at a time.
const ROWS: i64 = 5000;
/// Rows that one transaction changes.
const STEP: usize = 500;

/// The next runs of the instance, after the last one.
async fn next_runs(
    job: &ErasingJob,
    db: &mut ReadHandle,
    after: &mut Option<RunId>,
) -> sqlx::Result<Vec<RunId>> {
    let runs = store_forget::with_details(db, job.erasure.instance_id, *after, RUNS).await?;
    *after = runs.last().copied().or(*after);
    Ok(runs)
}

/// Erases who rejected rows are of; the rows stay, because they are counts of their runs.
pub async fn sweep_rejections(job: &ErasingJob) -> anyhow::Result<Swept> {
    let (mut swept, mut after) = (Swept::default(), None);
    loop {
        let runs = next_runs(job, &mut job.app.db.read().await?, &mut after).await?;
        if runs.is_empty() {
            return Ok(swept);
        }
        for run in runs {
            swept.found += reject_nobody(job, run).await?;
        }
    }
}

async fn reject_nobody(job: &ErasingJob, run: RunId) -> anyhow::Result<i64> {
    let (mut found, mut after) = (0, -1);
    loop {
        let rows = store_forget::rejected(&mut job.app.db.read().await?, run, after, ROWS).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = last.position;
        let sought: Vec<_> = rows.into_iter().filter(|row| is_rejected(job, row)).collect();
        found += i64::try_from(sought.len())?;
        for some in sought.chunks(STEP) {
            erase_rejected(job, run, some).await?;
        }
    }
}

fn is_person(job: &ErasingJob, row: &RejectedPerson) -> bool {
    let params = row.params.iter().flat_map(|params| params.texts());
    let texts = [row.email.as_str(), row.message.as_str()].into_iter().chain(params);
    job.sought.is_row(&row.customer_id, texts)
}

fn is_rejected(job: &ErasingJob, row: &RejectedPerson) -> bool {
    is_person(job, row) || row.winner.as_deref().is_some_and(|winner| job.sought.is_id(winner))
}

async fn erase_rejected(
    job: &ErasingJob,
    run: RunId,
    rows: &[RejectedPerson],
) -> anyhow::Result<()> {
    let mut tx = job.write().await?;
    for row in rows {
        if is_person(job, row) {
            store_forget::erase_rejected(&mut tx, run, row.position).await?;
        } else {
            store_forget::erase_winner(&mut tx, run, row.position).await?;
        }
    }
    let count = i64::try_from(rows.len())?;
    job.count(&mut tx, Site::Rejections, count, count).await?;
    Ok(tx.commit().await?)
}

/// Removes value problems; the field warnings of their runs still count them.
pub async fn sweep_problems(job: &ErasingJob) -> anyhow::Result<Swept> {
    let (mut swept, mut after) = (Swept::default(), None);
    loop {
        let runs = next_runs(job, &mut job.app.db.read().await?, &mut after).await?;
        if runs.is_empty() {
            return Ok(swept);
        }
        for run in runs {
            swept.found += remove_problems(job, run).await?;
        }
    }
}

async fn remove_problems(job: &ErasingJob, run: RunId) -> anyhow::Result<i64> {
    let (mut found, mut after) = (0, (-1, 0));
    loop {
        let rows = store_forget::problems(&mut job.app.db.read().await?, run, after, ROWS).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = (last.position, last.number);
        let sought: Vec<_> = rows.into_iter().filter(|row| is_problem(job, row)).collect();
        found += i64::try_from(sought.len())?;
        for some in sought.chunks(STEP) {
            let mut tx = job.write().await?;
            for row in some {
                store_forget::remove_problem(&mut tx, run, (row.position, row.number)).await?;
            }
            let count = i64::try_from(some.len())?;
            job.count(&mut tx, Site::ValueProblems, count, count).await?;
            tx.commit().await?;
        }
    }
}

fn is_problem(job: &ErasingJob, row: &ProblemPerson) -> bool {
    let texts = [Some(row.email.as_str()), Some(row.value.as_str()), row.sent.as_deref()];
    job.sought.is_row(&row.customer_id, texts.into_iter().flatten())
}
