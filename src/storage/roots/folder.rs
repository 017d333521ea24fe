//! A root that is a folder: of this machine, or shared by several.

use std::{
    io::{self, Read, Seek, Write},
    path::{Component, PathBuf},
    sync::{Arc, OnceLock},
};

use object_store::{ObjectStore, local::LocalFileSystem, path::Path};
use url::Url;

use super::{
    super::{blocking::run_blocking, error::Error},
    links,
};

pub(super) struct Folder {
    /// Absolute, with every link resolved.
    path: PathBuf,
    /// The folder in it without which it is not the one that it was before: its volume may not be mounted.
    expected: OnceLock<PathBuf>,
}

impl std::fmt::Display for Folder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "file://{}", self.path.display())
    }
}

impl Folder {
    /// Finds the folder of a `file:` address, and creates it when it is missing.
    ///
    /// `file:///var/segments` is absolute, `file://data/segments` is relative to the working folder (its first
    /// part is parsed as a host name, and so is lower case).
    pub(super) fn open(url: &str) -> Result<Self, Error> {
        let folder = Url::parse(url).ok().and_then(|url| path_of(&url)).ok_or_else(|| {
            Error::unavailable(format!(
                "{url} is not a valid address of a folder; use file:///FOLDER"
            ))
        })?;
        std::fs::create_dir_all(&folder).map_err(Error::unavailable)?;
        let path = folder.canonicalize().map_err(Error::unavailable)?;
        Ok(Self { path, expected: OnceLock::new() })
    }

    /// Counts as unavailable from now on while this folder in it is missing. Returns where it is expected, if it is
    /// missing now.
    pub(super) fn expect(&self, folder: &str) -> Option<PathBuf> {
        let expected = self.expected.get_or_init(|| self.path.join(folder));
        (!expected.is_dir()).then(|| expected.clone())
    }

    pub(super) fn store(&self) -> Result<Arc<dyn ObjectStore>, Error> {
        let store = LocalFileSystem::new_with_prefix(&self.path).map_err(Error::unavailable)?;
        Ok(Arc::new(store.with_fsync(true)))
    }

    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// The path below this folder that an address means, links resolved as far as it exists.
    pub(super) fn relative(&self, url: &str) -> Option<Path> {
        let path = Url::parse(url).ok().and_then(|url| path_of(&url))?;
        self.below(&std::path::absolute(path).ok()?)
    }

    /// A path below this folder with its links resolved; `None` when they lead outside.
    pub(super) fn resolved(&self, path: &Path) -> Option<Path> {
        self.below(&self.path.join(path.as_ref()))
    }

    /// Whether a path is neither a file nor a folder, such as a pipe: who opens that may wait for ever.
    pub(super) fn is_special(&self, path: &Path) -> bool {
        let found = std::fs::metadata(self.path.join(path.as_ref()));
        found.is_ok_and(|found| !found.is_file() && !found.is_dir())
    }

    fn below(&self, path: &std::path::Path) -> Option<Path> {
        Path::parse(resolve(path)?.strip_prefix(&self.path).ok()?.to_str()?).ok()
    }

    /// The path from here to a folder in another one, if it is below; empty when this one is inside that folder.
    pub(super) fn path_to(&self, other: &Self, folder: &str) -> Option<Path> {
        let target = other.path.join(folder);
        if self.path.starts_with(&target) {
            return Some(Path::default());
        }
        Path::parse(target.strip_prefix(&self.path).ok()?.to_str()?).ok()
    }

    pub(super) async fn refuse_dangling(&self, at: &Path) -> Result<(), Error> {
        let folder = self.path.join(at.as_ref());
        let found = run_blocking(move || links::dangling(&folder).map_err(Error::unavailable));
        let Some(link) = found.await? else { return Ok(()) };
        let below = link.strip_prefix(&self.path).unwrap_or(&link).display().to_string();
        let message = "this is a link to a file or folder that does not exist; remove it, or write what it leads to";
        Err(Error::invalid(None, message).in_file(&below))
    }

    pub(super) async fn check(&self) -> Result<(), Error> {
        let folder = tokio::fs::metadata(&self.path).await.map_err(Error::unavailable)?;
        if !folder.is_dir() {
            return Err(Error::unavailable("the root is not a folder"));
        }
        match self.expected.get() {
            Some(expected) if !tokio::fs::try_exists(expected).await.unwrap_or(false) => {
                Err(Error::unavailable("the root lacks the uploads that it had"))
            }
            _ => Ok(()),
        }
    }

    /// Writes a file and reads it back; it has no name and so is never seen.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        self.check().await?;
        let folder = self.path.clone();
        run_blocking(move || write_and_read_back(&folder).map_err(Error::unavailable)).await
    }
}

/// A block of the file system: less would fit where nothing else does.
const PROBE_BYTES: usize = 4096;

fn write_and_read_back(folder: &std::path::Path) -> io::Result<()> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(&[1; PROBE_BYTES])?;
    file.rewind()?;
    let mut read = Vec::with_capacity(PROBE_BYTES);
    file.read_to_end(&mut read)?;
    if read == [1; PROBE_BYTES] {
        return Ok(());
    }
    Err(io::Error::other("the storage did not keep what was written"))
}

/// The path of a `file:` address, absolute or relative; `None` for any other address and for a path with `..`.
fn path_of(url: &Url) -> Option<PathBuf> {
    if url.scheme() != "file" || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let path = Url::parse(&format!("file://{}", url.path())).ok()?;
    let path = path.to_file_path().ok()?;
    let has_parent_segment = path.components().any(|part| part == Component::ParentDir);
    match url.host_str() {
        _ if has_parent_segment => None,
        Some("..") => None,
        None => Some(path),
        Some(first) => Some(PathBuf::from(first).join(path.strip_prefix("/").ok()?)),
    }
}

/// Resolves the links of a path; parts that do not exist yet stay as they are.
fn resolve(path: &std::path::Path) -> Option<PathBuf> {
    path.ancestors().find_map(|existing| {
        let rest = path.strip_prefix(existing).ok()?;
        let resolved = existing.canonicalize().ok()?;
        Some(resolved.components().chain(rest.components()).collect())
    })
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
