//! Turns the members of a run into batches: pages read in a stream, each row checked, addresses that come
//! again left out, the rest encoded.
//!
//! Where consents come from a field, the addresses and consents of all members are read once before (`consents.rs`),
//! and where there were duplicates, once after (`winners.rs`). Reading happens on a thread of its own, and encoding
//! beside it, so that they block no other work; they wait when the uploads are behind. Rows are numbered
//! through the whole run. A run that resumes after a crash reads from the start again without sending, and so knows
//! every address that came before. Where it is known that the list has every row as it is, none is read again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use arrow_array::RecordBatch;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tokio::runtime::Handle;
use tokio::select;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use super::batcher::Batcher;
use super::encoded::EncodedBatch;
use super::encoder::{Draft, Encoder};
use super::marking::Marking;
use super::plan::Plan;
use super::sifter::Sifter;
use crate::runs::Winner;
use crate::runs::stopwatch::Stopwatch;
use crate::steps::Accounted;
use crate::storage::{self, Error, Manifest, Storage};

/// Batches that wait to be sent.
const AHEAD: usize = 2;
/// Batches that are read, and may be encoded side by side.
const ENCODED_AHEAD: usize = 2;
/// Winners that are written in one transaction.
const WINNERS_AT_ONCE: usize = 1000;

/// The members to read, and how far a run has accounted for them.
pub struct MemberSource {
    pub storage: Storage,
    /// What the run pinned, in the order of its segments.
    pub manifests: Vec<Arc<Manifest>>,
    pub plan: Arc<Plan>,
    /// Rows of which no batch is made.
    pub accounted: Accounted,
    /// Makes only these batches, which were made before: first row and end.
    pub only: Option<BTreeMap<i64, i64>>,
    /// How records are known again, and which are left out.
    pub marking: Marking,
    /// Seeds the hashes of the addresses.
    pub seed: u64,
    /// Whether the list has every row as it is.
    pub is_settled: bool,
    /// Gets to know when the next batch is awaited that is still being encoded.
    pub stopwatch: Option<Stopwatch>,
    /// Gets the profiles that are sent in place of their duplicates, after the last batch.
    pub winners: Option<mpsc::Sender<Vec<Winner>>>,
}

/// Why the members of a segment cannot be read to the end.
#[derive(Debug)]
pub struct ReadFailure {
    /// The place of its manifest in the source.
    pub segment: usize,
    pub error: Error,
}

/// Starts reading. The batches come in order; dropping the receiver stops it.
pub fn read(source: MemberSource) -> mpsc::Receiver<Result<EncodedBatch, ReadFailure>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    if source.is_settled && source.accounted.is_nothing() {
        let encoder = Encoder { plan: source.plan.clone(), marking: source.marking.clone() };
        let all = encoder.encode(Draft::of_unchanged(source.rows()));
        // The receiver is still here, and has room.
        let _ = sender.try_send(Ok(all));
        return receiver;
    }
    let (drafts, encoding) = mpsc::channel(ENCODED_AHEAD);
    let (handle, held) = (Handle::current(), storage::held());
    tokio::spawn(forward(encoding, sender, source.stopwatch.clone()));
    thread::spawn(move || {
        let produced = produce_or_tell(source, drafts);
        match held {
            Some(held) => handle.block_on(storage::holding(held, produced)),
            None => handle.block_on(produced),
        }
    });
    receiver
}

/// Batches whose records are being made.
type Encoding = Result<JoinHandle<EncodedBatch>, ReadFailure>;

/// Passes the batches on in their order, each as soon as it is encoded, until nobody listens any more.
async fn forward(
    mut encoding: mpsc::Receiver<Encoding>,
    sender: mpsc::Sender<Result<EncodedBatch, ReadFailure>>,
    stopwatch: Option<Stopwatch>,
) {
    loop {
        let next = select! {
            () = sender.closed() => return,
            next = encoding.recv() => next,
        };
        let batch = match next {
            None => return,
            Some(Err(failure)) => Err(failure),
            Some(Ok(encoding)) => match measured(encoding, stopwatch.as_ref()).await {
                Ok(batch) => Ok(batch),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            },
        };
        if sender.send(batch).await.is_err() {
            return;
        }
    }
}

async fn measured(
    encoding: JoinHandle<EncodedBatch>,
    stopwatch: Option<&Stopwatch>,
) -> Result<EncodedBatch, JoinError> {
    match stopwatch {
        Some(stopwatch) => stopwatch.encoding(encoding).await,
        None => encoding.await,
    }
}

