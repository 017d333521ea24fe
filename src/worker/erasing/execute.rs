//! The life of an erasure at a worker, from its claim to its end or to what is in its way.

use std::sync::Arc;
use std::time::Duration;

use tokio::select;

use super::job::{ErasingJob, ErasureLost};
use super::lease::{during, note_waiting, postpone, release};
use super::resolve::{Resolved, resolve};
use super::swept::Swept;
use super::{
    answers, baselines, differences, feedback, lists, readmissions, requests, rows, uploads,
};
use crate::app::App;
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::db::{self, Compaction};
use crate::erasures::{ErasureId, Site, store_sites, store_tombstones, store_work};
use crate::runs::store_forget;
use crate::verifications;

/// Searches of one place in a row, before others have their chance.
const SEARCHES_MAX: usize = 4;
/// Tables that had rows of people.
const TABLES: [&str; 8] = [
    "rejections",
    "value_problems",
    "verification_differences",
    "run_requests",
    "feedback_people",
    "readmissions",
    "idempotency_keys",
    "erasures",
];
const FAULT: &str = "Something went wrong on our side. It is tried again.";

/// Claims an erasure and does as much of it as can be done now, unless another worker has it.
pub async fn execute(app: &Arc<App>, id: ErasureId) -> anyhow::Result<()> {
    let mut tx = app.db.write().await?;
    let claimed = store_work::claim(&mut tx, id, db::now(), app.config.work.lease()).await?;
    tx.commit().await?;
    let Some(erasure) = claimed else { return Ok(()) };
    let work = async {
        let mut job = ErasingJob::open(app.clone(), erasure.clone())?;
        select! {
            end = Box::pin(erase(&mut job)) => end,
            () = app.stop.cancelled() => Ok(ErasingEnd::Stopped),
        }
    };
    match during(app, &erasure, work).await {
        Ok(ErasingEnd::Completed) => Ok(()),
        Ok(ErasingEnd::Brief(why)) => {
            if erasure.waiting.as_deref() != Some(why.as_str()) {
                note_waiting(&erasure, &why);
            }
            let pause = Duration::from_millis(app.config.work.run_pause_ms);
            release(app, &erasure, Some(&why), db::now() + pause).await
        }
        Ok(ErasingEnd::Lasting(why)) => postpone(app, &erasure, &why).await,
        Ok(ErasingEnd::Stopped) => release(app, &erasure, None, db::now()).await,
        Err(error) if error.is::<ErasureLost>() => Ok(()),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::error!(erasure.id = %id.0, error, "an erasure failed; retrying");
            postpone(app, &erasure, FAULT).await
        }
    }
}

/// How the work of this attempt ended.
enum ErasingEnd {
    Completed,
    /// The process stops, so another one continues at once.
    Stopped,
    /// Something is in the way, named in a sentence, and gone in a moment.
    Brief(String),
    /// The same, and it may take long.
    Lasting(String),
}

/// Erases, to the end or to what is in the way.
async fn erase(job: &mut ErasingJob) -> anyhow::Result<ErasingEnd> {
    if job.erasure.people_sealed.is_some() {
        // What the people are known by may grow: then runs have to know that first, too.
        loop {
            if let Some(why) = senders(job).await? {
                return Ok(ErasingEnd::Brief(why));
            }
            match resolve(job).await? {
                Resolved::All => break,
                Resolved::Grown => {}
                Resolved::Waits(why) => return Ok(ErasingEnd::Lasting(why)),
            }
        }
        if let Some(why) = search_all(job).await? {
            return Ok(ErasingEnd::Lasting(why));
        }
        let mut tx = job.write().await?;
        store_sites::verify(&mut tx, job.erasure.id, Site::UnnamedObjects, db::now()).await?;
        store_work::forget_people(&mut tx, job.erasure.id).await?;
        tx.commit().await?;
    }
    if let Some(why) = compact(job).await? {
        return Ok(ErasingEnd::Brief(why));
    }
    complete(job).await?;
    Ok(ErasingEnd::Completed)
}

/// Why the people may still be sent: a run has not read the tombstones yet.
async fn senders(job: &ErasingJob) -> anyhow::Result<Option<String>> {
    let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
    let generation = store_tombstones::generation(&mut db, instance).await?;
    let unaware = store_forget::unaware(&mut db, instance, generation).await?;
    Ok(unaware.map(|run| format!("The run {} finishes the call that it is making.", run.0)))
}

/// Places that are searched in the same way, each by itself.
#[derive(Clone, Copy)]
enum Search {
    Uploads,
    Baselines,
    Rejections,
    ValueProblems,
    Differences,
    Requests,
    Readmissions,
    Feedback,
    Answers,
}

impl Search {
    const ALL: [Self; 9] = [
        Self::Uploads,
        Self::Baselines,
        Self::Rejections,
        Self::ValueProblems,
        Self::Differences,
        Self::Requests,
        Self::Readmissions,
        Self::Feedback,
        Self::Answers,
    ];

