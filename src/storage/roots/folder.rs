//! A root that is a folder of this machine, or one that several machines share.

use std::{
    path::{Component, PathBuf},
    sync::Arc,
};

use object_store::{ObjectStore, local::LocalFileSystem, path::Path};
use url::Url;

use super::super::{Error, off_thread};

/// A folder; absolute, with every link resolved.
pub(super) struct Folder(PathBuf);

impl std::fmt::Display for Folder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "file://{}", self.0.display())
    }
}

impl Folder {
    /// Finds the folder of a `file:` address, and makes it when it is not there.
    ///
    /// `file:///var/segments` is absolute, `file://data/segments` is relative to the working folder (its first
    /// part is read as a host name, and so in lower case).
    pub(super) fn open(url: &str) -> Result<Self, Error> {
        let folder = Url::parse(url).ok().and_then(|url| path_of(&url)).ok_or_else(|| {
            Error::unavailable(format!("{url} is no address of a folder; write file:///FOLDER"))
        })?;
        std::fs::create_dir_all(&folder).map_err(Error::unavailable)?;
        folder.canonicalize().map(Self).map_err(Error::unavailable)
    }

    pub(super) fn store(&self) -> Result<Arc<dyn ObjectStore>, Error> {
        let store = LocalFileSystem::new_with_prefix(&self.0).map_err(Error::unavailable)?;
        Ok(Arc::new(store.with_fsync(true)))
    }

    /// The path below this folder that an address means, links resolved as far as the place exists.
    pub(super) fn relative(&self, url: &str) -> Option<Path> {
        let path = Url::parse(url).ok().and_then(|url| path_of(&url))?;
        self.below(&std::path::absolute(path).ok()?)
    }

    /// Where the links of a path below this folder lead to; `None` when they lead out of it.
    pub(super) fn resolved(&self, path: &Path) -> Option<Path> {
        self.below(&self.0.join(path.as_ref()))
    }

    fn below(&self, path: &std::path::Path) -> Option<Path> {
        Path::parse(resolve(path)?.strip_prefix(&self.0).ok()?.to_str()?).ok()
    }

    /// Where a folder in another one lies from here; empty when this one lies in it.
    pub(super) fn place_of(&self, other: &Self, folder: &str) -> Option<Path> {
        let place = other.0.join(folder);
        if self.0.starts_with(&place) {
            return Some(Path::default());
        }
        Path::parse(place.strip_prefix(&self.0).ok()?.to_str()?).ok()
    }

    /// Asks whether the folder is there.
    pub(super) async fn find(&self) -> Result<(), Error> {
        let folder = tokio::fs::metadata(&self.0).await.map_err(Error::unavailable)?;
        if folder.is_dir() { Ok(()) } else { Err(Error::unavailable("the root is not a folder")) }
    }

    /// Asks whether files can be made in the folder, by one that has no name and so never shows.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        let folder = self.0.clone();
        off_thread(|| tempfile::tempfile_in(folder).map(drop).map_err(Error::unavailable)).await
    }
}

/// The path of a `file:` address, absolute or relative; `None` for any other address and for a path that climbs.
fn path_of(url: &Url) -> Option<PathBuf> {
    if url.scheme() != "file" || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let path = Url::parse(&format!("file://{}", url.path())).ok()?;
    let path = path.to_file_path().ok()?;
    let climbs = path.components().any(|part| part == Component::ParentDir);
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
            let found = path_of(&Url::parse(url).unwrap());
            assert_eq!(found, expected.map(PathBuf::from), "{url}");
        }
    }
}
