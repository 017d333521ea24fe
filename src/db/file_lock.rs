//! One process owns an embedded database: two would each believe that the runs of the other are left behind.

use std::fs::{File, TryLockError};
use std::io;
use std::path::PathBuf;

use sqlx::sqlite::SqliteConnectOptions;

/// The file of an embedded database.
pub fn file_of(url: &str) -> sqlx::Result<PathBuf> {
    Ok(url.parse::<SqliteConnectOptions>()?.get_filename().to_owned())
}

/// The file beside a database that its owner locks.
pub(super) fn lock_of(database: PathBuf) -> PathBuf {
    let mut path = database.into_os_string();
    path.push(".lock");
    path.into()
}

/// Held as long as the value lives; the system releases it however the process ends.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Locks the file beside the database at `url`; `None` on `PostgreSQL`, which several processes share. Fails with
    /// `WouldBlock` when another process holds it.
    pub fn take(url: &str) -> io::Result<Option<Self>> {
        if url.starts_with("postgres") {
            return Ok(None);
        }
        let path = lock_of(file_of(url).map_err(io::Error::other)?);
        let file = File::options().create(true).append(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_owner_until_that_one_ends() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/it.db?mode=rwc", folder.path().display());
        let first = FileLock::take(&url).unwrap();
        assert!(first.is_some() && folder.path().join("it.db.lock").exists());
        assert_eq!(FileLock::take(&url).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(first);
        assert!(FileLock::take(&url).unwrap().is_some());
    }

    #[test]
    fn a_database_of_several_processes_has_no_owner() {
        assert!(FileLock::take("postgres://localhost/it").unwrap().is_none());
    }
}
