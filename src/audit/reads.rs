//! Records reads of personal data, before the data goes out: a read that cannot be recorded is refused.
//!
//! Reads are many, and an event costs a commit. So those that arrive while others are written wait for the next
//! transaction, which writes all of them.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::counter;
use tokio::sync::{Semaphore, oneshot};

use super::action::Action;
use super::author::Author;
use super::change::Change;
use super::event::Event;
use super::record;
use crate::db::Db;
use crate::telemetry::measures::{AUDIT_EVENTS, AuditKind};

/// Two, so that one that hangs does not block all callers.
const WRITES_AT_ONCE: usize = 2;
const EVENTS_PER_WRITE: usize = 100;

type Answer = Result<(), Arc<sqlx::Error>>;

/// Gathers the reads of callers, and records them together. Cheap to clone.
#[derive(Clone)]
pub struct ReadRecorder(Arc<Gathered>);

struct Gathered {
    waiting: Mutex<Vec<Waiting>>,
    slots: Semaphore,
}

struct Waiting {
    event: Event,
    answer: oneshot::Sender<Answer>,
}

impl Default for ReadRecorder {
    fn default() -> Self {
        let slots = Semaphore::new(WRITES_AT_ONCE);
        Self(Arc::new(Gathered { waiting: Mutex::default(), slots }))
    }
}

impl ReadRecorder {
    /// Returns once the event is stored. Unless it does so without an error, nothing of the data may go out.
    pub async fn record(&self, db: &Db, author: &Author, action: Action, seen: Change) -> Answer {
        let (sender, answer) = oneshot::channel();
        let event = record::event_of(author, action, seen);
        self.0.waiting().push(Waiting { event, answer: sender });
        // In a task of its own: a caller that goes away takes nobody else's event along.
        let (gathered, db) = (self.0.clone(), db.clone());
        tokio::spawn(async move { gathered.write_next(&db).await });
        answer.await.unwrap_or_else(|_| Err(Arc::new(sqlx::Error::WorkerCrashed)))?;
        counter!(AUDIT_EVENTS, "kind" => AuditKind::PersonalDataRead.word()).increment(1);
        tracing::info!(action = action.as_str(), "personal data was read");
        Ok(())
    }
}

impl Gathered {
    /// Writes those that wait first. There may be none left: then another task has written them.
    async fn write_next(&self, db: &Db) {
        let _slot = self.slots.acquire().await;
        let (events, answers) = self.take_next();
        if events.is_empty() {
            return;
        }
        let written = write(db, &events).await.map_err(Arc::new);
        for answer in answers {
            // Fails when the caller was dropped meanwhile.
            let _ = answer.send(written.clone());
        }
    }

    fn take_next(&self) -> (Vec<Event>, Vec<oneshot::Sender<Answer>>) {
        let mut waiting = self.waiting();
        let next = waiting.len().min(EVENTS_PER_WRITE);
        let rest = waiting.split_off(next);
        let next = mem::replace(&mut *waiting, rest);
        next.into_iter().map(|waiting| (waiting.event, waiting.answer)).unzip()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(db: &Db, events: &[Event]) -> sqlx::Result<()> {
    let mut tx = db.write().await?;
    for event in events {
        record::write(&mut tx, event).await?;
    }
    tx.commit().await
}
