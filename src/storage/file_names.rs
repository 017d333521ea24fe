//! Which external files belong to a segment, by their names.

use object_store::{ObjectMeta, path::Path};

use super::{error::Error, manifest::Format};

/// Whether a file belongs to its writer and holds no members, such as `_SUCCESS`, a checksum, or what lies in
/// `_temporary/` or `.trash/`: Spark, Hive and others begin such names with `_` or `.`. What is `at` the address of the
/// source, or above it, was chosen by name.
pub(super) fn is_hidden(meta: &ObjectMeta, at: &Path) -> bool {
    let mut below = meta.location.prefix_match(at).into_iter().flatten();
    below.any(|part| part.as_ref().starts_with(['_', '.']))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_name_anywhere_below_the_address_hides_a_file() {
        for (path, expected) in [
            ("_lake/crm/part.csv", false),
            ("_lake/crm/2026/part_1.csv", false),
            ("_lake/crm/_SUCCESS", true),
            ("_lake/crm/_temporary/0/part.csv", true),
            ("_lake/crm/2026/.trash/part.csv", true),
            ("_lake/crm/.part.csv.crc", true),
        ] {
            let meta = ObjectMeta {
                location: Path::from(path),
                last_modified: chrono::DateTime::UNIX_EPOCH,
                size: 1,
                e_tag: None,
                version: None,
            };
            assert_eq!(is_hidden(&meta, &Path::from("_lake/crm")), expected, "{path}");
        }
    }
}
