//! Folds what Campaign Monitor acknowledges into the next baseline of the export, while the run sends.
//!
//! Members wait in temporary files, so memory stays flat. Nothing counts before the run ends and stores the result;
//! what an attempt does not bring to the end is read again by a later one (`recall.rs`).

use futures::StreamExt;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::AbortOnDropHandle;

use crate::baselines::{Baseline, Error, ListMember, fold};
use crate::storage::Storage;

/// Batches that wait to be folded.
const AHEAD: usize = 16;

/// The members that were acknowledged in this attempt.
#[derive(Default)]
pub struct Acknowledged(Option<Folding>);

/// The task is dropped first: members that are cut off must not pass for all of them.
struct Folding {
    task: AbortOnDropHandle<Result<Baseline, Error>>,
    members: Sender<Vec<ListMember>>,
}

impl Acknowledged {
    /// Adds members whose batch is written.
    pub async fn add(&mut self, storage: &Storage, old: &Baseline, members: Vec<ListMember>) {
        if members.is_empty() {
            return;
        }
        let folding = self.0.get_or_insert_with(|| Folding::start(storage, old));
        // A fold that failed says why at the end.
        let _ = folding.members.send(members).await;
    }

    /// The old baseline with all of them, not stored yet.
    pub async fn finish(&mut self, old: &Baseline) -> Result<Baseline, Error> {
        let Some(Folding { task, members }) = self.0.take() else { return Ok(old.clone()) };
        drop(members);
        match task.await {
            Ok(folded) => folded,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
}

impl Folding {
    fn start(storage: &Storage, old: &Baseline) -> Self {
        let (members, receiver) = channel(AHEAD);
        let (storage, old) = (storage.clone(), old.clone());
        let pages = ReceiverStream::new(receiver).map(Ok);
        let folding = async move { fold(&storage, &old, pages).await };
        Self { task: AbortOnDropHandle::new(tokio::spawn(folding)), members }
    }
}