async fn produce_or_tell(mut source: MemberSource, sender: mpsc::Sender<Encoding>) {
    let winners = source.winners.take();
    let sifter = match Box::pin(produce(&mut source, &sender)).await {
        Ok(sifter) => sifter.filter(|_| !sender.is_closed()),
        Err(error) => {
            // Nobody listens any more when this fails, and then nobody needs to know.
            let _ = sender.send(Err(error)).await;
            None
        }
    };
    drop(sender);
    if let (Some(sifter), Some(winners)) = (sifter, winners)
        && let Err(ReadFailure { error, .. }) = name_winners(&source, sifter, &winners).await
    {
        tracing::warn!(%error, "the profiles that were sent for duplicates cannot be named");
    }
}

/// Sends every batch. Returns what it has learnt, unless nobody listens any more.
async fn produce(
    source: &mut MemberSource,
    sender: &mpsc::Sender<Encoding>,
) -> Result<Option<Sifter>, ReadFailure> {
    let room = usize::try_from(source.rows()).unwrap_or(usize::MAX);
    let comparison = source.marking.comparison.clone();
    let mut sifter = Sifter::new(source.plan.clone(), room, source.seed, comparison);
    if source.plan.reads_consents() {
        let decisive = source.plan.decisive();
        let mut pages = source.pages(&decisive);
        while let Some(page) = pages.try_next().await? {
            sifter.hear(&decisive, &page);
            if sender.is_closed() {
                return Ok(None);
            }
        }
    }
    let mut batcher = source.batcher(sifter);
    let encoder = batcher.encoder();
    let encode = |draft| {
        let encoder = encoder.clone();
        spawn_blocking(move || encoder.encode(draft))
    };
    let mut pages = source.pages(&source.plan);
    while let Some(page) = pages.try_next().await? {
        for draft in batcher.add(page) {
            if sender.send(Ok(encode(draft))).await.is_err() {
                return Ok(None);
            }
        }
        if sender.is_closed() {
            return Ok(None);
        }
    }
    if let Some(last) = batcher.finish()
        && sender.send(Ok(encode(last))).await.is_err()
    {
        return Ok(None);
    }
    Ok(Some(batcher.sifter))
}

/// Reads the addresses once more, if there were duplicates.
async fn name_winners(
    source: &MemberSource,
    sifter: Sifter,
    winners: &mpsc::Sender<Vec<Winner>>,
) -> Result<(), ReadFailure> {
    let Some(mut sought) = sifter.winners() else { return Ok(()) };
    let decisive = source.plan.decisive();
    let mut pages = source.pages(&decisive);
    while let Some(page) = pages.try_next().await? {
        if winners.is_closed() {
            return Ok(());
        }
        sought.inspect(&decisive, &page);
    }
    let mut found = sought.found();
    loop {
        let some: Vec<_> = found.by_ref().take(WINNERS_AT_ONCE).collect();
        if some.is_empty() || winners.send(some).await.is_err() {
            return Ok(());
        }
    }
}

impl MemberSource {
    /// Every row, page by page.
    pub fn new(
        storage: Storage,
        manifests: Vec<Arc<Manifest>>,
        plan: Arc<Plan>,
        seed: u64,
    ) -> Self {
        let (accounted, only, marking) = (Accounted::default(), None, Marking::none());
        let (is_settled, stopwatch, winners) = (false, None, None);
        Self {
            storage,
            manifests,
            plan,
            accounted,
            only,
            marking,
            seed,
            is_settled,
            stopwatch,
            winners,
        }
    }

    /// How many rows there are.
    fn rows(&self) -> u64 {
        self.manifests.iter().map(|manifest| manifest.rows()).sum()
    }

    fn batcher(&mut self, sifter: Sifter) -> Batcher {
        let (marking, only) = (self.marking.clone(), self.only.take());
        let accounted = std::mem::take(&mut self.accounted);
        Batcher::new(self.plan.clone(), sifter, marking, only, accounted)
    }

    /// The pages of all segments, with the columns of a plan.
    fn pages(&self, plan: &Plan) -> impl Stream<Item = Result<RecordBatch, ReadFailure>> + Unpin {
        let (storage, columns) = (self.storage.clone(), plan.wanted());
        let manifests = stream::iter(self.manifests.clone()).enumerate();
        let pages = manifests.flat_map(move |(segment, manifest)| {
            let pages = storage.pages(manifest, columns.clone());
            pages.map_err(move |error| ReadFailure { segment, error })
        });
        Box::pin(pages)
    }
}
