//! A file that must stay where it was: what is written to one that was removed or replaced is lost at the next start,
//! and nothing but its address shows it.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// A file as it was found at an address.
#[derive(Clone, Debug)]
pub(super) struct SameFile {
    path: PathBuf,
    /// The device and the number of the file on it.
    identity: (u64, u64),
}

impl SameFile {
    /// The file at `path`; `None` where there is none, as for a database in memory.
    pub(super) fn find(path: PathBuf) -> Option<Self> {
        let metadata = std::fs::metadata(&path).ok()?;
        Some(Self { path, identity: (metadata.dev(), metadata.ino()) })
    }

    /// Fails when another file, or none, is at the address now.
    pub(super) fn check(&self) -> io::Result<()> {
        let now = Self::find(self.path.clone());
        if now.is_some_and(|now| now.identity == self.identity) {
            return Ok(());
        }
        let path = self.path.display();
        Err(io::Error::other(format!("{path} was removed or replaced while the service uses it")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_removed_or_replaced_is_not_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it.db");
        assert!(SameFile::find(path.clone()).is_none());
        std::fs::write(&path, "first").unwrap();
        let file = SameFile::find(path.clone()).unwrap();
        std::fs::write(&path, "changed").unwrap();
        assert!(file.check().is_ok());
        std::fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        assert!(file.check().is_err());
        std::fs::write(&path, "another").unwrap();
        assert!(file.check().unwrap_err().to_string().contains("removed or replaced"));
    }
}
