//! Folders that are tables of Delta Lake, Apache Iceberg or Apache Hudi.
//!
//! Their Parquet files also hold rows that were deleted or replaced: which of them count stands in the log of the
//! table, which this service does not read.

use futures::{StreamExt, future::try_join_all};
use object_store::{ObjectMeta, path::Path};

use super::{
    error::Error,
    roots::{Location, Root},
};

/// The folders in which the tables keep their logs.
const LOGS: [&str; 3] = ["_delta_log", ".hoodie", "metadata"];
/// How many files of such a folder are listed before nobody can tell: the logs of a table may be among millions.
const LOG_FILES_MAX: usize = 100_000;

/// Refuses a file of a listing that only a table has.
pub(super) fn refuse(file: &ObjectMeta, at: &Path) -> Result<(), Error> {
    let mut folder = at.clone();
    for part in file.location.prefix_match(at).into_iter().flatten() {
        if let Some(table) = table_with(part.as_ref(), &file.location) {
            return Err(is_table(table, &folder));
        }
        folder = folder.join(part);
    }
    Ok(())
}

/// Which table has a file below a folder of this name.
fn table_with(folder: &str, file: &Path) -> Option<&'static str> {
    match folder {
        "_delta_log" => Some("Delta Lake"),
        ".hoodie" => Some("Apache Hudi"),
        "metadata" if is_of_iceberg(file) => Some("Apache Iceberg"),
        _ => None,
    }
}

/// Older versions wrote `.metadata.json.gz`.
fn is_of_iceberg(file: &Path) -> bool {
    let ends = [".metadata.json", ".metadata.json.gz"];
    file.filename().is_some_and(|name| ends.iter().any(|end| name.ends_with(end)))
}

/// Refuses a place inside a table, such as one of its partitions: a folder above has the log.
pub(super) async fn refuse_inside(root: &Root, at: &Location) -> Result<(), Error> {
    let parts: Vec<_> = at.path.parts().collect();
    let above = (0..parts.len()).map(|length| parts[..length].iter().cloned().collect::<Path>());
    let checks = above.flat_map(|above| LOGS.map(|log| refuse_log(root, above.clone(), log)));
    try_join_all(checks).await.map(drop)
}

/// A folder above may be closed to this service: then it cannot tell.
async fn refuse_log(root: &Root, above: Path, log: &str) -> Result<(), Error> {
    let folder = above.clone().join(log);
    let mut files = root.store.list(Some(&folder));
    for _ in 0..=LOG_FILES_MAX {
        let Some(Ok(file)) = files.next().await else { return Ok(()) };
        refuse(&file, &above)?;
    }
    let message = format!(
        "this folder has more than {LOG_FILES_MAX} files, so nobody can tell whether the folder above is a table \
         of Apache Iceberg; put the files of the segment elsewhere"
    );
    Err(Error::invalid(None, message).in_file(folder.as_ref()))
}

fn is_table(table: &str, folder: &Path) -> Error {
    let message = format!(
        "this folder is a table of {table}, whose files also hold rows that were deleted or replaced; write the \
         current rows into a folder of Parquet or CSV files, and name that folder"
    );
    Error::invalid(None, message).in_file(folder.as_ref())
}
