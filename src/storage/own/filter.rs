//! Which row groups may have a text: a Bloom filter for each, so that a few groups are read instead of all.
//!
//! The Parquet library writes and reads the filters. It has no checksums for them, so theirs are in the footer like
//! those of the columns: a bit that is lost would hide somebody.

use ::parquet::{
    basic::Type,
    bloom_filter::Sbbf,
    errors::ParquetError,
    file::{
        metadata::ParquetMetaData,
        properties::{BloomFilterPosition, WriterPropertiesBuilder},
    },
    schema::types::ColumnPath,
};
use arrow_array::{RecordBatch, cast::AsArray};
use xxhash_rust::xxh3::Xxh3;

use super::super::{error::Error, windows::Windows};
use super::checksum::DIGITS;

/// The metadata of a file with the checksums of its filters, row group after row group, in hexadecimal digits.
pub(super) const FILTERS: &str = "filters";
/// Of a thousand groups without a text, one is read all the same.
const FALSE_POSITIVES: f64 = 0.001;
/// The most texts of a group: an empty filter is so large, and is made smaller when it is full.
const TEXTS_MAX: u64 = 32_768;

/// Makes the library write a filter of this column. All filters of a file stand together, so that nobody who seeks a
/// text reads the rows between them.
pub(super) fn with_filter(
    properties: WriterPropertiesBuilder,
    column: &str,
) -> WriterPropertiesBuilder {
    let path = || ColumnPath::from(column);
    properties
        .set_bloom_filter_position(BloomFilterPosition::End)
        .set_column_bloom_filter_enabled(path(), true)
        .set_column_bloom_filter_fpp(path(), FALSE_POSITIVES)
        .set_column_bloom_filter_max_ndv(path(), TEXTS_MAX)
}

/// The checksum of the filter that the library writes of a column of texts.
pub(super) fn filter_checksum(batch: &RecordBatch, column: &str) -> Result<u64, ParquetError> {
    let mut filter = Sbbf::new_with_ndv_fpp(TEXTS_MAX, FALSE_POSITIVES)?;
    for text in batch[column].as_string::<i32>().iter().flatten() {
        filter.insert(text);
    }
    filter.fold_to_target_fpp(FALSE_POSITIVES);
    checksum(&filter)
}

/// The row groups that may have a text in a column; `None` where the file has no filters of it, or damaged ones.
pub(super) fn groups_with(
    windows: &Windows,
    metadata: &ParquetMetaData,
    column: &str,
    text: &str,
) -> Result<Option<Vec<usize>>, Error> {
    let Some(checksums) = stored(metadata) else { return Ok(None) };
    let mut found = Vec::new();
    for (group, stored) in checksums.into_iter().enumerate() {
        let chunks = metadata.row_group(group).columns().iter();
        let mut texts = chunks.filter(|chunk| chunk.column_type() == Type::BYTE_ARRAY);
        let chunk = texts.find(|chunk| chunk.column_path().string() == column);
        let Some(chunk) = chunk else { return Ok(None) };
        let filter = Sbbf::read_from_column_chunk(chunk, windows);
        let filter = filter.map_err(|cause| windows.explain(&cause));
        let filter = match filter {
            Ok(Some(filter)) => filter,
            Ok(None) | Err(Error::Invalid { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if checksum(&filter).ok() != Some(stored) {
            return Ok(None);
        }
        if filter.check(text) {
            found.push(group);
        }
    }
    Ok(Some(found))
}

fn checksum(filter: &Sbbf) -> Result<u64, ParquetError> {
    let mut bytes = Vec::with_capacity(filter.num_blocks() * 32);
    filter.write_bitset(&mut bytes)?;
    let mut hasher = Xxh3::new();
    hasher.update(&bytes);
    Ok(hasher.digest())
}

/// One for each row group.
fn stored(metadata: &ParquetMetaData) -> Option<Vec<u64>> {
    let entries = metadata.file_metadata().key_value_metadata()?;
    let digits = entries.iter().find(|entry| entry.key == FILTERS)?.value.as_ref()?;
    let groups = metadata.num_row_groups();
    if digits.len() != groups * DIGITS {
        return None;
    }
    let parsed = |group: usize| {
        u64::from_str_radix(digits.get(group * DIGITS..(group + 1) * DIGITS)?, 16).ok()
    };
    (0..groups).map(parsed).collect()
}
