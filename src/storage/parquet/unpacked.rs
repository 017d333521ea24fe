//! How much text a file becomes: a dictionary lets a few kilobytes hold a value of a megabyte millions of times.

use arrow_array::{RecordBatch, cast::AsArray};

use super::super::{error::Error, limits::RATIO_MAX};

/// How much text any file may become, in bytes: ten million rows of four hundred characters.
const FROM_BYTES: u64 = 4 << 30;

/// How much text a file has become, in bytes, and how much it may become.
pub(super) struct Unpacked {
    bytes: u64,
    bytes_max: u64,
}

impl Unpacked {
    /// Of a file of this size, in bytes.
    pub(super) fn of(file_bytes: u64) -> Self {
        Self { bytes: 0, bytes_max: FROM_BYTES.max(file_bytes.saturating_mul(RATIO_MAX)) }
    }

    /// Counts the text of a batch; refuses the file when there is too much.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.bytes += text_bytes(batch);
        if self.bytes <= self.bytes_max {
            return Ok(());
        }
        let message = format!(
            "the text of the Parquet file is longer than {RATIO_MAX} times its size and {FROM_BYTES} bytes"
        );
        Err(Error::invalid(None, message))
    }
}

fn text_bytes(batch: &RecordBatch) -> u64 {
    let texts = batch.columns().iter().filter_map(|column| {
        let text = column.as_string_view_opt().map(|text| text.lengths().map(u64::from).sum());
        text.or_else(|| Some(column.as_binary_view_opt()?.lengths().map(u64::from).sum::<u64>()))
    });
    texts.sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{BinaryViewBuilder, StringViewBuilder};
    use arrow_array::{ArrayRef, Int64Array};

    use super::*;

    fn batch(column: ArrayRef) -> RecordBatch {
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    }

    /// The same megabyte in each of a thousand rows.
    fn long_texts() -> RecordBatch {
        let mut texts = StringViewBuilder::new();
        let block = texts.append_block(vec![b'x'; 1 << 20].into());
        (0..1000).for_each(|_| texts.try_append_view(block, 0, 1 << 20).unwrap());
        batch(Arc::new(texts.finish()))
    }

    fn long_bytes() -> RecordBatch {
        let mut bytes = BinaryViewBuilder::new();
        let block = bytes.append_block(vec![b'x'; 1 << 20].into());
        (0..1000).for_each(|_| bytes.try_append_view(block, 0, 1 << 20).unwrap());
        batch(Arc::new(bytes.finish()))
    }

    /// How many batches are accepted.
    fn accepted(file_bytes: u64, batch: &RecordBatch) -> usize {
        let mut unpacked = Unpacked::of(file_bytes);
        (0..100).take_while(|_| unpacked.add(batch).is_ok()).count()
    }

    #[test]
    fn a_small_file_does_not_become_more_text_than_its_size_allows() {
        for batch in [long_texts(), long_bytes()] {
            assert_eq!(accepted(43_000, &batch), 4, "43 KB become four gigabytes and no more");
            assert_eq!(accepted(40 << 20, &batch), 8, "200 times 40 MiB");
        }
        assert_eq!(accepted(1, &batch(Arc::new(Int64Array::from(vec![1; 1000])))), 100);
    }
}