    const fn site(self) -> Site {
        match self {
            Self::Uploads => Site::Uploads,
            Self::Baselines => Site::Baselines,
            Self::Rejections => Site::Rejections,
            Self::ValueProblems => Site::ValueProblems,
            Self::Differences => Site::Differences,
            Self::Requests => Site::Requests,
            Self::Readmissions => Site::Readmissions,
            Self::Feedback => Site::Feedback,
            Self::Answers => Site::IdempotencyAnswers,
        }
    }

    /// Whether runs write there, until they end.
    const fn is_of_runs(self) -> bool {
        matches!(self, Self::Rejections | Self::ValueProblems | Self::Differences | Self::Requests)
    }

    /// Searches once, and removes what is found.
    async fn sweep(self, job: &ErasingJob) -> anyhow::Result<Swept> {
        match self {
            Self::Uploads => uploads::sweep(job).await,
            Self::Baselines => baselines::sweep(job).await,
            Self::Rejections => rows::sweep_rejections(job).await,
            Self::ValueProblems => rows::sweep_problems(job).await,
            Self::Differences => differences::sweep(job).await,
            Self::Requests => requests::sweep(job).await,
            Self::Readmissions => readmissions::sweep(job).await,
            Self::Feedback => feedback::sweep(job).await,
            Self::Answers => answers::sweep(job).await,
        }
    }
}

/// Searches every place that is not verified yet. One that has to wait does not keep the others waiting.
async fn search_all(job: &mut ErasingJob) -> anyhow::Result<Option<String>> {
    let sites = store_sites::of_erasure(&mut job.app.db.read().await?, job.erasure.id).await?;
    let is_verified =
        |site| sites.iter().any(|record| record.site == site && record.verified_utc.is_some());
    let mut obstacle = None;
    let is_list_verified = is_verified(Site::Lists);
    let searches = Search::ALL.into_iter().filter(|search| !is_verified(search.site()));
    let searches: Vec<_> = searches.collect();
    if !is_list_verified {
        obstacle = lists::sweep(job).await?;
    }
    for search in searches {
        obstacle = obstacle.or(settle(job, search).await?);
    }
    Ok(obstacle)
}

/// Searches a place until a second search finds nobody.
async fn settle(job: &ErasingJob, search: Search) -> anyhow::Result<Option<String>> {
    for number in 1..=SEARCHES_MAX {
        let swept = search.sweep(job).await?;
        if swept.obstacle.is_some() {
            return Ok(swept.obstacle);
        }
        if swept.found == 0 && number > 1 {
            if let Some(why) = writers(job, search).await? {
                return Ok(Some(why));
            }
            let mut tx = job.write().await?;
            store_sites::verify(&mut tx, job.erasure.id, search.site(), db::now()).await?;
            tx.commit().await?;
            return Ok(None);
        }
    }
    let site = search.site().word();
    Ok(Some(format!("`{site}` had these people once more. It is searched again.")))
}

/// Why the people may come to a place yet: what began before they were erased writes there at its end. Uploads and
/// baselines see to that themselves.
async fn writers(job: &ErasingJob, search: Search) -> anyhow::Result<Option<String>> {
    let (mut db, erasure) = (job.app.db.read().await?, &job.erasure);
    let (instance, moment) = (erasure.instance_id, erasure.requested_utc);
    if search.is_of_runs()
        && let Some(run) = store_forget::begun_before(&mut db, instance, moment).await?
    {
        return Ok(Some(format!("The run {} has begun, and has not ended.", run.0)));
    }
    let is_verified = matches!(search, Search::Differences)
        && verifications::store_forget::any_running(&mut db, instance).await?;
    Ok(is_verified.then(|| "A verification has begun, and has not ended.".into()))
}

/// Overwrites what was deleted, as far as the engine can. Where that keeps others from writing, it waits for runs.
async fn compact(job: &ErasingJob) -> anyhow::Result<Option<String>> {
    let db = &job.app.db;
    if !db.is_sqlite() {
        if let Err(error) = db.compact(&TABLES).await {
            tracing::warn!(%error, "tables could not be vacuumed; the server does it later");
        }
        return Ok(None);
    }
    if store_forget::any_running(&mut db.read().await?).await? {
        return Ok(Some("The file of the database is written anew once no run is active.".into()));
    }
    Ok(match db.compact(&TABLES).await? {
        Compaction::Done => None,
        Compaction::Busy => Some("The log of the database is emptied once nobody reads it.".into()),
    })
}

async fn complete(job: &ErasingJob) -> anyhow::Result<()> {
    let (id, now) = (job.erasure.id, db::now());
    let mut tx = job.write().await?;
    store_sites::verify(&mut tx, id, Site::Database, now).await?;
    let completed = store_work::complete(&mut tx, id, now).await?;
    let author = Author::system(completed.instance_id, SystemActor::Worker);
    let change = Change::done(&completed, &serde_json::json!({"people": completed.people}));
    audit::record(&mut tx, &author, Action::ErasureComplete, change).await?;
    tx.commit().await?;
    tracing::info!(erasure.id = %id.0, people = completed.people, "an erasure is completed");
    Ok(())
}
