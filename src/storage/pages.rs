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

use super::{
    Error, FIELDS_MAX, Format, Manifest, Object, PAGE_ROWS, ROW_BYTES_MAX, Storage,
    csv::{self, Dialect, Limits, Wanted},
    parquet,
    source::Source,
};

/// How many pages are read ahead of the reader.
const PAGES_AHEAD: usize = 4;

/// How large the records of other people's CSV files may be.
pub(super) const LIMITS: Limits = Limits { fields_max: FIELDS_MAX, row_bytes_max: ROW_BYTES_MAX };

type Page = Result<RecordBatch, Error>;

impl Storage {
    /// Streams the members, in an order that is always the same, in pages of at most [`PAGE_ROWS`] rows with the named
    /// columns as nullable text, in the order named.
    ///
    /// Ends with the first error: [`Error::Changed`] or [`Error::Lost`] when an object is not the pinned one,
    /// [`Error::Invalid`] when the data is wrong or a column is missing. A stream that ends without an error has brought every row.
    #[must_use]
    pub fn pages(
        &self,
        manifest: Arc<Manifest>,
        columns: Arc<[String]>,
    ) -> BoxStream<'static, Page> {
        let storage = self.clone();
        let start = async move { start(storage, manifest, columns) };
        stream::once(start).try_flatten().boxed()
    }
}

/// Reads on a thread that may block; the last item is what became of the reading, so that a lost thread is no early end.
fn start(
    storage: Storage,
    manifest: Arc<Manifest>,
    columns: Arc<[String]>,
) -> Result<impl Stream<Item = Page>, Error> {
    let root = storage.root(&manifest.root)?;
    let (sender, receiver) = channel(PAGES_AHEAD);
    let sources: Vec<Source> =
        manifest.objects.iter().map(|object| Source::new(root, object)).collect();
    let name = manifest.root.clone();
    let reading = super::off_thread(move || read(&manifest, sources, &columns, &sender));
    let reading = tokio::spawn(reading);
    let outcome = async move {
        match reading.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Err(explain(&storage, &name, error).await)),
            Err(broken) => Some(Err(Error::unavailable(broken))),
        }
    };
    Ok(ReceiverStream::new(receiver).chain(stream::once(outcome).filter_map(ready)))
}

async fn explain(storage: &Storage, root: &str, error: Error) -> Error {
    match storage.root(root) {
        Ok(root) => root.explain(error).await,
        Err(gone) => gone,
    }
}

fn read(
    manifest: &Manifest,
    sources: Vec<Source>,
    columns: &[String],
    pages: &Sender<Page>,
) -> Result<(), Error> {
    for (object, source) in manifest.objects.iter().zip(sources) {
        let outcome = match manifest.format {
            Format::Parquet => {
                parquet::guard(|| send(object, parquet::pages(source, object, columns)?, pages))
            }
            Format::Csv => csv_pages(&source, &manifest.dialect(object), columns)
                .and_then(|read| send(object, read, pages)),
        };
        if !outcome.map_err(|error| error.in_file(&object.path))? {
            break;
        }
    }
    Ok(())
}

/// Sends the pages of an object; false when nobody listens any more.
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
    source: &Source,
    dialect: &Dialect,
    columns: &[String],
) -> Result<impl Iterator<Item = Page> + use<>, Error> {
    let mut records = csv::open(Box::new(source.chunks()), LIMITS, dialect)?;
    let wanted = Wanted::named(records.header(), columns)?;
    Ok(std::iter::from_fn(move || {
        csv::batch(&mut records, &wanted, PAGE_ROWS, |_| Ok(())).transpose()
    }))
}
