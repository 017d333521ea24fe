//! The members of a baseline as a stream.

use std::future::ready;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::error::Error;
use super::member::ListMember;
use super::merged::each_member;
use crate::storage::{OwnReader, PAGE_ROWS, Storage};

/// How many pages are read ahead.
const PAGES_AHEAD: usize = 4;

type Page = Result<Vec<ListMember>, Error>;

/// Streams every member once, in the order of slots ([`Known::slot`](super::Known::slot)), in pages. A stream without
/// an error has all of them.
#[must_use]
pub fn members(storage: &Storage, baseline: &Baseline) -> BoxStream<'static, Page> {
    members_from(storage, baseline, 0)
}

/// The same of those whose key ([`Baseline::key`]) is at least `from`. What comes before is not read.
#[must_use]
pub fn members_from(storage: &Storage, baseline: &Baseline, from: u64) -> BoxStream<'static, Page> {
    let (storage, baseline) = (storage.clone(), baseline.clone());
    let start = async move {
        let (sender, receiver) = channel(PAGES_AHEAD);
        // It ends by itself when nobody receives any more.
        let reading = tokio::spawn(read(storage, baseline, from, sender));
        let outcome = async move {
            match reading.await {
                Ok(outcome) => outcome.err().map(Err),
                Err(panic) => Some(Err(Error::unavailable(panic))),
            }
        };
        ReceiverStream::new(receiver).chain(stream::once(outcome).filter_map(ready))
    };
    stream::once(start).flatten().boxed()
}

async fn read(
    storage: Storage,
    baseline: Baseline,
    from: u64,
    pages: Sender<Page>,
) -> Result<(), Error> {
    let seed = baseline.seed();
    let read = move |layers| send(layers, seed, from, &pages);
    match with_layers(&storage, &baseline.layers, read).await? {
        Some(count) if from == 0 => baseline.check_members(count),
        _ => Ok(()),
    }
}

/// Returns how many were sent; `None` when the receiver is gone.
fn send(
    layers: Vec<OwnReader>,
    seed: u64,
    from: u64,
    pages: &Sender<Page>,
) -> Result<Option<usize>, Error> {
    let mut members = each_member(layers, seed, from)?.map(|row| row.map(|(_, member)| member));
    let mut count = 0;
    loop {
        let page = members.by_ref().take(PAGE_ROWS).collect::<Result<Vec<_>, _>>()?;
        if page.is_empty() {
            return Ok(Some(count));
        }
        count += page.len();
        if pages.blocking_send(Ok(page)).is_err() {
            return Ok(None);
        }
    }
}
