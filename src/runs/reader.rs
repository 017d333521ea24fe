//! Reads runs for many callers at once.
//!
//! Front ends ask for a run again and again while it is active, and many ask at the same time. A caller that asks while
//! reads are active waits for the next one, which reads every run asked for meanwhile in one statement. So what a
//! caller gets was read after it asked, and a thousand callers cost the database little more than one.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::select;
use tokio::sync::{Semaphore, oneshot};

use super::run::Run;
use super::store::{self, NamedSegment};
use crate::db::{self, Db, ReadHandle};
use crate::names::RunId;

/// Two, so that one that hangs does not block all callers.
const READS_AT_ONCE: usize = 2;
const RUNS_PER_READ: usize = 100;

/// A run and its segments, as one read found them.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it all")]
pub struct Found {
    pub run: Run,
    pub segments: Vec<NamedSegment>,
}

/// `None`: not found.
type Answer = Result<Option<Found>, Arc<sqlx::Error>>;

/// Gathers the runs that callers ask for, and reads them together.
pub struct RunReader {
    waiting: Mutex<Vec<Asked>>,
    slots: Semaphore,
}

struct Asked {
    id: RunId,
    answer: oneshot::Sender<Answer>,
}

impl Default for RunReader {
    fn default() -> Self {
        Self { waiting: Mutex::default(), slots: Semaphore::new(READS_AT_ONCE) }
    }
}

impl RunReader {
    /// The run `id`, read by this caller or by one that reads for others too.
    pub async fn get(&self, db: &Db, id: RunId) -> Answer {
        loop {
            let (sender, mut answer) = oneshot::channel();
            self.waiting().push(Asked { id, answer: sender });
            let answered = select! {
                biased;
                answered = &mut answer => answered,
                _slot = self.slots.acquire() => {
                    self.answer_next(db).await;
                    answer.await
                }
            };
            // Otherwise the caller that read for this one was dropped meanwhile.
            if let Ok(answer) = answered {
                return answer;
            }
        }
    }

    async fn answer_next(&self, db: &Db) {
        let asked = self.take_next();
        // It reads for callers of all instances, so it counts for none of them.
        let read = db::on_behalf_of(None, read(db, &asked)).await.map_err(Arc::new);
        for Asked { id, answer } in asked {
            let found = read.as_ref().map(|found| found.get(&id).cloned());
            // Fails when the caller was dropped meanwhile.
            let _ = answer.send(found.map_err(Arc::clone));
        }
    }

    fn take_next(&self) -> Vec<Asked> {
        let mut waiting = self.waiting();
        let next = waiting.len().min(RUNS_PER_READ);
        let rest = waiting.split_off(next);
        mem::replace(&mut waiting, rest)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(db: &Db, asked: &[Asked]) -> sqlx::Result<HashMap<RunId, Found>> {
    let ids: HashSet<RunId> = asked.iter().map(|asked| asked.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<RunId> = ids.into_iter().collect();
    let mut tx = db.read().await?;
    let runs = store::get_all(&mut tx, &ids).await?;
    let found = with_segments(&mut tx, runs).await?;
    Ok(found.into_iter().map(|found| (found.run.id, found)).collect())
}

/// The runs with their segments, in the order of `runs`.
pub async fn with_segments(tx: &mut ReadHandle, runs: Vec<Run>) -> sqlx::Result<Vec<Found>> {
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    let mut segments: HashMap<RunId, Vec<NamedSegment>> = HashMap::new();
    for segment in store::segments_of(tx, &ids).await? {
        segments.entry(segment.run_id).or_default().push(segment);
    }
    let found = runs
        .into_iter()
        .map(|run| Found { segments: segments.remove(&run.id).unwrap_or_default(), run });
    Ok(found.collect())
}
