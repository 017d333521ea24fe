//! Receiving an upload: spool it, check and convert it, publish it.
//!
//! The body goes to a temporary file first; then every row is checked on its way into a second temporary file of
//! Parquet; only a complete file is put into the storage, in one atomic step. On any error nothing remains.

mod candidates;
mod convert;
#[cfg(test)]
mod tests;
mod unwrap;
pub(super) mod writer;

use std::fs::File;

use bytes::Bytes;
use futures::Stream;
use object_store::{ObjectStoreExt, buffered::BufWriter, path::Path};
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

    /// Copies a file into the storage, where it appears at once or not at all.
    pub(super) async fn publish(&self, path: Path, file: File, rows: u64) -> Result<Object, Error> {
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

async fn copy(from: &mut tokio::fs::File, to: &mut BufWriter) -> std::io::Result<()> {
    from.rewind().await?;
    let mut from = tokio::io::BufReader::with_capacity(READ_BYTES, from);
    tokio::io::copy_buf(&mut from, to).await.map(drop)
}
