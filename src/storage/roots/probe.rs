//! Whether the storage of a cloud provider can be read and written now.
//!
//! It is asked for an object each time, and written only now and then: the provider charges for it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::super::error::Error;
use super::paths::UPLOADS;

/// How long it counts that an object was written and read back; a write that failed is repeated each time.
const WRITTEN_FOR: Duration = Duration::from_secs(30);

/// The object that this process writes to see whether it can.
#[derive(Debug)]
pub(super) struct WriteProbe {
    /// No other process writes there, so what is read back is what was written.
    path: Path,
    written: Mutex<Option<Instant>>,
}

impl Default for WriteProbe {
    fn default() -> Self {
        let path = Path::from(format!("{UPLOADS}/probes/{}", Uuid::now_v7()));
        Self { path, written: Mutex::default() }
    }
}

impl WriteProbe {
    pub(super) async fn ask(&self, store: &dyn ObjectStore) -> Result<(), Error> {
        let mut written = self.written.lock().await;
        if written.is_some_and(|when| when.elapsed() < WRITTEN_FOR) {
            return self.peek(store).await;
        }
        *written = None;
        self.write_and_read_back(store).await?;
        *written = Some(Instant::now());
        Ok(())
    }

    /// The cheapest request; that the object does not exist is an answer too.
    async fn peek(&self, store: &dyn ObjectStore) -> Result<(), Error> {
        match store.head(&self.path).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(self.failed(cause)),
        }
    }

    async fn write_and_read_back(&self, store: &dyn ObjectStore) -> Result<(), Error> {
        let content = Uuid::now_v7().to_string();
        let put = store.put(&self.path, Bytes::from(content.clone()).into()).await;
        put.map_err(|cause| self.failed(cause))?;
        let got = store.get(&self.path).await.map_err(|cause| self.failed(cause))?;
        let read = got.bytes().await.map_err(|cause| self.failed(cause))?;
        if let Err(error) = store.delete(&self.path).await {
            // The next probe writes there again, and a storage that keeps everything still takes uploads.
            tracing::debug!(path = %self.path, %error, "a probe could not be removed");
        }
        if read == content.as_bytes() {
            return Ok(());
        }
        Err(Error::unavailable("the storage did not keep what was written"))
    }

    fn failed(&self, cause: object_store::Error) -> Error {
        Error::of_store(&self.path, cause)
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use object_store::{local::LocalFileSystem, memory::InMemory};

    use super::*;

    #[tokio::test]
    async fn a_probe_writes_reads_back_and_leaves_nothing() {
        let (store, probe) = (InMemory::new(), WriteProbe::default());
        for _ in 0..3 {
            probe.ask(&store).await.unwrap();
            assert!(probe.written.lock().await.is_some());
        }
        let left: Vec<_> = store.list(None).try_collect().await.unwrap();
        assert!(left.is_empty(), "{left:?}");
    }

    #[tokio::test]
    async fn a_storage_that_cannot_be_written_fails_the_probe_until_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        let probe = WriteProbe::default();
        let obstacle = folder.path().join(UPLOADS);
        std::fs::write(&obstacle, "").unwrap();
        for _ in 0..2 {
            assert!(probe.ask(&store).await.is_err(), "reading alone would succeed");
        }
        std::fs::remove_file(&obstacle).unwrap();
        probe.ask(&store).await.unwrap();
    }
}
