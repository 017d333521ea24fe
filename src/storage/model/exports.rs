//! The dated folders of an export: `{entity}/{yyyy}/{MM}/{dd}/{HHmm}/{entity}_{part}.csv`.
//!
//! Nothing marks a folder as complete. One counts as complete when it has files, none of them is empty, and no part
//! number is missing.

use object_store::{ObjectMeta, ObjectStore, path::Path};

use super::super::{
    error::Error,
    file_names::is_hidden,
    roots::{Location, Root},
};

/// The digits of year, month, day and time.
const DATE: [usize; 4] = [4, 2, 2, 4];

/// The date in the path of a file, as `2020/08/24/1433`.
pub(super) fn date_in(file: &Path) -> Option<String> {
    let parts: Vec<_> = file.parts().collect();
    let folders = parts.len().checked_sub(DATE.len() + 1)?;
    let dated = &parts[folders..folders + DATE.len()];
    let fits = dated.iter().zip(DATE).all(|(part, digits)| is_number(part.as_ref(), digits));
    fits.then(|| dated.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("/"))
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The files of the newest complete export, in the order of their parts; or those in the folder of the entity itself,
/// where there are no dated folders.
pub(super) async fn newest(
    root: &Root,
    at: &Location,
    entity: &str,
) -> Result<Vec<ObjectMeta>, Error> {
    let folder: Path = at.path.parts().chain([entity.into()]).collect();
    let mut pending = vec![(folder.clone(), 0)];
    let mut incomplete = None;
    // The newest is on top: each folder is listed at most once, and older ones not at all.
    while let Some((path, depth)) = pending.pop() {
        let listed = root.store.list_with_delimiter(Some(&path)).await;
        let listed = listed.map_err(|cause| Error::of_store(&path, cause))?;
        if depth == DATE.len() || (depth == 0 && listed.common_prefixes.is_empty()) {
            let files = listed.objects.into_iter().filter(|file| !is_hidden(file, &path)).collect();
            match require_complete(files) {
                Ok(files) => {
                    root.refuse_dangling(&path).await?;
                    files.iter().try_for_each(|file| root.require_external(&file.location))?;
                    return Ok(files);
                }
                Err(message) => incomplete = incomplete.or(Some(format!("{path}: {message}"))),
            }
            continue;
        }
        let dated = |path: &Path| path.filename().is_some_and(|name| is_number(name, DATE[depth]));
        let mut folders: Vec<_> = listed.common_prefixes.into_iter().filter(dated).collect();
        folders.sort();
        pending.extend(folders.into_iter().map(|path| (path, depth + 1)));
    }
    let message = incomplete.unwrap_or_else(|| format!("{folder}: there is no dated folder"));
    Err(Error::invalid(None, format!("no export of the entity {entity:?} is complete; {message}")))
}

/// The parts in order, or what is missing.
fn require_complete(mut files: Vec<ObjectMeta>) -> Result<Vec<ObjectMeta>, String> {
    if files.is_empty() {
        return Err("there are no files".into());
    }
    if let Some(empty) = files.iter().find(|file| file.size == 0) {
        return Err(format!("{} is empty", empty.location));
    }
    files.sort_by_key(|file| (part_number(file), file.location.clone()));
    let numbers: Option<Vec<u32>> = files.iter().map(part_number).collect();
    let numbers = numbers.unwrap_or_default();
    let first = numbers.first().copied().unwrap_or(0).min(1);
    let missing = (first..).zip(&numbers).find(|(expected, found)| expected != *found);
    match missing {
        Some((expected, _)) => Err(format!("part {expected} is missing")),
        None => Ok(files),
    }
}

/// That of `HighValue_3.csv` is 3.
fn part_number(file: &ObjectMeta) -> Option<u32> {
    let stem = file.location.filename()?.split('.').next()?;
    stem.rsplit_once('_')?.1.parse().ok()
}
