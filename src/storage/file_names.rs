//! Which external files belong to a segment, by their names.

use object_store::ObjectMeta;

use super::{error::Error, manifest::Format};

/// Whether a file belongs to the writer and holds no members, such as `_SUCCESS` or a checksum: Spark, Hive and others
/// begin such names with `_` or `.`.
pub(super) fn is_hidden(meta: &ObjectMeta) -> bool {
    meta.location.filename().is_none_or(|name| name.starts_with(['_', '.']))
}

pub(super) fn has_extension_of(meta: &ObjectMeta, format: Format) -> bool {
    let name = meta.location.filename().unwrap_or_default().to_ascii_lowercase();
    match format {
        Format::Csv => [".csv", ".csv.gz", ".csv.zst"].iter().any(|end| name.ends_with(end)),
        Format::Parquet => name.ends_with(".parquet"),
    }
}

pub(super) fn require_extension(meta: &ObjectMeta, format: Format) -> Result<(), Error> {
    if has_extension_of(meta, format) {
        return Ok(());
    }
    let extensions = match format {
        Format::Csv => ".csv, .csv.gz or .csv.zst",
        Format::Parquet => ".parquet",
    };
    let message = format!(
        "the name does not end in {extensions}; put the files of a segment into a folder of their own"
    );
    Err(Error::invalid(None, message).in_file(meta.location.as_ref()))
}
