//! The root under which all members lie: opening it, finding places under it, keeping it tidy.

use std::{path::PathBuf, sync::Arc};

use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path};
use url::Url;

use super::{Error, Manifest, Object};

/// The folder that belongs to this program; nobody else may name places in it.
pub(super) const UPLOADS: &str = "uploads";

/// The storage in which members lie; cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    pub(super) store: Arc<dyn ObjectStore>,
    /// Absolute, with every link resolved.
    directory: PathBuf,
}

/// A file or folder under the root, outside the uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location(pub(super) Path);

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Storage {
    /// Opens the folder of a `file:` address, and makes it when it is not there.
    ///
    /// `file:///var/segments` is absolute, `file://data/segments` is relative to the working folder (its first
    /// part is read as a host name, and so in lower case).
    pub fn open(url: &Url) -> Result<Self, Error> {
        let directory = directory_of(url).ok_or_else(|| {
            Error::unavailable(format!(
                "{url} is no address of a folder; it must begin with file://"
            ))
        })?;
        std::fs::create_dir_all(&directory).map_err(Error::unavailable)?;
        let directory = directory.canonicalize().map_err(Error::unavailable)?;
        let store = LocalFileSystem::new_with_prefix(&directory)
            .map_err(Error::unavailable)?
            .with_fsync(true);
        Ok(Self { store: Arc::new(store), directory })
    }

    /// Finds the place under the root that a person's address means; anything else is [`Error::OutsideRoot`].
    pub fn locate(&self, url: &str) -> Result<Location, Error> {
        Url::parse(url)
            .ok()
            .and_then(|url| directory_of(&url))
            .and_then(|path| self.relative(path))
            .map(Location)
            .ok_or_else(|| Error::OutsideRoot {
                root: format!("file://{}", self.directory.display()),
            })
    }

    /// The path below the root, links resolved as far as the place exists.
    fn relative(&self, path: PathBuf) -> Option<Path> {
        let path = std::path::absolute(path).ok()?;
        let path = resolve(&path)?;
        let relative = path.strip_prefix(&self.directory).ok()?;
        let first = relative.components().next()?.as_os_str().to_str()?;
        if first.eq_ignore_ascii_case(UPLOADS) {
            return None;
        }
        Path::parse(relative.to_str()?).ok()
    }

    /// Asks, cheaply, whether every object of a manifest is still the one that was pinned; [`Error::Changed`] names
    /// the first that is not.
    pub async fn check(&self, manifest: &Manifest) -> Result<(), Error> {
        for object in &manifest.objects {
            let path = path_of(&object.path);
            let meta =
                self.store.head(&path).await.map_err(|cause| Error::of_pinned(&path, cause))?;
            if !is_same(object, &meta) {
                return Err(Error::Changed { path: object.path.clone() });
            }
        }
        Ok(())
    }

    /// Removes an object that [`Storage::receive`] made; one that is gone already is fine.
    pub async fn remove(&self, path: &str) -> Result<(), Error> {
        let path = path_of(path);
        if path.parts().next().is_none_or(|first| first.as_ref() != UPLOADS) {
            return Err(Error::unavailable(format!(
                "{path} is not an upload, and only uploads are removed"
            )));
        }
        match self.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(Error::unavailable(cause)),
        }
    }

    /// Asks whether the storage is there.
    pub async fn probe(&self) -> Result<(), Error> {
        let folder = tokio::fs::metadata(&self.directory).await.map_err(Error::unavailable)?;
        if folder.is_dir() { Ok(()) } else { Err(Error::unavailable("the root is not a folder")) }
    }
}

/// The path that was kept as text; one that no object can have becomes one that no object has.
pub(super) fn path_of(kept: &str) -> Path {
    Path::parse(kept).unwrap_or_else(|_| Path::from(kept))
}

fn is_same(object: &Object, meta: &ObjectMeta) -> bool {
    object.size == meta.size && object.etag == meta.e_tag
}

/// The path of a `file:` address, absolute or relative; `None` for any other address and for a path that climbs.
fn directory_of(url: &Url) -> Option<PathBuf> {
    if url.scheme() != "file" || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let path = Url::parse(&format!("file://{}", url.path())).ok()?;
    let path = path.to_file_path().ok()?;
    let climbs = path.components().any(|part| part == std::path::Component::ParentDir);
    match url.host_str() {
        _ if climbs => None,
        Some("..") => None,
        None => Some(path),
        Some(first) => Some(PathBuf::from(first).join(path.strip_prefix("/").ok()?)),
    }
}

/// Resolves the links of a path; what does not exist yet is kept as it is written.
fn resolve(path: &std::path::Path) -> Option<PathBuf> {
    match path.canonicalize() {
        Ok(resolved) => Some(resolved),
        Err(_) => Some(resolve(path.parent()?)?.join(path.file_name()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_absolute_or_relative_to_the_working_folder() {
        for (url, expected) in [
            ("file:///var/segments", Some("/var/segments")),
            ("file://localhost/var/segments", Some("/var/segments")),
            ("file://data/segments", Some("data/segments")),
            ("file://data", Some("data")),
            ("file://../segments", None),
            ("file:///a%2F..%2F..%2Fb", None),
            ("s3://bucket/segments", None),
        ] {
            let found = directory_of(&Url::parse(url).unwrap());
            assert_eq!(found, expected.map(PathBuf::from), "{url}");
        }
    }
}
