//! Where a file has what is read of it.

use std::ops::Range;

use bytes::Bytes;
use parquet::arrow::ProjectionMask;

use super::{
    super::{error::Error, limits::FIELDS_MAX, pinned::PinnedObject, windows::Windows},
    footer::open,
    panics::catch_panics,
    shape,
};

/// The footer, and where the pieces of the named columns are, in the order of the row groups. A column that the file
/// lacks has none.
pub(in super::super) fn read_bytes(
    object: &PinnedObject,
    names: &[String],
) -> Result<(Bytes, Vec<Range<u64>>), Error> {
    let windows = Windows::stored(object.clone(), 1);
    catch_panics(|| {
        let file = open(&windows, FIELDS_MAX)?;
        let columns = names.iter().filter_map(|name| file.schema().index_of(name).ok());
        let mask = ProjectionMask::roots(file.parquet_schema(), columns);
        let mut ranges = Vec::new();
        for group in file.metadata().row_groups() {
            let pieces = group.columns().iter().enumerate();
            for (_, piece) in pieces.filter(|(leaf, _)| mask.leaf_included(*leaf)) {
                let (start, length) = piece.byte_range();
                add(&mut ranges, start..start.saturating_add(length));
            }
        }
        Ok((shape::footer(&windows)?, ranges))
    })
}

/// Adds a range to the last one, where it follows it.
fn add(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}
