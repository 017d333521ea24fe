//! Links that lead nowhere: a listing leaves them out, and so a part of the members would be missing without a word.

use std::{
    collections::HashSet,
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
};

/// The first link in a folder, or below it, that leads nowhere. What is hidden is left out, as it is when files are
/// listed.
pub(super) fn dangling(folder: &Path) -> io::Result<Option<PathBuf>> {
    let (mut pending, mut seen) = (vec![folder.to_owned()], HashSet::new());
    while let Some(folder) = pending.pop() {
        // Several links may lead to one folder.
        if !folder.is_dir() || !seen.insert(folder.canonicalize()?) {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match fs::metadata(entry.path()) {
                _ if is_hidden(&entry) => {}
                Ok(found) if found.is_dir() => pending.push(entry.path()),
                Err(error) if leads_nowhere(&entry, &error) => return Ok(Some(entry.path())),
                _ => {}
            }
        }
    }
    Ok(None)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with(['_', '.'])
}

/// A file that was removed meanwhile is no link.
fn leads_nowhere(entry: &DirEntry, error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound && entry.path().is_symlink()
}
