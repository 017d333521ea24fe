//! Removes what a process leaves behind that was killed before an upload or a baseline was complete.
//!
//! In a folder that is a file with members, `….parquet#1`: the store writes there until it is complete, and lists no
//! such file. In the storage of a cloud provider, parts of an upload are no objects: the provider removes them
//! (docs/STORAGE.md says by which rule).

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use uuid::Uuid;

use super::super::blocking::run_blocking;
use super::super::error::Error;
use super::Storage;
use super::paths::OWN_FOLDERS;
use super::root::Backend;

impl Storage {
    /// Removes unfinished objects whose last byte was written before this time. Returns how many.
    pub(crate) async fn remove_unfinished(&self, before: SystemTime) -> Result<usize, Error> {
        let Backend::Folder(folder) = &self.default_root().backend else { return Ok(0) };
        let own = OWN_FOLDERS.map(|own| folder.path().join(own));
        let remove =
            move || own.iter().map(|folder| remove_in(folder, before)).sum::<io::Result<_>>();
        run_blocking(move || remove().map_err(Error::unavailable)).await
    }
}

/// What disappears meanwhile was completed, or removed by another process.
fn remove_in(folder: &Path, before: SystemTime) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut count = 0;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            count += remove_in(&entry.path(), before)?;
        } else if is_unfinished(&entry) {
            count += usize::from(remove_old(&entry, before)?);
        }
    }
    Ok(count)
}

/// Files of another form than those that are written here are not ours.
fn is_unfinished(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let parts = name.to_str().and_then(|name| name.split_once(".parquet#"));
    parts.is_some_and(|(id, number)| {
        id.parse::<Uuid>().is_ok() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn remove_old(entry: &DirEntry, before: SystemTime) -> io::Result<bool> {
    let removed = match entry.metadata().and_then(|file| file.modified()) {
        Ok(written) if written >= before => return Ok(false),
        Ok(_) => fs::remove_file(entry.path()),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::storage::RootSettings;

    #[tokio::test]
    async fn only_old_unfinished_uploads_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let url = url::Url::from_directory_path(folder.path()).unwrap();
        let storage = Storage::open(&[RootSettings::default_at(url.as_str())]).unwrap();
        let now = SystemTime::now();
        assert_eq!(storage.remove_unfinished(now).await.unwrap(), 0, "there are no uploads yet");
        let place = folder.path().join("uploads/instance/segment");
        let baselines = folder.path().join("baselines/instance/export");
        fs::create_dir_all(&place).unwrap();
        fs::create_dir_all(&baselines).unwrap();
        let id = Uuid::now_v7();
        let unfinished = [&place, &baselines].map(|place| place.join(format!("{id}.parquet#1")));
        let others = [
            place.join(format!("{id}.parquet")),
            place.join(format!("{id}.parquet#x")),
            place.join("notes.parquet#1"),
            folder.path().join(format!("{id}.parquet#1")),
        ];
        for path in others.iter().chain(&unfinished) {
            fs::write(path, "1,ann@example.com").unwrap();
        }

        let hour_ago = now - Duration::from_hours(1);
        assert_eq!(storage.remove_unfinished(hour_ago).await.unwrap(), 0, "it is being written");
        let later = now + Duration::from_hours(1);
        assert_eq!(storage.remove_unfinished(later).await.unwrap(), 2);

        assert!(unfinished.iter().all(|path| !path.exists()));
        assert!(others.iter().all(|path| path.exists()));
    }
}
