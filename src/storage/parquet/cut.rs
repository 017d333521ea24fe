//! Batches in parts that are small as text.

use arrow_array::{RecordBatch, cast::AsArray};

use super::super::{error::Error, limits::PAGE_BYTES};

/// What the bookkeeping of one value takes, in bytes.
const VALUE_BYTES: usize = 16;

/// Cuts a batch into parts that are small as text. Refuses rows that are longer than `row_bytes_max`.
pub(in super::super) fn cut(
    batch: &RecordBatch,
    rows_before: u64,
    row_bytes_max: usize,
) -> Result<Vec<RecordBatch>, Error> {
    let (mut parts, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (row, length) in lengths(batch).into_iter().enumerate() {
        if length > row_bytes_max + VALUE_BYTES * batch.num_columns() {
            let row = rows_before + row as u64 + 1;
            let message = format!("row {row}: the values are longer than {row_bytes_max} bytes");
            return Err(Error::invalid(None, message));
        }
        if bytes + length > PAGE_BYTES && row > start {
            parts.push(batch.slice(start, row - start));
            (start, bytes) = (row, 0);
        }
        bytes += length;
    }
    parts.push(batch.slice(start, batch.num_rows() - start));
    Ok(parts)
}

/// How long each row is as text, in bytes.
fn lengths(batch: &RecordBatch) -> Vec<usize> {
    let mut lengths = vec![VALUE_BYTES * batch.num_columns(); batch.num_rows()];
    for column in batch.columns() {
        if let Some(text) = column.as_string_view_opt() {
            add(&mut lengths, text.iter().map(|value| value.map_or(0, str::len)));
        } else if let Some(bytes) = column.as_binary_view_opt() {
            add(&mut lengths, bytes.iter().map(|value| value.map_or(0, <[u8]>::len)));
        }
    }
    lengths
}

fn add(lengths: &mut [usize], values: impl Iterator<Item = usize>) {
    lengths.iter_mut().zip(values).for_each(|(length, value)| *length += value);
}
