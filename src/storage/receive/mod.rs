//! Taking an upload in: spool it, check and convert it, publish it.
//!
//! Three steps, so that each is simple. The body goes to a temporary file first, at the sender's pace and without
//! holding a thread; then every row is checked on its way into a second temporary file of Parquet; only a file that is
//! complete is put into the storage, in one atomic step. Temporary files have no names: whatever happens, nothing remains.

mod convert;
#[cfg(test)]
mod tests;
pub(super) mod writer;

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt, future::ready, stream::BoxStream};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, buffered::BufWriter, path::Path};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Error, Format, Inspection, Manifest, Media, Object, ReceiveLimits, Storage, off_thread,
    roots::{DEFAULT_ROOT, UPLOADS},
};
use writer::Taken;

/// How much is gathered before the disk is asked to write, in bytes.
const WRITE_BYTES: usize = 1 << 20;
/// How much is gathered before the storage is asked to write: the smallest part that Amazon takes.
const PART_BYTES: usize = 5 << 20;
/// Parts on their way to the storage at a time.
const PARTS_AT_ONCE: usize = 4;

impl Storage {
    /// Takes an upload in and keeps it as Parquet at a fresh path under `uploads/{scope}/`.
    ///
    /// Answers only when every row has been checked and the object is complete; on any error nothing remains.
    pub async fn receive<S, E>(
        &self,
        scope: &str,
        media: Media,
        body: S,
        limits: &ReceiveLimits,
    ) -> Result<Inspection, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: std::error::Error + Send + Sync + 'static,
    {
        let given_up = CancellationToken::new();
        let _guard = given_up.clone().drop_guard();
        let spool = Spool { file: spool(body, limits.bytes_max).await?, given_up };
        let limits = limits.clone();
        let taken = off_thread(move || convert::convert(spool, media, &limits)).await?;
        self.keep(scope, taken).await
    }

    /// Puts a complete file into the storage.
    pub(super) async fn keep(&self, scope: &str, taken: Taken) -> Result<Inspection, Error> {
        let path = Path::from(format!("{UPLOADS}/{scope}/{}.parquet", Uuid::now_v7()));
        let object = self.publish(path, taken.file, taken.rows).await?;
        let manifest = Manifest {
            root: DEFAULT_ROOT.into(),
            format: Format::Parquet,
            dialects: vec![],
            objects: vec![object],
        };
        Ok(Inspection { manifest, fields: taken.fields })
    }

    /// Every object that [`Storage::receive`] made, of whichever service, with the instance it belongs to and when it was
    /// written.
    #[must_use]
    pub fn uploads(&self) -> BoxStream<'static, Result<Upload, Error>> {
        let folder = Path::from(UPLOADS);
        let listed = self.default_root().store.list(Some(&folder));
        let listed = listed.map_err(move |cause| Error::of_store(&folder, cause));
        listed.try_filter_map(|object| ready(Ok(Upload::of(&object)))).boxed()
    }

    /// Copies a file into the storage, where it appears at once or not at all.
    async fn publish(&self, path: Path, file: File, rows: u64) -> Result<Object, Error> {
        let store = &self.default_root().store;
        let mut from = tokio::fs::File::from_std(file);
        let mut to = BufWriter::with_capacity(store.clone(), path.clone(), PART_BYTES)
            .with_max_concurrency(PARTS_AT_ONCE);
        if let Err(cause) = copy(&mut from, &mut to).await {
            // The reason is already known; a part that cannot be taken back either is the storage's to clear.
            let _ = to.abort().await;
            return Err(Error::of_writing(cause));
        }
        // Where it fails, this takes back itself what has been written.
        to.shutdown().await.map_err(Error::of_writing)?;
        let meta = store.head(&path).await.map_err(|cause| Error::of_store(&path, cause))?;
        Ok(Object { path: path.to_string(), size: meta.size, etag: meta.e_tag, rows, dialect: 0 })
    }
}

/// A body on the disk. Reading ends with an error when nobody waits for what becomes of it any more.
#[derive(Debug)]
pub(super) struct Spool {
    pub(super) file: File,
    given_up: CancellationToken,
}

impl Read for Spool {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given_up.is_cancelled() {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        self.file.read(buffer)
    }
}

impl Seek for Spool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// An object among the uploads.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Relative to the default root.
    pub path: String,
    /// Whose members it holds.
    pub instance: Uuid,
    /// When it was written.
    pub written: DateTime<Utc>,
}

impl Upload {
    /// `None` for what has another form than the paths that are made here: it is not ours.
    fn of(object: &ObjectMeta) -> Option<Self> {
        let path = object.location.to_string();
        let parts: Vec<_> = path.split('/').collect();
        let &[_, instance, _, file] = parts.as_slice() else { return None };
        file.strip_suffix(".parquet")?.parse::<Uuid>().ok()?;
        let instance = instance.parse().ok()?;
        Some(Self { path, instance, written: object.last_modified })
    }
}

async fn copy(from: &mut tokio::fs::File, to: &mut BufWriter) -> std::io::Result<()> {
    from.rewind().await?;
    let mut from = tokio::io::BufReader::with_capacity(WRITE_BYTES, from);
    tokio::io::copy_buf(&mut from, to).await.map(drop)
}

/// Writes a body to a temporary file as it comes in.
async fn spool<S, E>(mut body: S, bytes_max: u64) -> Result<File, Error>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::error::Error + Send + Sync + 'static,
{
    let file = off_thread(temporary_file).await?;
    let mut file =
        tokio::io::BufWriter::with_capacity(WRITE_BYTES, tokio::fs::File::from_std(file));
    let mut size: u64 = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|cause| Error::Interrupted(Box::new(cause)))?;
        size += chunk.len() as u64;
        if size > bytes_max {
            return Err(Error::TooLarge { limit_bytes: bytes_max });
        }
        file.write_all(&chunk).await.map_err(Error::unavailable)?;
    }
    file.flush().await.map_err(Error::unavailable)?;
    let mut file = file.into_inner();
    file.rewind().await.map_err(Error::unavailable)?;
    Ok(file.into_std().await)
}

fn temporary_file() -> Result<File, Error> {
    tempfile::tempfile().map_err(Error::unavailable)
}
