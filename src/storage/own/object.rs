//! An object of our own, and how it comes into the storage and back.

use object_store::path::Path;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        error::Error,
        manifest::{Manifest, Object},
        pinned::PinnedObject,
        roots::Storage,
    },
    reader::OwnReader,
    writer::OwnFile,
};

/// An object that this service wrote, as the database names it. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnObject {
    /// Relative to the default root.
    pub path: String,
    /// The size in bytes.
    pub bytes: u64,
    /// How many rows it has.
    pub rows: u64,
}

impl Storage {
    /// Puts a complete file into the storage, where it appears at once or not at all.
    pub(crate) async fn put_own(&self, path: &str, file: OwnFile) -> Result<OwnObject, Error> {
        self.default_root().check_present().await?;
        let object = self.publish(Path::from(path), file.file, file.rows).await?;
        Ok(OwnObject { path: object.path, bytes: object.size, rows: object.rows })
    }

    /// Readers of these objects, for a thread that may block. Reading ends with an error once it is cancelled.
    pub(crate) fn open_own(
        &self,
        objects: &[OwnObject],
        cancelled: &CancellationToken,
    ) -> Vec<OwnReader> {
        let open = |own: &OwnObject| {
            let pinned = PinnedObject::new(self.default_root(), &own.pinned());
            OwnReader::stored(own.path.clone(), pinned.until(cancelled.clone()), own.rows)
        };
        objects.iter().map(open).collect()
    }

    /// Why these objects cannot be read: one is missing or cut short, or the storage itself is unavailable.
    pub(crate) async fn explain_own(&self, objects: &[OwnObject], error: Error) -> Error {
        let root = self.default_root();
        let pinned: Vec<_> = objects.iter().map(OwnObject::pinned).collect();
        let found = root.check(&pinned).await;
        root.explain(found.err().unwrap_or(error)).await
    }
}

impl OwnObject {
    fn pinned(&self) -> Object {
        let (path, size, rows) = (self.path.clone(), self.bytes, self.rows);
        Object { path, size, etag: None, rows, dialect: 0 }
    }
}

/// What names these objects like those of a segment, in their order.
pub(crate) fn manifest_of(objects: &[OwnObject]) -> Manifest {
    Manifest { objects: objects.iter().map(OwnObject::pinned).collect(), ..Manifest::empty() }
}
