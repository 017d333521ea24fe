//! The members of a manifest as a stream of pages.

use std::sync::Arc;

use arrow_array::RecordBatch;
use futures::{
    StreamExt, TryStreamExt,
    future::ready,
    stream::{self, BoxStream, Stream},
};
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::{
    blocking::run_blocking,
    csv::{self, Dialect, Projection, RecordLimits},
    error::Error,
    limits::PAGE_ROWS,
    manifest::{Format, Manifest, Object},
    notation::Readers,
    parquet,
    pinned::PinnedObject,
    roots::Storage,
};

/// How many pages are read ahead.
const PAGES_AHEAD: usize = 4;

type Page = Result<RecordBatch, Error>;

/// The columns to read, in this order.
#[derive(Clone)]
pub(crate) struct WantedColumns {
    pub(crate) names: Arc<[String]>,
    /// Those that every file with members must have. Any other is null in one of several files that lacks it.
    pub(crate) needed: Arc<[String]>,
}

impl WantedColumns {
    /// Columns that may come and go between the files of a folder.
    pub(crate) fn of(names: impl Into<Arc<[String]>>) -> Self {
        Self { names: names.into(), needed: Arc::default() }
    }

    /// The columns that a file must have: all, where it is the only one.
    fn needed_in(&self, object: &Object, is_only: bool) -> &[String] {
        match (is_only, object.rows) {
            (true, _) => &self.names,
            (false, 0) => &[],
            (false, _) => &self.needed,
        }
    }
}

impl Storage {
    /// Streams the members, in an order that is always the same, in pages of at most [`PAGE_ROWS`] rows with the named
    /// columns as nullable text, in the order named.
    ///
    /// Ends with the first error: [`Error::Changed`] or [`Error::Lost`] when an object is not the pinned one,
    /// [`Error::Invalid`] when the data is wrong or a column is missing. A stream without an error has every row.
    #[must_use]
    pub(crate) fn pages(
        &self,
        manifest: Arc<Manifest>,
        columns: WantedColumns,
    ) -> BoxStream<'static, Page> {
        let storage = self.clone();
        let start = async move { start(storage, manifest, columns) };
        stream::once(start).try_flatten().boxed()
    }
}

/// Reads on a thread that may block. The last item is the error that ended the reading, so that a thread that panics is
/// not taken for the end.
fn start(
    storage: Storage,
    manifest: Arc<Manifest>,
    columns: WantedColumns,
) -> Result<impl Stream<Item = Page>, Error> {
    let root = storage.root(&manifest.root)?;
    let (sender, receiver) = channel(PAGES_AHEAD);
    let cancelled = CancellationToken::new();
    let guard = cancelled.clone().drop_guard();
    let pin = |object| PinnedObject::new(root, object).until(cancelled.clone());
    let objects: Vec<PinnedObject> = manifest.objects.iter().map(pin).collect();
    let name = manifest.root.clone();
    let reading = run_blocking(move || read(&manifest, objects, &columns, &sender));
    let reading = tokio::spawn(reading);
    let outcome = async move {
        let _reads_until_dropped = guard;
        match reading.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Err(explain(&storage, &name, error).await)),
            Err(panic) => Some(Err(Error::unavailable(panic))),
        }
    };
    Ok(ReceiverStream::new(receiver).chain(stream::once(outcome).filter_map(ready)))
}

async fn explain(storage: &Storage, root: &str, error: Error) -> Error {
    match storage.root(root) {
        Ok(root) => root.explain(error).await,
        Err(not_configured) => not_configured,
    }
}

fn read(
    manifest: &Manifest,
    pinned: Vec<PinnedObject>,
    columns: &WantedColumns,
    pages: &Sender<Page>,
) -> Result<(), Error> {
    let (names, is_only) = (&*columns.names, manifest.objects.len() == 1);
    let readers = Readers::of(&manifest.notations, names);
    let in_form = |page: Page| page.and_then(|page| readers.read(page));
    for (object, pinned) in manifest.objects.iter().zip(pinned) {
        let needed = columns.needed_in(object, is_only);
        let outcome = match manifest.format {
            Format::Parquet => parquet::catch_panics(|| {
                send(object, parquet::pages(pinned, names, needed)?, pages)
            }),
            Format::Csv => csv_pages(&pinned, &manifest.dialect(object), names, needed)
                .and_then(|read| send(object, read.map(in_form), pages)),
        };
        if !outcome.map_err(|error| error.in_file(&object.path))? {
            break;
        }
    }
    Ok(())
}

/// Sends the pages of an object; false when the receiver is gone.
fn send(
    object: &Object,
    read: impl Iterator<Item = Page>,
    pages: &Sender<Page>,
) -> Result<bool, Error> {
    let mut rows = 0;
    for page in read {
        let page = page?;
        rows += page.num_rows() as u64;
        if pages.blocking_send(Ok(page)).is_err() {
            return Ok(false);
        }
    }
    if rows == object.rows { Ok(true) } else { Err(Error::Changed { path: object.path.clone() }) }
}

fn csv_pages(
    pinned: &PinnedObject,
    dialect: &Dialect,
    names: &[String],
    needed: &[String],
) -> Result<impl Iterator<Item = Page> + use<>, Error> {
    let mut records = csv::open(Box::new(pinned.chunks()), RecordLimits::EXTERNAL, dialect)?;
    let projection = Projection::named(records.header(), names, needed)?;
    Ok(std::iter::from_fn(move || {
        csv::batch(&mut records, &projection, PAGE_ROWS, |_| Ok(())).transpose()
    }))
}
