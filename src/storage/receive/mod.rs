//! Receiving an upload: spool it, check and convert it, publish it.
//!
//! The body goes to a temporary file first; then every row is checked on its way into a second temporary file of
//! Parquet; only a complete file is put into the storage, in one atomic step. On any error nothing remains.

mod convert;
#[cfg(test)]
mod tests;
mod unwrap;
pub(super) mod writer;

use std::fs::File;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, TryStreamExt, future::ready, stream::BoxStream};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, buffered::BufWriter, path::Path};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    blocking::run_blocking,
    error::Error,
    limits::ReceiveLimits,
    manifest::{Inspection, Manifest, Object},
    media::UploadForm,
    roots::{Storage, UPLOADS},
    spool::Spool,
};
use writer::MembersFile;

/// How much is read from the disk at once, in bytes.
const READ_BYTES: usize = 1 << 20;
/// How much is sent to the storage at once, in bytes: the smallest part that Amazon accepts.
const PART_BYTES: usize = 5 << 20;
/// How many parts are sent at the same time.
const CONCURRENT_PARTS: usize = 4;

impl Storage {
    /// Receives an upload and stores it as Parquet at a fresh path under `uploads/{scope}/`.
    ///
    /// Answers only when every row has been checked and the object is complete; on any error nothing remains. `room` is
    /// held until all work has ended, also when the caller has left.
    pub(crate) async fn receive<S, E>(
        &self,
        scope: &str,
        form: impl Into<UploadForm>,
        body: S,
        limits: &ReceiveLimits,
    ) -> Result<Inspection, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: std::error::Error + Send + Sync + 'static,
    {
        let (cancelled, form) = (CancellationToken::new(), form.into());
        let _guard = cancelled.clone().drop_guard();
        let spool = Spool::write(body, limits.bytes_max, cancelled).await?;
        let (limits, may_be_empty) = (limits.clone(), limits.may_be_empty);
        let members = run_blocking(move || convert::convert(spool, &form, &limits)).await?;
        if members.rows > 0 {
            return self.store(scope, members).await;
        }
        // Members must not be removed by accident.
        if may_be_empty {
            return Ok(Inspection { manifest: Manifest::empty(), fields: members.fields });
        }
        Err(Error::Empty)
    }

    /// Puts a complete file into the storage.
    pub(super) async fn store(
        &self,
        scope: &str,
        members: MembersFile,
    ) -> Result<Inspection, Error> {
        self.default_root().check_present().await?;
        let path = Path::from(format!("{UPLOADS}/{scope}/{}.parquet", Uuid::now_v7()));
        let object = self.publish(path, members.file, members.rows).await?;
        let manifest = Manifest { objects: vec![object], ..Manifest::empty() };
        Ok(Inspection { manifest, fields: members.fields })
    }

    /// Lists every stored upload and every copy of a table, of all instances.
    #[must_use]
    pub(crate) fn uploads(&self) -> BoxStream<'static, Result<Upload, Error>> {
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
            .with_max_concurrency(CONCURRENT_PARTS);
        if let Err(cause) = copy(&mut from, &mut to).await {
            // The first error is the one to report; parts that cannot be removed either are left to the storage.
            let _ = to.abort().await;
            return Err(Error::of_writing(cause));
        }
        // Where it fails, it removes the parts itself.
        to.shutdown().await.map_err(Error::of_writing)?;
        let meta = store.head(&path).await.map_err(|cause| Error::of_store(&path, cause))?;
        Ok(Object { path: path.to_string(), size: meta.size, etag: meta.e_tag, rows, dialect: 0 })
    }
}

/// A stored upload, or a copy of a table.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// Relative to the default root.
    pub(crate) path: String,
    /// The instance of its segment.
    pub(crate) instance: Uuid,
    /// By the clock of the storage.
    pub(crate) written: DateTime<Utc>,
}

impl Upload {
    /// `None` for a path of another form than those that are made here: it is not ours.
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
    let mut from = tokio::io::BufReader::with_capacity(READ_BYTES, from);
    tokio::io::copy_buf(&mut from, to).await.map(drop)
}
