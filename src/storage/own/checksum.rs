//! The checksum of a column of a row group, over its values as they are in memory.

use arrow_array::{
    RecordBatch,
    cast::AsArray,
    types::{ArrowPrimitiveType, UInt64Type},
};
use xxhash_rust::xxh3::Xxh3;

/// The metadata of a file with the checksums of all columns, row group after row group, in hexadecimal digits.
pub(super) const CHECKSUMS: &str = "checksums";
/// The digits of a checksum.
pub(super) const DIGITS: usize = 16;

/// The checksums of all columns, in their order.
pub(super) fn checksums(batch: &RecordBatch) -> impl Iterator<Item = u64> {
    batch.columns().iter().map(|column| {
        if column.data_type() == &UInt64Type::DATA_TYPE {
            return checksum([column.as_primitive::<UInt64Type>().values().inner().as_slice()]);
        }
        let texts = column.as_string::<i32>();
        let (offsets, bytes) = (texts.offsets(), texts.value_data());
        checksum([offsets.inner().inner().as_slice(), bytes])
    })
}

fn checksum<const PARTS: usize>(parts: [&[u8]; PARTS]) -> u64 {
    let mut hasher = Xxh3::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.digest()
}
