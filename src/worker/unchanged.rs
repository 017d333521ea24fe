//! A run in which nothing changed since one that had nothing to do: it finds the same, and reads no row for that.
//!
//! A run that had nothing to do keeps what it found, with hashes of the bytes of its segments, of the members that
//! these were compared with, and of all else that decided (`records::deciding`). The next run makes the hashes anew.
//! Where one of them differs, or cannot be made, it reads every row as ever.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::came_back::may_be_back;
use super::emptied::has_people;
use super::job::Job;
use super::stopped::Stopped;
use crate::baselines::{Baseline, Settled, members_hash, store_settled};
use crate::connections::session::AccountSession;
use crate::records::basis::Basis;
use crate::records::deciding::{Decided, decided};
use crate::records::plan::Plan;
use crate::runs::{Outcome, RunSegment, RunStatus};
use crate::storage::{self, ContentHash, Manifest};
use crate::verifications::ListCounts;

/// What the run finds where nothing changed; `None` where that is not certain. It notes what decides, as it is before
/// anything of it is read, so that what changes meanwhile is noticed by the next run.
pub async fn unchanged(
    job: &mut Job,
    session: &AccountSession,
    plan: &Arc<Plan>,
    counted: Option<&ListCounts>,
    segments: &[RunSegment],
) -> Result<Option<Basis>, Stopped> {
    let tombstones = job.tombstones.load(Ordering::Relaxed);
    let found = decided(&job.app, &job.run, plan, tombstones).await?;
    let Some(Decided { baseline, by }) = found else { return Ok(None) };
    let kept = store_settled::get(&mut job.app.db.read().await?, &baseline).await?;
    job.decided_by = Some(by);
    let Some(kept) = kept.filter(|kept| Some(&kept.decided_by) == job.decided_by.as_ref()) else {
        return Ok(None);
    };
    let manifests: Vec<_> = manifests(segments).collect();
    let is_unchanged = is_first_attempt(job)
        && counted.is_some_and(|counted| has_people(kept.plan.on_list, &counted.all))
        && has_same_content(job, (&baseline, plan), &manifests, &kept).await
        && !(kept.plan.has_refused && may_be_back(&job.app, session, &baseline).await);
    Ok(is_unchanged.then(|| Basis::settled(plan.clone(), baseline, job.run.id, kept.plan)))
}

/// What the segments have, in their order.
fn manifests(segments: &[RunSegment]) -> impl Iterator<Item = Arc<Manifest>> {
    let pinned = segments.iter().filter_map(|segment| segment.manifest.as_ref());
    pinned.map(|manifest| Arc::new(manifest.0.clone()))
}

/// Whether no attempt before may have sent somebody.
fn is_first_attempt(job: &Job) -> bool {
    job.doubt_until == 0 && job.accounted().is_nothing()
}

/// Whether the rows and the members are those of then. What cannot be read is not.
async fn has_same_content(
    job: &Job,
    of: (&Baseline, &Plan),
    manifests: &[Arc<Manifest>],
    kept: &Settled,
) -> bool {
    match hashes(job, of, manifests, Some((&kept.rows, &kept.members))).await {
        Ok(Some((rows, members))) => rows == kept.rows && members == kept.members,
        Ok(None) => false,
        Err(error) => {
            tracing::info!(%error, "whether something changed is not known; every row is read");
            false
        }
    }
}

/// Hashes of the rows and of the members; `None` where one of them starts in another way than what is known.
async fn hashes(
    job: &Job,
    (baseline, plan): (&Baseline, &Plan),
    manifests: &[Arc<Manifest>],
    known: Option<(&ContentHash, &ContentHash)>,
) -> Result<Option<(ContentHash, ContentHash)>, storage::Error> {
    let (storage, seed) = (&job.app.storage, baseline.seed.cast_unsigned());
    let (rows, members) = known.unzip();
    let columns = plan.wanted();
    let Some(rows) = storage.content(manifests, &columns, seed, rows).await? else {
        return Ok(None);
    };
    let members = members_hash(storage, baseline, members).await?;
    Ok(members.map(|members| (rows, members)))
}

/// What is kept of a run that had nothing to do and ends well. `None` also where that is kept already.
pub async fn to_keep(job: &mut Job, outcome: &Outcome) -> Option<Settled> {
    let is_complete = job.run.counts.unchanged == job.run.counts.selected;
    let has_ended = matches!(outcome, Outcome::Ended(RunStatus::Successful, _));
    let basis = job.basis.as_ref().filter(|basis| basis.settled.is_none())?;
    let (plan, decided_by) = (job.settled?, job.decided_by.take()?);
    if !is_complete || !has_ended || job.run.leavers.changed() > 0 {
        return None;
    }
    let manifests = job.manifests().await.ok()?;
    let hashed = hashes(job, (&basis.baseline, &basis.plan), &manifests, None).await;
    let unknown = |error: &storage::Error| {
        tracing::info!(%error, "what a run had nothing to do with is not kept; the next one reads it");
    };
    let (rows, members) = hashed.inspect_err(unknown).ok()??;
    Some(Settled { version: basis.baseline.version, decided_by, rows, members, plan })
}
